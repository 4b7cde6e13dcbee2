//! Creates the value of the header Authorization from a registry's challenge.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use serde_json::Value;

use super::address::{encode, Address};
use super::challenge::Challenge;
use super::credentials::Credentials;
use super::failure::{advise, describe, transport, Failure};
use super::http::{Body, Http, Request, Response, SendError};
use super::reference::is_loopback;
use oci_tool::error::{Error, Result};

/// The parameters of a token request.
pub struct TokenRequest<'a> {
    /// The registry's host, for messages.
    pub host: &'a str,
    /// The requested scopes, the most specific first. The challenge's scope is insufficient: some registries name `pull`
    /// before a push.
    pub scopes: &'a [String],
    /// The sources of credentials, for messages.
    pub keychain: &'a str,
    /// Whether the registry is accessed without TLS.
    pub insecure: bool,
}

/// The header's value; `None` if the registry requires a password and there is none.
pub fn authorize(
    http: &Http,
    challenge: &Challenge,
    credentials: Option<&Credentials>,
    requested: &TokenRequest,
) -> Result<Option<String>> {
    match challenge {
        Challenge::Basic => Ok(credentials.and_then(basic)),
        Challenge::Bearer { realm, service, .. } => {
            let token = match credentials {
                Some(Credentials::Registry(token)) => token.clone(),
                _ => fetch(http, realm, service.as_deref(), credentials, requested)?,
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
        // With the user name of the credential helpers' protocol.
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
    requested: &TokenRequest,
) -> Result<String> {
    let failed = |found: String, advice: String| -> Error {
        let reference = format!("from {realm} for {}", requested.host);
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
        return Err(failed(found, "check the registry's token configuration".into()));
    };
    if credentials.is_some() && !requested.insecure && realm.is_plain() && !is_loopback(realm.host()) {
        let found =
            "the token service of an HTTPS registry uses plain HTTP, which would expose the password".into();
        return Err(failed(
            found,
            "use a registry whose token service has an https:// address".into(),
        ));
    }
    let service: Vec<_> = service.map(|service| ("service", service)).into_iter().collect();
    let exchanged = match credentials {
        Some(Credentials::Identity(token)) => exchange(http, &realm, token, &service, requested),
        _ => Ok(None),
    };
    let outcome = exchanged.and_then(|response| match response {
        Some(response) => Ok(response),
        None => {
            let scopes = requested.scopes.iter().map(|scope| ("scope", scope.as_str()));
            let with = |address: Option<Address>, (name, value)| address?.with_parameter(name, value);
            let complete = scopes.chain(service).fold(Some(realm.clone()), with);
            let address = complete.ok_or_else(|| {
                let found =
                    format!("invalid token service {realm}: expected an address that accepts parameters");
                failed(found, advise(0, requested.host, requested.keychain))
            })?;
            let (origin, authorization) = (realm.origin(), credentials.and_then(basic));
            let request = Request {
                method: "GET",
                address: &address,
                authorization: authorization.as_deref().map(|value| (&origin, value)),
                headers: &[],
                body: Body::Empty,
            };
            http.retry(|| http.send(&request))
        }
    });
    let response = outcome.map_err(|error| match error {
        SendError::Local(error) => error,
        SendError::Redirect(found) => failed(found, advise(0, requested.host, requested.keychain)),
        SendError::Transport(error) => {
            let (found, advice) = transport(&error, http.timeout());
            failed(found, advice.into())
        }
    })?;
    if !response.status.is_success() {
        let advice = advise(response.status.as_u16(), requested.host, requested.keychain);
        return Err(failed(describe(response.status, &response.body), advice));
    }
    let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let token = ["token", "access_token"]
        .into_iter()
        .find_map(|key| document[key].as_str().filter(|token| !token.is_empty()));
    // Any other character could inject a header.
    match token.filter(|token| token.chars().all(|c| c.is_ascii_graphic())) {
        Some(token) => Ok(token.to_owned()),
        None => Err(failed(
            "the response contains no token".into(),
            advise(0, requested.host, requested.keychain),
        )),
    }
}

/// Exchanges an identity token at the OAuth 2.0 endpoint; `None` if the token service only has the method GET, without the
/// endpoint of https://distribution.github.io/distribution/spec/auth/oauth/.
fn exchange(
    http: &Http,
    realm: &Address,
    token: &str,
    service: &[(&str, &str)],
    requested: &TokenRequest,
) -> Result<Option<Response>, SendError> {
    let scope = requested.scopes.join(" ");
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "oci-push"),
        ("refresh_token", token),
        ("scope", &scope),
    ];
    let fields = fields.iter().chain(service);
    let fields: Vec<_> = fields
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let form = fields.join("&");
    let request = Request {
        method: "POST",
        address: realm,
        authorization: None,
        headers: &[("Content-Type", Some("application/x-www-form-urlencoded"))],
        body: Body::Bytes(form.as_bytes()),
    };
    let response = http.retry(|| http.send(&request))?;
    Ok(Some(response).filter(|response| !matches!(response.status.as_u16(), 404 | 405)))
}
