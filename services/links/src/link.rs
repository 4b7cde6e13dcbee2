//! A link, and what its parts may be.

use std::fmt;

use axum::http::Uri;

/// A link as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// What follows the service's address.
    pub code: String,
    /// Where the link leads.
    pub url: String,
    /// When it was made, UTC, as RFC 3339 has it, in whole seconds.
    pub created: String,
}

/// What follows the service's address: 1 to 32 of `A-Z a-z 0-9 _ -`, but no path of the service itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

/// Where a link leads: an absolute `http` or `https` URL of at most 2048 bytes, without a user name in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

/// A part of a link that can't be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Other characters, or too few or too many.
    #[error("code {0:?} must be 1 to {max} of A-Z, a-z, 0-9, '_' and '-'", max = Code::MAX)]
    Code(Shown),
    /// A path of the service itself.
    #[error("code {0:?} is a path of this service: choose another")]
    Reserved(String),
    /// Too long a URL.
    #[error("url has {0} bytes, at most {max} are kept", max = Target::MAX)]
    Long(usize),
    /// Not an absolute URL of the web.
    #[error("url {0:?} must be an absolute http or https URL, in ASCII")]
    Url(Shown),
    /// A name or a password that everybody would get to see.
    #[error("url must have no user name or password")]
    Credentials,
}

/// The start of what a client sent, short enough to be said back.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    const MAX: usize = 80;

    fn new(text: &str) -> Self {
        Self(text.chars().take(Self::MAX).collect())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Code {
    const MAX: usize = 32;
    const RESERVED: [&'static str; 1] = ["links"];
    const ALPHABET: &'static [u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const GENERATED: usize = 7;

    /// Checks a code that somebody chose.
    pub fn new(code: String) -> Result<Self, Invalid> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if code.is_empty() || code.len() > Self::MAX || !code.bytes().all(allowed) {
            return Err(Invalid::Code(Shown::new(&code)));
        }
        if Self::RESERVED.contains(&code.as_str()) {
            return Err(Invalid::Reserved(code));
        }
        Ok(Self(code))
    }

    /// The code that a random number stands for: 7 characters, 62^7 of them.
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

    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Target {
    const MAX: usize = 2048;

    /// Checks a URL; it is kept as it was sent.
    pub fn new(url: String) -> Result<Self, Invalid> {
        if url.len() > Self::MAX {
            return Err(Invalid::Long(url.len()));
        }
        let invalid = || Invalid::Url(Shown::new(&url));
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid());
        }
        // `Uri` knows no fragment; the rest of it is checked like any URL.
        let (checked, _) = url.split_once('#').unwrap_or((&url, ""));
        let uri: Uri = checked.parse().map_err(|_| invalid())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(invalid());
        }
        let authority = uri.authority().ok_or_else(invalid)?;
        if authority.as_str().contains('@') {
            return Err(Invalid::Credentials);
        }
        if authority.host().is_empty() {
            return Err(invalid());
        }
        Ok(Self(url))
    }

    /// The URL itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Result<Code, Invalid> {
        Code::new(text.to_owned())
    }

    fn target(text: &str) -> Result<Target, Invalid> {
        Target::new(text.to_owned())
    }

    #[test]
    fn takes_codes() {
        for text in ["a", "Z9_-", "linksx", "Links", &"x".repeat(32)] {
            assert_eq!(code(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_code() {
        for text in ["", " ", "a/b", "a b", "ä", "a.b", "a?b", &"x".repeat(33)] {
            assert!(matches!(code(text), Err(Invalid::Code(_))), "{text:?}");
        }
        assert!(matches!(code("links"), Err(Invalid::Reserved(_))));
    }

    #[test]
    fn what_is_generated_is_a_code() {
        for number in [0, 1, 61, 62, u64::MAX] {
            let generated = Code::from_random(number);
            assert_eq!(generated.as_str().len(), 7);
            assert!(code(generated.as_str()).is_ok());
        }
        assert_ne!(Code::from_random(1), Code::from_random(62));
    }

    #[test]
    fn takes_urls_as_they_are() {
        for text in [
            "http://example.org",
            "https://example.org/a?b=c&d=%20#e",
            "https://example.org:8443/",
            "http://[::1]:80/x",
            "HTTP://EXAMPLE.ORG/",
        ] {
            assert_eq!(target(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_url_of_the_web() {
        for text in [
            "",
            "example.org",
            "/a",
            "//example.org/",
            "ftp://example.org/",
            "javascript:alert(1)",
            "http://",
            "http:///a",
            "http://example.org/a b",
            "http://example.org/\r\nSet-Cookie: a=b",
            "http://example.org/\u{e4}",
        ] {
            assert!(matches!(target(text), Err(Invalid::Url(_))), "{text:?}");
        }
        assert_eq!(target("http://me:secret@example.org/"), Err(Invalid::Credentials));
        let long = format!("http://example.org/{}", "x".repeat(2048));
        assert_eq!(target(&long), Err(Invalid::Long(long.len())));
    }

    #[test]
    fn says_back_only_the_start() {
        let message = code(&"x".repeat(5000)).unwrap_err().to_string();
        assert!(message.len() < 200, "{message}");
    }
}
