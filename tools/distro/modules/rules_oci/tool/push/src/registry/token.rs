//! Turns a registry's challenge into what goes into the header Authorization.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use serde_json::Value;

use super::address::{encode, Address};
use super::challenge::Challenge;
use super::credentials::Credentials;
use super::failure::{advise, describe, transport, Failure};
use super::http::{Body, Http, Request, SendError};
use super::reference::is_loopback;
use oci_tool::error::{Error, Result};

/// For what a token is asked.
pub struct TokenRequest<'a> {
    /// The registry's host, for messages.
    pub host: &'a str,
    /// What has to be allowed, the most particular first. What the registry's challenge names is no more than a hint: some
    /// ask for `pull` where a push follows.
    pub scopes: &'a [String],
    /// Where credentials were looked for, for messages.
    pub keychain: &'a str,
    /// Whether the registry itself is spoken to without TLS.
    pub insecure: bool,
}

/// The header's value; none if the registry wants a password and there is none.
pub fn authorize(
    http: &Http,
    challenge: &Challenge,
    credentials: Option<&Credentials>,
    wanted: &TokenRequest,
) -> Result<Option<String>> {
    match challenge {
        Challenge::Basic => Ok(credentials.and_then(basic)),
        Challenge::Bearer { realm, service, .. } => {
            let token = match credentials {
                Some(Credentials::Registry(token)) => token.clone(),
                _ => fetch(http, realm, service.as_deref(), credentials, wanted)?,
            };
            Ok(Some(format!("Bearer {token}")))
        }
    }
}

fn basic(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Password(name, password) => {
            Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
        }
        // Under the name that credential helpers give to a token.
        Credentials::Identity(token) => {
            Some(format!("Basic {}", STANDARD.encode(format!("<token>:{token}"))))
        }
        Credentials::Registry(token) => Some(format!("Bearer {token}")),
    }
}

fn fetch(
    http: &Http,
    realm: &str,
    service: Option<&str>,
    credentials: Option<&Credentials>,
    wanted: &TokenRequest,
) -> Result<String> {
    let failed = |found: String, advice: String| -> Error {
        let reference = format!("from {realm} for {}", wanted.host);
        Failure {
            operation: "getting a token",
            reference,
            found,
            advice,
        }
        .into()
    };
    let Some(realm) = Address::parse(realm) else {
        let found = "the registry names a token service that is not an HTTP address".into();
        return Err(failed(found, "see the registry's configuration of tokens".into()));
    };
    if credentials.is_some() && !wanted.insecure && realm.is_plain() && !is_loopback(realm.host()) {
        let found =
            "the registry speaks HTTPS, but its token service would get the password in the clear".into();
        return Err(failed(
            found,
            "have the registry's operator set an https:// realm".into(),
        ));
    }
    let service: Vec<_> = service.map(|service| ("service", service)).into_iter().collect();
    let origin = realm.origin();
    let authorization = credentials.and_then(basic);
    let (address, form);
    let request = match credentials {
        // OAuth 2.0 as registries know it: https://distribution.github.io/distribution/spec/auth/oauth/
        Some(Credentials::Identity(token)) => {
            let scope = wanted.scopes.join(" ");
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", "oci-push"),
                ("refresh_token", token),
                ("scope", &scope),
            ];
            let fields = fields.into_iter().chain(service);
            let fields: Vec<_> = fields
                .map(|(name, value)| format!("{name}={}", encode(value)))
                .collect();
            form = fields.join("&");
            Request {
                method: "POST",
                address: &realm,
                authorization: None,
                headers: &[("Content-Type", Some("application/x-www-form-urlencoded"))],
                body: Body::Bytes(form.as_bytes()),
            }
        }
        _ => {
            let scopes = wanted.scopes.iter().map(|scope| ("scope", scope.as_str()));
            let with = |address: Option<Address>, (name, value)| address?.with_parameter(name, value);
            let asked = scopes.chain(service).fold(Some(realm.clone()), with);
            address = asked.ok_or_else(|| {
                let found = format!("the token service {realm} takes no parameters");
                failed(found, advise(0, wanted.host, wanted.keychain))
            })?;
            Request {
                method: "GET",
                address: &address,
                authorization: authorization.as_deref().map(|value| (&origin, value)),
                headers: &[],
                body: Body::Empty,
            }
        }
    };
    let response = http.retry(|| http.send(&request)).map_err(|error| match error {
        SendError::Here(error) => error,
        SendError::Redirect(found) => failed(found, advise(0, wanted.host, wanted.keychain)),
        SendError::Transport(error) => {
            let (found, advice) = transport(&error, http.timeout());
            failed(found, advice.into())
        }
    })?;
    if !response.status.is_success() {
        let advice = advise(response.status.as_u16(), wanted.host, wanted.keychain);
        return Err(failed(describe(response.status, &response.body), advice));
    }
    let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let token = ["token", "access_token"]
        .into_iter()
        .find_map(|key| document[key].as_str().filter(|token| !token.is_empty()));
    // A token is one word; anything else would make a header of its own.
    match token.filter(|token| token.chars().all(|c| c.is_ascii_graphic())) {
        Some(token) => Ok(token.to_owned()),
        None => Err(failed(
            "the answer holds no token".into(),
            advise(0, wanted.host, wanted.keychain),
        )),
    }
}
