//! What is done with one repository of a registry.

use std::cell::RefCell;
use std::path::Path;

use super::challenge;
use super::credentials::Keychain;
use super::failure::{advise, describe, transport, Failure};
use super::http::{Answer, Body, Http, Policy, Request, Trouble};
use super::reference::Repository;
use super::token::{authorize, encode, Purpose};
use oci_tool::error::{Error, Result};
use oci_tool::spec::{Descriptor, Digest};

const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/// A repository and how it is spoken to.
pub struct Client {
    repository: Repository,
    insecure: bool,
    keychain: Keychain,
    http: Http,
    authorization: RefCell<Option<String>>,
}

impl Client {
    /// A client that has not connected yet. `insecure` takes plain HTTP for a registry on another machine too.
    pub fn new(repository: Repository, insecure: bool, keychain: Keychain, policy: Policy) -> Self {
        Self {
            insecure: insecure || repository.is_loopback(),
            repository,
            keychain,
            http: Http::new(policy),
            authorization: RefCell::default(),
        }
    }

    /// The repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Whether the repository has a blob.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool> {
        self.has("looking for blob", &format!("blobs/{digest}"), digest)
    }

    /// Whether the repository has a manifest or an index.
    pub fn has_manifest(&self, digest: &Digest) -> Result<bool> {
        self.has("looking for manifest", &format!("manifests/{digest}"), digest)
    }

    fn has(&self, operation: &'static str, path: &str, digest: &Digest) -> Result<bool> {
        let url = self.url(path);
        let reference = format!("{}@{digest}", self.repository);
        let answer = self.call(operation, &reference, &|authorization| {
            let headers = [("Accept", Some(MANIFESTS)), ("Authorization", authorization)];
            self.http.send(&Request {
                method: "HEAD",
                url: &url,
                headers: &headers,
                body: Body::Empty,
            })
        })?;
        match answer.status.as_u16() {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(operation, &reference, &answer)),
        }
    }

    /// Sends a blob, which is the file at a path.
    pub fn push_blob(&self, blob: &Descriptor, path: &Path) -> Result<()> {
        let operation = "pushing blob";
        let reference = format!("{}@{}", self.repository, blob.digest);
        let start = self.url("blobs/uploads/");
        // Begun from the start each time: what a broken upload left in the registry isn't known.
        let answer = self.call(operation, &reference, &|authorization| {
            let headers = [("Authorization", authorization), ("Content-Length", Some("0"))];
            let answer = self.http.send(&Request {
                method: "POST",
                url: &start,
                headers: &headers,
                body: Body::Empty,
            })?;
            if answer.status.as_u16() != 202 {
                return Ok(answer);
            }
            let location = answer.header("location").filter(|text| !text.is_empty());
            let Some(url) = location.and_then(|location| self.resolve(location)) else {
                let found =
                    "the registry accepts the upload but doesn't say where to (no valid Location)".into();
                return Err(Trouble::Here(self.failed(operation, &reference, found, 0)));
            };
            let mark = if url.contains('?') { '&' } else { '?' };
            let upload = format!("{url}{mark}digest={}", encode(blob.digest.as_str()));
            let own = upload.starts_with(&format!("{}/", self.base()));
            let headers = [
                ("Authorization", authorization.filter(|_| own)),
                ("Content-Type", Some("application/octet-stream")),
            ];
            let body = Body::File(path, blob.size);
            self.http.send(&Request {
                method: "PUT",
                url: &upload,
                headers: &headers,
                body,
            })
        })?;
        self.expect_created(operation, &reference, &answer, &blob.digest)
    }

    /// Sends a manifest or an index, by its digest or under a tag.
    pub fn push_manifest(&self, tag: Option<&str>, manifest: &Descriptor, bytes: &[u8]) -> Result<()> {
        let digest = &manifest.digest;
        let (operation, path, reference) = match tag {
            Some(tag) => (
                "setting the tag",
                format!("manifests/{tag}"),
                format!("{}:{tag}", self.repository),
            ),
            None => (
                "pushing manifest",
                format!("manifests/{digest}"),
                format!("{}@{digest}", self.repository),
            ),
        };
        let url = self.url(&path);
        let answer = self.call(operation, &reference, &|authorization| {
            let headers = [
                ("Content-Type", Some(manifest.media_type.as_str())),
                ("Authorization", authorization),
            ];
            self.http.send(&Request {
                method: "PUT",
                url: &url,
                headers: &headers,
                body: Body::Bytes(bytes),
            })
        })?;
        self.expect_created(operation, &reference, &answer, digest)
    }

    fn expect_created(
        &self,
        operation: &'static str,
        reference: &str,
        answer: &Answer,
        digest: &Digest,
    ) -> Result<()> {
        if !answer.status.is_success() {
            return Err(self.refused(operation, reference, answer));
        }
        match answer.header("docker-content-digest") {
            Some(stored) if stored != digest.as_str() => {
                let found = format!("the registry stored {stored} where {digest} was sent");
                Err(self.failed(operation, reference, found, 0))
            }
            _ => Ok(()),
        }
    }

    /// Sends what `once` sends, again when the registry is busy, and with a token when it wants one.
    fn call(
        &self,
        operation: &'static str,
        reference: &str,
        once: &dyn Fn(Option<&str>) -> Result<Answer, Trouble>,
    ) -> Result<Answer> {
        let send = || {
            let authorization = self.authorization.borrow().clone();
            let outcome = self.http.retry(|| once(authorization.as_deref()));
            outcome.map_err(|trouble| match trouble {
                Trouble::Here(error) => error,
                Trouble::Transport(error) => {
                    let (found, advice) = transport(&error, self.http.timeout());
                    let reference = reference.to_owned();
                    Failure {
                        operation,
                        reference,
                        found,
                        advice: advice.into(),
                    }
                    .into()
                }
            })
        };
        let answer = send()?;
        // Also a token that has run out in a long push.
        match answer.status.as_u16() == 401 && self.authenticate(&answer)? {
            true => send(),
            false => Ok(answer),
        }
    }

    fn authenticate(&self, answer: &Answer) -> Result<bool> {
        let values = answer.headers.get_all("www-authenticate").into_iter();
        let Some(challenge) = challenge::parse(values.filter_map(|value| value.to_str().ok())) else {
            return Ok(false);
        };
        let credentials = self.keychain.find(&self.repository)?;
        let purpose = Purpose {
            host: &self.repository.host,
            scope: &format!("repository:{}:pull,push", self.repository.path),
            keychain: &self.keychain.describe(),
            insecure: self.insecure,
        };
        let authorization = authorize(&self.http, &challenge, credentials.as_ref(), &purpose)?;
        let found = authorization.is_some();
        self.authorization.replace(authorization);
        Ok(found)
    }

    fn refused(&self, operation: &'static str, reference: &str, answer: &Answer) -> Error {
        self.failed(
            operation,
            reference,
            describe(answer.status, &answer.body),
            answer.status.as_u16(),
        )
    }

    fn failed(&self, operation: &'static str, reference: &str, found: String, status: u16) -> Error {
        let advice = advise(status, &self.repository.host, &self.keychain.describe());
        let reference = reference.to_owned();
        Failure {
            operation,
            reference,
            found,
            advice,
        }
        .into()
    }

    fn base(&self) -> String {
        let scheme = if self.insecure { "http" } else { "https" };
        format!("{scheme}://{}", self.repository.address())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.base(), self.repository.path)
    }

    fn resolve(&self, location: &str) -> Option<String> {
        match location {
            path if path.starts_with('/') => Some(format!("{}{path}", self.base())),
            url if url.starts_with("https://") || (self.insecure && url.starts_with("http://")) => {
                Some(url.into())
            }
            _ => None,
        }
    }
}
