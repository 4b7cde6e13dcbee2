//! The address of a client behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::http::{header, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::settings::{ForwardedHeader, Proxies};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// An extractor of the client's address. A test of the routes, which the chassis does not serve, adds it to the extensions of the
/// request; without it, the extractor rejects with 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr {
    /// The remote address of the connection: the client or the last proxy. An IPv4 address is never IPv4-mapped.
    pub peer: SocketAddr,
    /// The address of the client: `peer`, or if that is one of `TRUSTED_PROXIES`, the last address in `FORWARDED_HEADER` that is
    /// not.
    pub ip: IpAddr,
}

impl ClientAddr {
    pub(super) fn new(peer: SocketAddr, headers: &HeaderMap, proxies: &Proxies) -> Self {
        let trusted = |ip: &IpAddr| proxies.trusted.iter().any(|network: &IpNet| network.contains(ip));
        let mut ip = peer.ip();
        if trusted(&ip) {
            // From the last proxy to the client, up to the first entry that is invalid or not trusted.
            let forwarded = addresses(headers, proxies.header).into_iter().rev();
            for address in forwarded.map_while(|address| address) {
                ip = address;
                if !trusted(&ip) {
                    break;
                }
            }
        }
        Self { peer, ip }
    }
}

/// The non-empty entries of a header; `None` for an entry that is not an address.
fn addresses(headers: &HeaderMap, header: ForwardedHeader) -> Vec<Option<IpAddr>> {
    let is_forwarded = header == ForwardedHeader::Forwarded;
    let (name, parse): (_, fn(&str) -> Option<IpAddr>) = if is_forwarded {
        (&header::FORWARDED, forwarded_for)
    } else {
        (&X_FORWARDED_FOR, parse_node)
    };
    let mut addresses = Vec::new();
    for value in headers.get_all(name) {
        // The client's part may be invalid, the part that the proxies append is not.
        let text = String::from_utf8_lossy(value.as_bytes());
        let entries = text.split(delimiter(',', is_forwarded));
        addresses.extend(entries.filter(|entry| !entry.trim().is_empty()).map(parse));
    }
    addresses
}

/// Matches a delimiter. With `has_quotes` outside of quoted strings, because a proxy may quote input of the client, such as `host`.
fn delimiter(delimiter: char, has_quotes: bool) -> impl FnMut(char) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    move |character| {
        let is_quote = has_quotes && character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        quoted ^= is_quote;
        character == delimiter && !quoted
    }
}

/// Parses the parameter `for` of an element (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut is_separator = delimiter(';', true);
    let characters = element.chars().chain([';']);
    let is_terminated = characters.fold(false, |_, character| is_separator(character));
    if !is_terminated {
        return None;
    }
    let value = element.split(delimiter(';', true)).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    })?;
    let content = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    parse_node(content.unwrap_or(value))
}

/// Parses an address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
/// The port, which may be obfuscated (RFC 7239, section 6), is ignored.
fn parse_node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.split_once(']')?.0.parse().ok();
    let without_port = || text.split_once(':')?.0.parse().ok();
    let address = text.parse().ok().or_else(bracketed).or_else(without_port);
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::http::HeaderValue;

    fn client(peer: &str, header: ForwardedHeader, values: &[&str]) -> String {
        let proxies = Proxies {
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            header,
        };
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(&X_FORWARDED_FOR, value.clone());
            headers.append(header::FORWARDED, value);
        }
        ClientAddr::new(peer.parse().unwrap(), &headers, &proxies)
            .ip
            .to_string()
    }

    #[test]
    fn ignores_headers_of_untrusted_peers() {
        let of = |peer, values: &[&str]| client(peer, ForwardedHeader::XForwardedFor, values);
        assert_eq!(of("192.0.2.9:1", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(of("10.0.0.1:1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1:1", &[]), "10.0.0.1");
    }

    #[test]
    fn selects_last_untrusted_address() {
        let of = |values: &[&str]| client("10.0.0.1:1", ForwardedHeader::XForwardedFor, values);
        assert_eq!(of(&["203.0.113.7, 198.51.100.1, 10.1.1.1"]), "198.51.100.1");
        assert_eq!(of(&["203.0.113.7", "198.51.100.1", "10.1.1.1"]), "198.51.100.1");
        assert_eq!(of(&["10.2.2.2, 10.1.1.1"]), "10.2.2.2");
        assert_eq!(of(&["198.51.100.1, nonsense, 10.1.1.1"]), "10.1.1.1");
        assert_eq!(of(&["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(of(&["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(of(&["[::ffff:198.51.100.1]"]), "198.51.100.1");
        assert_eq!(of(&["\u{e4}, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(of(&["\", 198.51.100.1"]), "198.51.100.1");
        assert_eq!(of(&["198.51.100.1, ", ""]), "198.51.100.1");
    }

    #[test]
    fn parses_forwarded() {
        let of = |values: &[&str]| client("10.0.0.1:1", ForwardedHeader::Forwarded, values);
        assert_eq!(of(&["for=198.51.100.1;proto=http;by=10.0.0.1"]), "198.51.100.1");
        assert_eq!(of(&["For=\"[2001:db9::1]:80\", for=10.1.1.1"]), "2001:db9::1");
        assert_eq!(of(&["for=unknown, for=10.1.1.1"]), "10.1.1.1");
        assert_eq!(of(&["for=_hidden"]), "10.0.0.1");
        assert_eq!(of(&["for=\"198.51.100.1:_port\""]), "198.51.100.1");
    }

    #[test]
    fn quoted_strings_contain_no_addresses() {
        let of = |value| client("10.0.0.1:1", ForwardedHeader::Forwarded, &[value]);
        for value in [
            r#"host="a,for=203.0.113.7";for=198.51.100.1"#,
            r#"host="a;for=203.0.113.7";for=198.51.100.1"#,
            r#"for=198.51.100.1;host="a,for=203.0.113.7""#,
            r#"for=198.51.100.1;host="a\",for=203.0.113.7""#,
        ] {
            assert_eq!(of(value), "198.51.100.1", "{value}");
        }
        // An unterminated string must not extend to the element of the proxy.
        for value in [r#"for=203.0.113.7;a=", for=198.51.100.1"#, r#"for="203.0.113.7"#] {
            assert_eq!(of(value), "10.0.0.1", "{value}");
        }
    }
}
