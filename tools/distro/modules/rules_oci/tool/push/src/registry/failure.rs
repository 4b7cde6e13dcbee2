//! Errors of registry operations, with advice.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use oci_tool::error::{Error, Problem};

/// The maximum number of characters of a registry's message.
const MAX_SHOWN: usize = 400;

/// A failed operation.
#[derive(Debug)]
pub struct Failure {
    /// The operation.
    pub operation: &'static str,
    /// The repository, with a tag or a digest.
    pub reference: String,
    /// The cause: the status and the registry's message.
    pub found: String,
    /// How to fix it.
    pub advice: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            reference,
            found,
            advice,
        } = self;
        write!(f, "{operation} {reference}: {found}; {advice}")
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Problem::Registry(Box::new(failure)).into()
    }
}

/// Formats a status and the registry's message.
pub fn describe(status: ureq::http::StatusCode, body: &[u8]) -> String {
    let name = status.canonical_reason().unwrap_or("unknown status");
    match message(body) {
        Some(message) => format!("{} {name}: {message}", status.as_u16()),
        None => format!("{} {name}", status.as_u16()),
    }
}

fn message(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let errors = serde_json::from_slice::<Value>(body).unwrap_or_default()["errors"].take();
    let listed: Vec<_> = errors
        .as_array()
        .into_iter()
        .flatten()
        .map(format_error)
        .collect();
    let text = match listed.is_empty() {
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
        false => listed.join(", "),
    };
    let short: String = text.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
    (!short.is_empty()).then_some(short)
}

fn format_error(error: &Value) -> String {
    let part = |key: &str| error[key].as_str().filter(|text| !text.is_empty());
    let parts: Vec<_> = ["code", "message"].into_iter().filter_map(part).collect();
    parts.join(": ")
}

/// Advice for a status; 0 if there is none. `keychain` describes the sources of credentials.
pub fn advise(status: u16, host: &str, keychain: &str) -> String {
    match status {
        401 => format!("{keychain}; log in:\n    docker login {host}"),
        403 => format!("{keychain}; request permission to push, or log in as a user who has it:\n    docker login {host}"),
        404 => "check the repository's name and that it exists; some registries require it to be created first".into(),
        413 => "the registry, or a proxy in front of it, rejects uploads of this size; raise its limit".into(),
        429 => "the registry limits the rate of requests; retry later, or log in for a higher limit".into(),
        500..=599 => "the registry failed on every attempt; retry later, and check its logs".into(),
        _ => "check that the address is a registry's, and check its logs".into(),
    }
}

/// The cause of a missing response, and advice.
pub fn transport(error: &ureq::Error, limit: Duration) -> (String, &'static str) {
    match error {
        ureq::Error::Timeout(kind) => (
            format!("no response within {} s ({kind})", limit.as_secs_f32()),
            "check that the registry is up and that no firewall drops the connection, then retry",
        ),
        ureq::Error::HostNotFound => (
            "unknown host".into(),
            "check the registry's name, and the network's DNS or proxy",
        ),
        ureq::Error::ConnectProxyFailed(_) => (
            error.to_string(),
            "check the proxy's address and password in HTTPS_PROXY or HTTP_PROXY, or add the registry to NO_PROXY",
        ),
        error if is_tls(error) => (
            error.to_string(),
            "add the registry's certificate authority to the file named by SSL_CERT_FILE, or pass --insecure for plain HTTP",
        ),
        _ => (
            error.to_string(),
            "check that the registry is up and reachable, then retry",
        ),
    }
}

/// Whether the TLS handshake failed. ureq reports some handshake errors as I/O errors.
fn is_tls(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_registry_errors() {
        let body = br#"{"errors":[{"code":"DENIED","message":"no quota"},{"code":"NAME_INVALID"}]}"#;
        assert_eq!(message(body).unwrap(), "DENIED: no quota, NAME_INVALID");
        assert_eq!(message(b"<html>\n oops </html>").unwrap(), "<html> oops </html>");
        assert_eq!(message(b""), None);
        assert_eq!(message(&[b'x'; 4000]).unwrap().len(), MAX_SHOWN);
    }
}
