//! Turns a registry's challenge into what goes into the header Authorization.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use serde_json::Value;

use super::challenge::Challenge;
use super::credentials::Credentials;
use super::failure::{advise, describe, transport, Failure};
use super::http::{Body, Http, Request, Trouble};
use super::reference::is_loopback;
use oci_tool::error::{Error, Result};

/// For what a token is asked.
pub struct Purpose<'a> {
    /// The registry's host, for messages.
    pub host: &'a str,
    /// The scope, unless the challenge has one.
    pub scope: &'a str,
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
    purpose: &Purpose,
) -> Result<Option<String>> {
    match challenge {
        Challenge::Basic => Ok(credentials.and_then(basic)),
        Challenge::Bearer {
            realm,
            service,
            scope,
        } => {
            let scope = scope.as_deref().unwrap_or(purpose.scope);
            let token = fetch(http, (realm, service.as_deref(), scope), credentials, purpose)?;
            Ok(Some(format!("Bearer {token}")))
        }
    }
}

fn basic(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Password(name, password) => {
            Some(format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
        }
        Credentials::Identity(_) => None,
    }
}

fn fetch(
    http: &Http,
    (realm, service, scope): (&str, Option<&str>, &str),
    credentials: Option<&Credentials>,
    purpose: &Purpose,
) -> Result<String> {
    let failed = |found: String, advice: String| -> Error {
        let reference = format!("from {realm} for {}", purpose.host);
        Failure {
            operation: "getting a token",
            reference,
            found,
            advice,
        }
        .into()
    };
    if credentials.is_some() && !purpose.insecure && !is_protected(realm) {
        let found =
            "the registry speaks HTTPS, but its token service would get the password in the clear".into();
        return Err(failed(
            found,
            "have the registry's operator set an https:// realm".into(),
        ));
    }
    let mut query = format!("scope={}", encode(scope));
    if let Some(service) = service {
        query += &format!("&service={}", encode(service));
    }
    let (method, url, form, authorization) = match credentials {
        Some(Credentials::Identity(token)) => {
            let token = encode(token);
            let form = format!("grant_type=refresh_token&client_id=oci-tool&refresh_token={token}&{query}");
            ("POST", realm.to_owned(), Some(form), None)
        }
        other => {
            let mark = if realm.contains('?') { '&' } else { '?' };
            (
                "GET",
                format!("{realm}{mark}{query}"),
                None,
                other.and_then(basic),
            )
        }
    };
    let kind = form.as_ref().map(|_| "application/x-www-form-urlencoded");
    let request = Request {
        method,
        url: &url,
        headers: &[
            ("Authorization", authorization.as_deref()),
            ("Content-Type", kind),
        ],
        body: form
            .as_deref()
            .map_or(Body::Empty, |form| Body::Bytes(form.as_bytes())),
    };
    let answer = http
        .retry(|| http.send(&request))
        .map_err(|trouble| match trouble {
            Trouble::Here(error) => error,
            Trouble::Transport(error) => {
                let (found, advice) = transport(&error, http.timeout());
                failed(found, advice.into())
            }
        })?;
    if !answer.status.is_success() {
        let advice = advise(answer.status.as_u16(), purpose.host, purpose.keychain);
        return Err(failed(describe(answer.status, &answer.body), advice));
    }
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let token = ["token", "access_token"]
        .into_iter()
        .find_map(|key| document[key].as_str());
    // A token is one word; anything else would make a header of its own.
    match token.filter(|token| !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic())) {
        Some(token) => Ok(token.to_owned()),
        None => Err(failed(
            "the answer holds no token".into(),
            advise(0, purpose.host, purpose.keychain),
        )),
    }
}

fn is_protected(realm: &str) -> bool {
    let host = realm
        .strip_prefix("http://")
        .map(|rest| rest.split('/').next().unwrap_or_default());
    host.is_none_or(is_loopback)
}

/// Encodes a value of a query.
pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => (byte as char).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        assert_eq!(
            encode("repository:a/b:pull,push"),
            "repository%3Aa%2Fb%3Apull%2Cpush"
        );
    }

    #[test]
    fn a_password_goes_over_tls_or_stays_on_the_machine() {
        assert!(is_protected("https://auth.example.com/token"));
        assert!(is_protected("http://127.0.0.1:5001/token"));
        assert!(!is_protected("http://auth.example.com/token"));
    }
}
