//! Hosts and ports of URLs, in the forms that both browsers and resolvers accept.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `authority` is a host (a DNS name, an IPv4 address or an IPv6 address in brackets) with an optional port.
///
/// `http::Uri` accepts any name and any port, and the `url` crate, which validates them, is too large.
pub(crate) fn is_authority(authority: &str) -> bool {
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed
            .split_once(']')
            .is_some_and(|(address, port)| address.parse::<Ipv6Addr>().is_ok() && is_port(port));
    }
    let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    is_host(host) && is_port(port)
}

/// Whether `text` is empty, or a colon with an optional number.
fn is_port(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(':') else {
        return text.is_empty();
    };
    digits.is_empty() || (digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok())
}

fn is_host(host: &str) -> bool {
    const MAX: usize = 253;

    let name = host.strip_suffix('.').unwrap_or(host);
    // The URL standard parses a host whose last label is a number as an IPv4 address.
    if name.rsplit('.').next().is_some_and(is_number) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    name.len() <= MAX && name.split('.').all(is_label)
}

fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x").or_else(|| label.strip_prefix("0X")) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// A label of RFC 1123, or one with underscores, which DNS allows and existing names contain.
fn is_label(label: &str) -> bool {
    const MAX: usize = 63;

    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=MAX).contains(&label.len())
        && label.bytes().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_hosts_and_ports() {
        let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
        for authority in [
            "a",
            "EXAMPLE.org",
            "example.org.",
            "xn--bcher-kva.example",
            "a_b.example",
            "a--b",
            "1a",
            "1.2.3.4.example",
            "0xyz",
            "127.0.0.1",
            "255.255.255.255:80",
            "[::1]",
            "[::ffff:1.2.3.4]:8080",
            "a:",
            "a:0",
            "a:65535",
            "a:00080",
            &longest,
        ] {
            assert!(is_authority(authority), "{authority:?}");
        }
    }

    #[test]
    fn rejects_invalid_hosts() {
        let long_label = "a".repeat(64);
        let long_name = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(62));
        for authority in [
            "",
            ":80",
            ".",
            "..",
            ".a",
            "a..b",
            "a..",
            "-",
            "-a",
            "a-",
            "a.-b",
            "a b",
            "a%20b",
            "%61",
            "a\\b",
            "a\0",
            "a\u{7f}",
            "ä",
            "a,b",
            "(a)",
            "1.2.3.400",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.4.",
            "01.2.3.4",
            "a.1",
            "2130706433",
            "0x7f000001",
            "0x",
            "0x7f.1",
            "[::1",
            "::1",
            "[::1]a",
            "[]",
            "[1.2.3.4]",
            "[fe80::1%25eth0]",
            "[v1.a]",
            "[::g]",
            "user@a",
            &long_label,
            &long_name,
        ] {
            assert!(!is_authority(authority), "{authority:?}");
        }
    }

    #[test]
    fn rejects_invalid_ports() {
        for authority in [
            "a:65536",
            "a:99999999999",
            "a:b",
            "a:+1",
            "a:-1",
            "a:1:2",
            "[::1]:65536",
            "[::1]:x",
        ] {
            assert!(!is_authority(authority), "{authority:?}");
        }
    }
}
