//! Operations on a repository of a registry.

mod upload;

use std::cell::RefCell;

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

/// A client of one repository.
pub struct Client {
    repository: Repository,
    insecure: bool,
    keychain: Keychain,
    http: Http,
    /// `/v2/<repository>/` of the registry.
    base: Address,
    origin: Origin,
    authorization: RefCell<Option<String>>,
    /// The scopes of token requests.
    scopes: RefCell<Vec<String>>,
}

impl Client {
    /// Creates a client; does not connect. `insecure` selects plain HTTP, which is the default for loopback hosts.
    ///
    /// # Errors
    ///
    /// The host is invalid.
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
            Problem::Invalid(format!(
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
            // Some registries return 403 for an absent blob. If access is denied, the upload fails too.
            403 | 404 => Ok(false),
            _ => Err(self.status_error(operation, &reference, &response)),
        }
    }

    /// Pushes a manifest or an index, by digest or under a tag.
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
            return Err(self.status_error(operation, reference, response));
        }
        match response.header("docker-content-digest") {
            Some(stored) if stored != digest.as_str() => {
                let found = format!("the registry stored {stored}: expected {digest}");
                Err(self.error(operation, reference, found, 0))
            }
            _ => Ok(()),
        }
    }

    /// Sends a request, with retries if the registry is busy and with authentication if it is required.
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
                SendError::Local(error) => error,
                SendError::Redirect(found) => self.error(operation, reference, found, 0),
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
        let is_denied = match response.status.as_u16() {
            // Also if a token expires during a long push.
            401 => true,
            403 => self.authorization.borrow().is_none(),
            _ => false,
        };
        if is_denied && self.authenticate(&response)? {
            response = send()?;
            // The token is insufficient if the challenge's scope is not the repository's.
            if self.add_scope(&response) && self.authenticate(&response)? {
                response = send()?;
            }
        }
        Ok(response)
    }

    /// Adds the scope of an insufficient token's challenge (RFC 6750, section 3.1); returns whether it is new.
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
            // First, because some token services read only one.
            scopes.insert(0, scope);
        }
        is_new
    }

    fn authenticate(&self, response: &Response) -> Result<bool> {
        let credentials = self.keychain.find(&self.repository)?;
        let challenge = match challenge_of(response) {
            None if response.status.as_u16() == 403 && credentials.is_some() => self.challenge_of_root(),
            challenge => challenge,
        };
        let Some(challenge) = challenge else {
            return Ok(false);
        };
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

    /// The challenge of `/v2/`, for registries with anonymous access, which deny a push without a challenge. Crane assumes
    /// that a registry without a challenge accepts a password.
    fn challenge_of_root(&self) -> Option<Challenge> {
        let address = self.base.resolve("/v2/")?;
        let request = Request {
            method: "GET",
            address: &address,
            authorization: None,
            headers: &[],
            body: Body::Empty,
        };
        let response = self.http.retry(|| self.http.send(&request)).ok()?;
        challenge_of(&response).or(Some(Challenge::Basic))
    }

    fn status_error(&self, operation: &'static str, reference: &str, response: &Response) -> Error {
        self.error(
            operation,
            reference,
            describe(response.status, &response.body),
            response.status.as_u16(),
        )
    }

    fn error(&self, operation: &'static str, reference: &str, found: String, status: u16) -> Error {
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
        address.ok_or_else(|| {
            Problem::Invalid(format!("invalid path \"{path}\": expected a path of a registry")).into()
        })
    }
}

fn challenge_of(response: &Response) -> Option<Challenge> {
    challenge::parse(response.header_values("www-authenticate"))
}
