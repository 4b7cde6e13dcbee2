//! Rejects requests that a server must reject according to RFC 9112, but hyper accepts, and CONNECT.

use std::net::Ipv6Addr;

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{Method, Request, StatusCode, Version};

use crate::problem::Problem;

/// Validates the head of a request. After an error the connection must be closed, because the length of the request is uncertain.
pub(super) fn validate<B>(request: &Request<B>, max_headers: usize, max_bytes: usize) -> Result<(), Problem> {
    let too_large = |detail| Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).detail(detail);
    if request.headers().len() > max_headers {
        return Err(too_large(format!("more than {max_headers} header fields")));
    }
    // hyper limits the heads of HTTP/1.1.
    if request.version() == Version::HTTP_2 && header_list_size(request) > max_bytes {
        return Err(too_large(format!("more than {max_bytes} bytes of header fields")));
    }
    // hyper would treat a 2xx response as the start of a tunnel and not send its body.
    if request.method() == Method::CONNECT {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED));
    }
    let checked = validate_host(request).and_then(|()| validate_transfer_encoding(request));
    checked.map_err(|detail| Problem::new(StatusCode::BAD_REQUEST).detail(detail))
}

/// RFC 9113, section 6.5.2: the lengths of names and values, and 32 per field. Of the pseudo-headers only the path can be long.
fn header_list_size<B>(request: &Request<B>) -> usize {
    let path = request.uri().path_and_query();
    let fields = request.headers().iter();
    let lengths = fields.map(|(name, value)| name.as_str().len() + value.len() + 32);
    lengths.sum::<usize>() + path.map_or(0, |path| path.as_str().len())
}

/// RFC 9112, section 3.2: HTTP/1.1 requires exactly one valid `host`. HTTP/2 may use `:authority` instead, or both if they are
/// equal (RFC 9113, section 8.3.1).
fn validate_host<B>(request: &Request<B>) -> Result<(), &'static str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err("more than one 'host'");
    }
    let authority = request.uri().authority().map(Authority::as_str);
    if !authority.is_none_or(is_host) {
        return Err("invalid authority");
    }
    let Some(host) = host else {
        return match request.version() {
            Version::HTTP_11 => Err("missing 'host'"),
            _ => Ok(()),
        };
    };
    if !host.to_str().is_ok_and(is_host) {
        return Err("invalid 'host'");
    }
    let is_same = |name: &str| name.as_bytes().eq_ignore_ascii_case(host.as_bytes());
    if request.version() == Version::HTTP_2 && !authority.is_none_or(is_same) {
        return Err("'host' differs from ':authority'");
    }
    Ok(())
}

/// RFC 9110, section 7.2: a name or an address with an optional port, or empty if the target has no authority.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, ""),
    };
    let port_is_valid = port.is_empty()
        || port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok() && !host.is_empty();
    let reg_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let address = || {
        host.strip_prefix('[')?
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
    };
    port_is_valid && (host.bytes().all(reg_name) || address().is_some())
}

/// RFC 9112, section 6.1: a single `chunked` is the only supported coding. HTTP/1.0 has none.
fn validate_transfer_encoding<B>(request: &Request<B>) -> Result<(), &'static str> {
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(_), _) if request.version() < Version::HTTP_11 => {
            Err("unexpected 'transfer-encoding' in HTTP/1.0")
        }
        (Some(coding), None) if coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err("invalid 'transfer-encoding': expected chunked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: Version, headers: &[(&str, &str)]) -> Option<u16> {
        check_uri("/", version, headers)
    }

    fn check_uri(uri: &str, version: Version, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().uri(uri).version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let checked = validate(&request.body(()).unwrap(), 4, 100);
        checked.err().map(|problem| problem.status().as_u16())
    }

    #[test]
    fn validates_hosts() {
        for host in ["a", "a.b:80", "a:", "[::1]:80", "192.0.2.1", "xn--a", "", "a_b"] {
            assert_eq!(check(Version::HTTP_11, &[("host", host)]), None, "{host:?}");
        }
        for host in [
            "a b", "a/b", "u@a", "a:b", "a:99999", "a:+1", "[::1", "::1", "a,b:x", ":80", "a?b", "a#b",
            "[a]", "a\\b",
        ] {
            assert_eq!(check(Version::HTTP_11, &[("host", host)]), Some(400), "{host:?}");
        }
        assert_eq!(check(Version::HTTP_11, &[]), Some(400));
        assert_eq!(check(Version::HTTP_10, &[]), None);
        assert_eq!(check(Version::HTTP_2, &[]), None);
        assert_eq!(
            check(Version::HTTP_11, &[("host", "a"), ("host", "a")]),
            Some(400)
        );
    }

    #[test]
    fn validates_authorities() {
        for (authority, host, status) in [
            ("a", None, None),
            ("a", Some("A"), None),
            ("a", Some("b"), Some(400)),
            ("user@a", None, Some(400)),
            ("a:99999", None, Some(400)),
        ] {
            let uri = format!("http://{authority}/");
            let headers: Vec<_> = host.map(|host| ("host", host)).into_iter().collect();
            assert_eq!(
                check_uri(&uri, Version::HTTP_2, &headers),
                status,
                "{uri} {host:?}"
            );
        }
        // RFC 9112, section 3.2.2: HTTP/1.1 ignores `host` if the target has an authority.
        assert_eq!(check_uri("http://a/", Version::HTTP_11, &[("host", "b")]), None);
    }

    #[test]
    fn validates_transfer_codings() {
        let with = |version, codings: &[&'static str]| {
            let mut headers = vec![("host", "a")];
            headers.extend(codings.iter().map(|coding| ("transfer-encoding", *coding)));
            check(version, &headers)
        };
        assert_eq!(with(Version::HTTP_11, &["chunked"]), None);
        assert_eq!(with(Version::HTTP_11, &["Chunked"]), None);
        for coding in [
            "gzip, chunked",
            "chunked, chunked",
            "identity",
            "chunked;q=1",
            "",
            "xchunked",
        ] {
            assert_eq!(with(Version::HTTP_11, &[coding]), Some(400), "{coding}");
        }
        assert_eq!(with(Version::HTTP_11, &["chunked", "chunked"]), Some(400));
        assert_eq!(with(Version::HTTP_10, &["chunked"]), Some(400));
    }

    #[test]
    fn limits_header_fields() {
        let headers = [("host", "a"), ("a", ""), ("a", ""), ("b", ""), ("c", "")];
        assert_eq!(check(Version::HTTP_11, &headers), Some(431));
        assert_eq!(check(Version::HTTP_11, &headers[..4]), None);
    }

    #[test]
    fn limits_header_lists_of_http2() {
        let (long, path) = ("x".repeat(67), format!("/{}", "x".repeat(100)));
        let check = |uri, version, value| check_uri(uri, version, &[("a", value)]);
        assert_eq!(check("/", Version::HTTP_2, &long[1..]), None);
        assert_eq!(check("/", Version::HTTP_2, &long), Some(431));
        assert_eq!(check(&path, Version::HTTP_2, ""), Some(431));
        assert_eq!(check("/", Version::HTTP_10, &long), None);
    }
}
