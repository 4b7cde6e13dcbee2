//! The address of a client behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::http::{header, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::settings::{ForwardedHeader, Proxies};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// An extractor of the client's address. It rejects with 500 if the chassis does not serve the request, as in a test of the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr {
    /// The remote address of the connection: the client or the last proxy.
    pub peer: SocketAddr,
    /// The address of the client: `peer`, or if that is one of `TRUSTED_PROXIES`, the last address in `FORWARDED_HEADER` that is
    /// not.
    pub ip: IpAddr,
}

impl ClientAddr {
    pub(super) fn new(peer: SocketAddr, headers: &HeaderMap, proxies: &Proxies) -> Self {
        let trusted = |ip: &IpAddr| proxies.trusted.iter().any(|network: &IpNet| network.contains(ip));
        let mut ip = peer.ip().to_canonical();
        if trusted(&ip) {
            let forwarded = match proxies.header {
                ForwardedHeader::Forwarded => addresses(headers, &header::FORWARDED, forwarded_for),
                ForwardedHeader::XForwardedFor => addresses(headers, &X_FORWARDED_FOR, parse_node),
            };
            // From the last proxy to the client, up to the first entry that is invalid or not trusted.
            for address in forwarded.into_iter().rev() {
                let Some(address) = address else {
                    break;
                };
                ip = address;
                if !trusted(&ip) {
                    break;
                }
            }
        }
        Self { peer, ip }
    }
}

/// The entries of a header; `None` for an entry that is not an address.
fn addresses(
    headers: &HeaderMap,
    name: &HeaderName,
    parse: fn(&str) -> Option<IpAddr>,
) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(name).iter();
    let text = values.map(|value| value.to_str().unwrap_or_default());
    text.flat_map(|text| text.split(',')).map(parse).collect()
}

/// Parses the parameter `for` of an element (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let value = element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })?;
    parse_node(value.trim().trim_matches('"'))
}

/// Parses an address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse_node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let without_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text.parse().ok().or_else(without_port).or_else(bracketed);
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, header: ForwardedHeader, values: &[&str]) -> String {
        let proxies = Proxies {
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            header,
        };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&X_FORWARDED_FOR, value.parse().unwrap());
            headers.append(header::FORWARDED, value.parse().unwrap());
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
        assert_eq!(of("[::ffff:10.0.0.1]:1", &["198.51.100.1"]), "198.51.100.1");
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
    }

    #[test]
    fn parses_forwarded() {
        let of = |values: &[&str]| client("10.0.0.1:1", ForwardedHeader::Forwarded, values);
        assert_eq!(of(&["for=198.51.100.1;proto=http;by=10.0.0.1"]), "198.51.100.1");
        assert_eq!(of(&["For=\"[2001:db9::1]:80\", for=10.1.1.1"]), "2001:db9::1");
        assert_eq!(of(&["for=unknown, for=10.1.1.1"]), "10.1.1.1");
        assert_eq!(of(&["for=_hidden"]), "10.0.0.1");
    }
}
