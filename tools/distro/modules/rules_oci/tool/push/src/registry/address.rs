//! Absolute addresses and the references of registries, resolved by RFC 3986.

use std::fmt;

use iri_string::types::{UriAbsoluteStr, UriReferenceStr};
use ureq::http::Uri;

/// An `http` or `https` address without a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Uri);

/// The scheme, host and port that credentials are limited to (RFC 6454, section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Address {
    /// Parses an address; `None` if it is not HTTP or HTTPS.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = escape(text).parse().ok()?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        (is_http && uri.host().is_some_and(|host| !host.is_empty())).then_some(Self(uri))
    }

    /// Resolves a reference in a response from this address (RFC 3986, section 5); `None` if it is not HTTP or HTTPS.
    pub fn resolve(&self, reference: &str) -> Option<Self> {
        let (base, reference) = (self.0.to_string(), escape(reference));
        let base = UriAbsoluteStr::new(&base).ok()?;
        let reference = UriReferenceStr::new(&reference).ok()?;
        Self::parse(&reference.resolve_against(base).to_string())
    }

    /// Adds a query parameter, whose value is percent-encoded.
    pub fn with_parameter(&self, name: &str, value: &str) -> Option<Self> {
        let text = self.0.to_string();
        let separator = match self.0.query() {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        };
        Self::parse(&format!("{text}{separator}{name}={}", encode(value)))
    }

    /// Whether the scheme is `http`.
    pub fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }

    /// The host, with the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// The port, or the scheme's default.
    pub fn port(&self) -> u16 {
        self.0
            .port_u16()
            .unwrap_or(if self.is_plain() { 80 } else { 443 })
    }

    /// The origin.
    pub fn origin(&self) -> Origin {
        Origin {
            scheme: self.0.scheme_str().unwrap_or_default().to_owned(),
            host: self.host().to_ascii_lowercase(),
            port: self.port(),
        }
    }

    /// The address as a URI.
    pub fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for Address {
    /// Omits user information and the query, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        let authority = authority.rsplit('@').next().unwrap_or_default();
        write!(f, "{scheme}://{authority}{}", self.0.path())
    }
}

/// Percent-encodes characters that registries send although RFC 3986 forbids them: spaces, quotes, non-ASCII, a single `%`.
fn escape(text: &str) -> String {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&byte);
    let bytes = text.trim().as_bytes();
    let is_hex = |position: usize| bytes.get(position).is_some_and(u8::is_ascii_hexdigit);
    let mut escaped = String::with_capacity(bytes.len());
    for (position, &byte) in bytes.iter().enumerate() {
        let is_escape = byte == b'%' && is_hex(position + 1) && is_hex(position + 2);
        match is_allowed(byte) || is_escape {
            true => escaped.push(byte as char),
            false => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Percent-encodes a value of a query.
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

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    #[test]
    fn origins_ignore_case_and_default_ports() {
        let origin = address("https://registry.example.com/v2/").origin();
        for same in [
            "https://registry.example.com:443/",
            "HTTPS://Registry.Example.COM",
            "https://registry.example.com/other?x=y",
        ] {
            assert_eq!(address(same).origin(), origin, "{same}");
        }
        for other in [
            "http://registry.example.com/",
            "https://registry.example.com:5000/",
            "https://example.com/",
        ] {
            assert_ne!(address(other).origin(), origin, "{other}");
        }
        assert_eq!(
            address("http://[::1]/").origin(),
            address("http://[::1]:80").origin()
        );
    }

    #[test]
    fn references_resolve_by_rfc_3986() {
        let base = address("https://r.io/v2/team/app/blobs/uploads/");
        for (reference, resolved) in [
            ("/v2/x?_state=a", "https://r.io/v2/x?_state=a"),
            ("1?a=b", "https://r.io/v2/team/app/blobs/uploads/1?a=b"),
            ("../other", "https://r.io/v2/team/app/blobs/other"),
            ("//storage.io/x", "https://storage.io/x"),
            ("HTTP://r.io/x", "http://r.io/x"),
            ("https://r.io:443/x#part", "https://r.io:443/x"),
            ("?a=b", "https://r.io/v2/team/app/blobs/uploads/?a=b"),
            (
                "x y?z=50%",
                "https://r.io/v2/team/app/blobs/uploads/x%20y?z=50%25",
            ),
            (
                "x?signature=%2f%7E",
                "https://r.io/v2/team/app/blobs/uploads/x?signature=%2f%7E",
            ),
        ] {
            let found = base.resolve(reference).map(|found| found.uri().to_string());
            assert_eq!(found.as_deref(), Some(resolved), "{reference}");
        }
        for other in ["ftp://r.io/x", "http://", "mailto:a@b"] {
            assert_eq!(base.resolve(other), None, "{other}");
        }
    }

    #[test]
    fn appends_query_parameters() {
        let with = |text| {
            address(text)
                .with_parameter("digest", "sha256:0")
                .expect("an address")
        };
        assert_eq!(with("http://r/x").uri(), "http://r/x?digest=sha256%3A0");
        assert_eq!(with("http://r/x?").uri(), "http://r/x?digest=sha256%3A0");
        assert_eq!(with("http://r/x?a=b").uri(), "http://r/x?a=b&digest=sha256%3A0");
    }

    #[test]
    fn display_omits_secrets() {
        let shown = address("https://user:password@r.io/x?token=secret").to_string();
        assert_eq!(shown, "https://r.io/x");
    }

    #[test]
    fn encodes_query_values() {
        assert_eq!(
            encode("repository:a/b:pull,push"),
            "repository%3Aa%2Fb%3Apull%2Cpush"
        );
    }
}
