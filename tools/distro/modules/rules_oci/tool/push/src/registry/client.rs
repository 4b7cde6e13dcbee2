//! What is done with one repository of a registry.

use std::cell::RefCell;
use std::path::Path;

use super::address::{Address, Origin};
use super::challenge::{self, Challenge};

use super::failure::{advise, describe, transport, Failure};
use super::http::{Authorization, Body, Http, Policy, Request, Response, SendError};
use super::keychain::Keychain;
use super::proxy::Proxies;
use super::reference::Repository;
use super::token::{authorize, TokenRequest};
use oci_tool::error::{Error, Problem, Result};
use oci_tool::spec::{Descriptor, Digest};

const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/// A repository and how it is spoken to.
pub struct Client {
    repository: Repository,
    insecure: bool,
    keychain: Keychain,
    http: Http,
    /// `/v2/<repository>/` of the registry.
    base: Address,
    origin: Origin,
    authorization: RefCell<Option<String>>,
    /// For what a token is asked.
    scopes: RefCell<Vec<String>>,
}

impl Client {
    /// A client that has not connected yet. `insecure` takes plain HTTP for a registry on another machine too.
    ///
    /// # Errors
    ///
    /// A host that can't be part of an address.
    pub fn new(
        repository: Repository,
        insecure: bool,
        keychain: Keychain,
        proxies: Proxies,
        policy: Policy,
    ) -> Result<Self> {
        let insecure = insecure || repository.is_loopback();
        let scheme = if insecure { "http" } else { "https" };
        let base = format!("{scheme}://{}/v2/{}/", repository.address(), repository.path);
        let base = Address::parse(&base).ok_or_else(|| {
            Problem::Usage(format!(
                "invalid registry \"{}\": expected HOST or HOST:PORT",
                repository.host
            ))
        })?;
        Ok(Self {
            insecure,
            keychain,
            http: Http::new(policy, proxies),
            origin: base.origin(),
            base,
            authorization: RefCell::default(),
            scopes: RefCell::new(vec![format!("repository:{}:pull,push", repository.path)]),
            repository,
        })
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
        let address = self.address(path)?;
        let reference = format!("{}@{digest}", self.repository);
        let response = self.call(operation, &reference, &|authorization| {
            self.http.send(&Request {
                method: "HEAD",
                address: &address,
                authorization,
                headers: &[("Accept", Some(MANIFESTS))],
                body: Body::Empty,
            })
        })?;
        match response.status.as_u16() {
            200 => Ok(true),
            // Some registries forbid what is absent. If it is more than that, the upload is forbidden, too.
            403 | 404 => Ok(false),
            _ => Err(self.refused(operation, &reference, &response)),
        }
    }

    /// Sends a blob, which is the file at a path: a session (POST), the bytes (PATCH), the digest (PUT), as docker and crane
    /// do; not every registry takes the bytes with the PUT.
    pub fn push_blob(&self, blob: &Descriptor, path: &Path) -> Result<()> {
        let operation = "pushing blob";
        let reference = format!("{}@{}", self.repository, blob.digest);
        let start = self.address("blobs/uploads/")?;
        let content_type = [("Content-Type", Some("application/octet-stream"))];
        // Begun from the start each time: what a broken upload left in the registry isn't known.
        let response = self.call(operation, &reference, &|authorization| {
            let send = |method, address: &Address, headers, body| {
                self.http.send(&Request {
                    method,
                    address,
                    authorization,
                    headers,
                    body,
                })
            };
            let session = send("POST", &start, &[], Body::Empty)?;
            match session.status.as_u16() {
                202 => {}
                200..=299 => {
                    let found = format!(
                        "expected 202 Accepted to the start of an upload, found {}",
                        session.status
                    );
                    return Err(self.located(operation, &reference, found));
                }
                _ => return Ok(session),
            }
            let upload = self
                .location(&session)
                .map_err(|found| self.located(operation, &reference, found))?;
            let upload = upload.ok_or_else(|| {
                let found = "the registry accepts the upload without a header Location to send it to".into();
                self.located(operation, &reference, found)
            })?;
            let sent = send("PATCH", &upload, &content_type, Body::File(path, blob.size))?;
            if !sent.status.is_success() {
                return Ok(sent);
            }
            let end = self
                .location(&sent)
                .map_err(|found| self.located(operation, &reference, found))?;
            let end = end.unwrap_or(upload);
            let end = end
                .with_parameter("digest", blob.digest.as_str())
                .ok_or_else(|| {
                    let found = format!("the registry ends the upload at {end}, which takes no parameter");
                    self.located(operation, &reference, found)
                })?;
            send("PUT", &end, &content_type, Body::Empty)
        })?;
        self.expect_created(operation, &reference, &response, &blob.digest)
    }

