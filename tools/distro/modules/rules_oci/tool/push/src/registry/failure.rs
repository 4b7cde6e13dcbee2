//! What went wrong with a registry, and what mends it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use oci_tool::error::{Error, Problem};

/// Registries answer errors with pages of any length; this much of one is shown.
const SHOWN: usize = 400;

/// A failed operation.
#[derive(Debug)]
pub struct Failure {
    /// What was tried.
    pub operation: &'static str,
    /// On what: a repository, with a tag or a digest.
    pub reference: String,
    /// What came of it: the status and the registry's own message.
    pub found: String,
    /// What to do.
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

/// The words for a status: its number, its name and what the registry says to it.
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
    let listed: Vec<_> = errors.as_array().into_iter().flatten().map(one).collect();
    let text = match listed.is_empty() {
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
        false => listed.join(", "),
    };
    let short: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    (!short.is_empty()).then_some(short)
}

fn one(error: &Value) -> String {
    let part = |key: &str| error[key].as_str().filter(|text| !text.is_empty());
    let parts: Vec<_> = ["code", "message"].into_iter().filter_map(part).collect();
    parts.join(": ")
}

/// What to do about a status, `host` being the registry's and `keychain` saying where credentials came from.
pub fn advise(status: u16, host: &str, keychain: &str) -> String {
    match status {
        401 => format!("{keychain}; log in:\n    docker login {host}"),
        403 => format!("{keychain}; ask for the right to push there, or log in as someone who has it:\n    docker login {host}"),
        404 => "see that the repository's name is right and that it exists; some registries want it created first".into(),
        413 => "the registry, or a proxy before it, takes no upload of that size; raise its limit".into(),
        429 => "the registry limits the rate of requests; wait and run this again, or log in for a higher limit".into(),
        500..=599 => "the registry failed each time it was asked; run this again later, and see its logs".into(),
        _ => "see that the address is a registry's, and what its logs say".into(),
    }
}

/// The words for an answer that didn't come.
pub fn transport(error: &ureq::Error, limit: Duration) -> (String, &'static str) {
    match error {
        ureq::Error::Timeout(kind) => (
            format!("no answer within {} s ({kind})", limit.as_secs_f32()),
            "see that the registry is up and that nothing between swallows the connection, then run this again",
        ),
        ureq::Error::HostNotFound => (
            "the host's name is not known here".into(),
            "see that the registry's name is right, and the network's DNS or proxy",
        ),
        ureq::Error::ConnectProxyFailed(_) => (
            error.to_string(),
            "see that HTTPS_PROXY or HTTP_PROXY has the proxy's address and password, or name the registry in NO_PROXY",
        ),
        error if is_tls(error) => (
            error.to_string(),
            "add the registry's authority to the file SSL_CERT_FILE names, or pass --insecure if it speaks plain HTTP",
        ),
        _ => (
            error.to_string(),
            "see that the registry is up and reachable from here, then run this again",
        ),
    }
}

/// Whether the other side is there, but was not let prove who it is. A handshake's errors come as those of reading.
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
        assert_eq!(message(&[b'x'; 4000]).unwrap().len(), SHOWN);
    }
}
