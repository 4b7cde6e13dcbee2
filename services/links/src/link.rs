//! Links and their valid codes and targets.

use axum::http::Uri;

use crate::excerpt::Excerpt;
use crate::host::is_authority;

/// A stored link.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// The path of the link, without the slash.
    pub code: String,
    /// The redirect's target.
    pub url: String,
    /// The time of creation in UTC (RFC 3339), in whole seconds.
    pub created: String,
}

/// The path of a link: 1 to 32 of `A-Z a-z 0-9 _ -`, except the service's own paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

/// The target of a link: an absolute `http` or `https` URL in ASCII, of at most 2048 bytes, with a valid host and port and
/// without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

/// The reason why a code or a target is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// A code with other characters, or of another length.
    #[error("invalid code {0}: expected 1 to {max} of A-Z, a-z, 0-9, '_' and '-'", max = Code::MAX)]
    Code(Excerpt),
    /// A code that is a path of the service.
    #[error("invalid code {0}: it is a path of this service, choose another")]
    Reserved(Excerpt),
    /// A URL that is too long, and its length in bytes.
    #[error("invalid url {0}: {1} bytes, expected at most {max}", max = Target::MAX)]
    Long(Excerpt, usize),
    /// A text that is not an absolute `http` or `https` URL.
    #[error("invalid url {0}: expected an absolute http or https URL, in ASCII")]
    Url(Excerpt),
    /// A URL with an invalid host or port.
    #[error(
        "invalid host or port in url {0}: expected a DNS name, an IPv4 address or an IPv6 address in brackets, \
         and a port from 0 to 65535"
    )]
    Host(Excerpt),
    /// A URL with credentials, which every visitor of the link would see.
    #[error("invalid url: expected no user name and no password")]
    Credentials,
}

impl Code {
    const MAX: usize = 32;
    const RESERVED: [&'static str; 1] = ["links"];
    const ALPHABET: &'static [u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const GENERATED: usize = 7;

    /// Validates a code from a client.
    pub fn new(code: String) -> Result<Self, InvalidLink> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if code.is_empty() || code.len() > Self::MAX || !code.bytes().all(allowed) {
            return Err(InvalidLink::Code(Excerpt::new(&code)));
        }
        if Self::RESERVED.contains(&code.as_str()) {
            return Err(InvalidLink::Reserved(Excerpt::new(&code)));
        }
        Ok(Self(code))
    }

    /// Derives one of 62^7 codes of 7 characters from a random number.
    pub fn from_random(mut number: u64) -> Self {
        let base = Self::ALPHABET.len() as u64;
        let code = (0..Self::GENERATED)
            .filter_map(|_| {
                let digit = usize::try_from(number % base).ok()?;
                number /= base;
                Self::ALPHABET.get(digit).copied().map(char::from)
            })
            .collect();
        Self(code)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Target {
    const MAX: usize = 2048;

    /// Validates a URL, without normalizing it.
    pub fn new(url: String) -> Result<Self, InvalidLink> {
        let excerpt = || Excerpt::new(&url);
        let invalid = || InvalidLink::Url(excerpt());
        if url.len() > Self::MAX {
            return Err(InvalidLink::Long(excerpt(), url.len()));
        }
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid());
        }
        // `Uri` discards fragments.
        let (without_fragment, _) = url.split_once('#').unwrap_or((&url, ""));
        let uri: Uri = without_fragment.parse().map_err(|_| invalid())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(invalid());
        }
        let authority = uri.authority().ok_or_else(invalid)?.as_str();
        if authority.contains('@') {
            return Err(InvalidLink::Credentials);
        }
        if !is_authority(authority) {
            return Err(InvalidLink::Host(excerpt()));
        }
        Ok(Self(url))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Result<Code, InvalidLink> {
        Code::new(text.to_owned())
    }

    fn target(text: &str) -> Result<Target, InvalidLink> {
        Target::new(text.to_owned())
    }

    #[test]
    fn accepts_codes() {
        for text in ["a", "Z9_-", "linksx", "Links", &"x".repeat(32)] {
            assert_eq!(code(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn rejects_invalid_codes() {
        for text in ["", " ", "a/b", "a b", "ä", "a.b", "a?b", &"x".repeat(33)] {
            assert!(matches!(code(text), Err(InvalidLink::Code(_))), "{text:?}");
        }
        assert!(matches!(code("links"), Err(InvalidLink::Reserved(_))));
    }

    #[test]
    fn generates_valid_codes() {
        for number in [0, 1, 61, 62, u64::MAX] {
            let generated = Code::from_random(number);
            assert_eq!(generated.as_str().len(), 7);
            assert!(code(generated.as_str()).is_ok());
        }
        assert_ne!(Code::from_random(1), Code::from_random(62));
    }

    #[test]
    fn accepts_urls_unchanged() {
        for text in [
            "http://example.org",
            "https://example.org/a?b=c&d=%20#e",
            "https://example.org?a@b",
            "https://example.org:8443/",
            "http://[::1]:80/x",
            "HTTP://EXAMPLE.ORG/",
        ] {
            assert_eq!(target(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn rejects_other_urls() {
        for text in [
            "",
            "example.org",
            "/a",
            "//example.org/",
            "ftp://example.org/",
            "javascript:alert(1)",
            "http:example.org",
            "http:/example.org",
            "http://",
            "http:///a",
            "http://example.org/a b",
            " http://example.org/",
            "http://example.org/\r\nSet-Cookie: a=b",
            "http://example.org/\0",
            "http://example.org/\u{e4}",
        ] {
            assert!(matches!(target(text), Err(InvalidLink::Url(_))), "{text:?}");
        }
        let long = format!("http://example.org/{}", "x".repeat(2048));
        assert!(matches!(target(&long), Err(InvalidLink::Long(_, length)) if length == long.len()));
    }

    #[test]
    fn rejects_invalid_authorities() {
        for authority in [
            ":80",
            "?",
            "#",
            "a:b",
            "a:65536",
            "a:80:80",
            "[::1",
            "::1",
            "a..b",
            "-",
            "%20",
            "1.2.3.400",
            "a\\b",
            &"a".repeat(64),
        ] {
            assert!(target(&format!("http://{authority}/")).is_err(), "{authority:?}");
        }
    }

    #[test]
    fn rejects_credentials() {
        for text in [
            "http://me:secret@example.org/",
            "http://me@example.org/",
            "http://@example.org/",
        ] {
            assert!(target(text).is_err(), "{text:?}");
        }
        assert_eq!(
            target("http://me:secret@example.org/"),
            Err(InvalidLink::Credentials)
        );
    }

    #[test]
    fn bounds_error_messages() {
        for text in [
            "x".repeat(5000),
            format!("http://{}/", "\u{7f}".repeat(2000)),
            format!("http://{}/", "a".repeat(2000)),
        ] {
            let messages = [
                code(&text).unwrap_err().to_string(),
                target(&text).unwrap_err().to_string(),
            ];
            assert!(messages.iter().all(|message| message.len() < 600), "{messages:?}");
        }
    }
}