    /// Where an upload goes on; none if the answer has no Location.
    fn location(&self, response: &Response) -> Result<Option<Address>, String> {
        let Some(location) = response.header("location").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match response.address.resolve(location) {
            Some(address) if self.insecure || !address.is_plain() => Ok(Some(address)),
            Some(address) => Err(format!(
                "the registry speaks HTTPS, but sends the upload to plain HTTP, {address}"
            )),
            None => Err(format!(
                "the registry sends the upload to \"{location}\", which is not an HTTP address"
            )),
        }
    }

    fn located(&self, operation: &'static str, reference: &str, found: String) -> SendError {
        SendError::Here(self.failed(operation, reference, found, 0))
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
        let address = self.address(&path)?;
        let response = self.call(operation, &reference, &|authorization| {
            self.http.send(&Request {
                method: "PUT",
                address: &address,
                authorization,
                headers: &[("Content-Type", Some(manifest.media_type.as_str()))],
                body: Body::Bytes(bytes),
            })
        })?;
        self.expect_created(operation, &reference, &response, digest)
    }

    fn expect_created(
        &self,
        operation: &'static str,
        reference: &str,
        response: &Response,
        digest: &Digest,
    ) -> Result<()> {
        if !response.status.is_success() {
            return Err(self.refused(operation, reference, response));
        }
        match response.header("docker-content-digest") {
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
        once: &dyn Fn(Option<Authorization>) -> Result<Response, SendError>,
    ) -> Result<Response> {
        let send = || {
            let authorization = self.authorization.borrow().clone();
            let authorization = authorization.as_deref().map(|value| (&self.origin, value));
            let outcome = self.http.retry(|| once(authorization));
            outcome.map_err(|error| match error {
                SendError::Here(error) => error,
                SendError::Redirect(found) => self.failed(operation, reference, found, 0),
                SendError::Transport(error) => {
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
        let mut response = send()?;
        // Also a token that has run out in a long push.
        if response.status.as_u16() == 401 && self.authenticate(&response)? {
            response = send()?;
            // The token allows too little: the challenge's scope is another than the repository's.
            if self.add_scope(&response) && self.authenticate(&response)? {
                response = send()?;
            }
        }
        Ok(response)
    }

    /// Takes up a scope that a registry misses in a token (RFC 6750, section 3.1). Whether there is one that was not asked for.
    fn add_scope(&self, response: &Response) -> bool {
        let Some(Challenge::Bearer {
            scope: Some(scope), ..
        }) = challenge_of(response)
        else {
            return false;
        };
        let mut scopes = self.scopes.borrow_mut();
        let is_new = matches!(response.status.as_u16(), 401 | 403) && !scopes.contains(&scope);
        if is_new {
            // First, since some token services read no more than one.
            scopes.insert(0, scope);
        }
        is_new
    }

    fn authenticate(&self, response: &Response) -> Result<bool> {
        let Some(challenge) = challenge_of(response) else {
            return Ok(false);
        };
        let credentials = self.keychain.find(&self.repository)?;
        let request = TokenRequest {
            host: &self.repository.host,
            scopes: &self.scopes.borrow(),
            keychain: &self.keychain.describe(),
            insecure: self.insecure,
        };
        let authorization = authorize(&self.http, &challenge, credentials.as_ref(), &request)?;
        let found = authorization.is_some();
        self.authorization.replace(authorization);
        Ok(found)
    }

    fn refused(&self, operation: &'static str, reference: &str, response: &Response) -> Error {
        self.failed(
            operation,
            reference,
            describe(response.status, &response.body),
            response.status.as_u16(),
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

    fn address(&self, path: &str) -> Result<Address> {
        let address = self.base.resolve(path);
        address.ok_or_else(|| Problem::Usage(format!("invalid path \"{path}\" of a registry")).into())
    }
}

fn challenge_of(response: &Response) -> Option<Challenge> {
    let values = response.headers.get_all("www-authenticate").into_iter();
    challenge::parse(values.filter_map(|value| value.to_str().ok()))
}
