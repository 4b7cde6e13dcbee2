//! Selects the proxy of a request by environment variables, as Go's `golang.org/x/net/http/httpproxy`.
//!
//! `HTTPS_PROXY` is for https and `HTTP_PROXY` for http, in upper or lower case; loopback addresses bypass the proxy.
//! `NO_PROXY` is a comma-separated list of `name` (with its subdomains), `.name` or `*.name` (only subdomains) and IP
//! addresses, each with an optional port; networks in CIDR notation; or `*`.

use std::env;
use std::net::IpAddr;

use ipnet::IpNet;
use ureq::Proxy;

use super::address::Address;
use super::reference::is_loopback;
use oci_tool::error::{Problem, Result};

/// The proxies of the environment.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<(&'static str, String)>,
    https: Option<(&'static str, String)>,
    exceptions: Vec<Exception>,
}

impl Proxies {
    /// The proxies set in the process's environment.
    pub fn from_environment() -> Self {
        Self::new(|name| env::var(name).ok())
    }

    /// The proxies set by variables.
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&'static str; 2]| {
            let values = names.map(|name| (name, variable(name).unwrap_or_default()));
            values.into_iter().find(|(_, value)| !value.is_empty())
        };
        let exceptions = first(["NO_PROXY", "no_proxy"]).map_or(String::new(), |(_, value)| value);
        Self {
            // Under CGI the variable contains a header of the client (httpoxy).
            http: first(["HTTP_PROXY", "http_proxy"])
                .filter(|(name, _)| *name == "http_proxy" || variable("REQUEST_METHOD").is_none()),
            https: first(["HTTPS_PROXY", "https_proxy"]),
            exceptions: exceptions.split(',').filter_map(Exception::parse).collect(),
        }
    }

    /// The proxy of an address; `None` for a direct connection.
    pub fn for_address(&self, address: &Address) -> Result<Option<Proxy>> {
        let (host, port) = (address.host(), address.port());
        let setting = if address.is_plain() {
            &self.http
        } else {
            &self.https
        };
        let Some((variable, value)) = setting else {
            return Ok(None);
        };
        if is_loopback(host)
            || self
                .exceptions
                .iter()
                .any(|exception| exception.covers(host, port))
        {
            return Ok(None);
        }
        let has_scheme = value.contains("://");
        let proxy = match has_scheme {
            true => value.clone(),
            false => format!("http://{value}"),
        };
        let scheme = proxy.split("://").next().unwrap_or_default().to_ascii_lowercase();
        let invalid = |found: &str| {
            Problem::Invalid(format!(
                "invalid {variable}: {found}: expected http://HOST:PORT or https://HOST:PORT; correct it, or bypass it for {host}:\n    \
                 export NO_PROXY={host}"
            ))
        };
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(invalid(&format!("the scheme \"{scheme}\" is not supported")).into());
        }
        match Proxy::new(&proxy) {
            Ok(proxy) => Ok(Some(proxy)),
            // The value may contain a password.
            Err(_) => Err(invalid("not the address of a proxy").into()),
        }
    }
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    Network(IpNet),
    Address(IpAddr, Option<u16>),
    /// A lowercase name. `subdomains_only` excludes the name itself.
    Name {
        name: String,
        subdomains_only: bool,
        port: Option<u16>,
    },
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Ok(network) = text.parse() {
            return Some(Self::Network(network));
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse() {
            return Some(Self::Address(address, None));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text.as_str(), None),
        };
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return Some(Self::Address(address, port));
        }
        let suffix = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        let (name, subdomains_only) = (suffix.unwrap_or(host).to_owned(), suffix.is_some());
        (!name.is_empty()).then_some(Self::Name {
            name,
            subdomains_only,
            port,
        })
    }

    fn covers(&self, host: &str, port: u16) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        let matches_port = |expected: &Option<u16>| expected.is_none_or(|expected| expected == port);
        match self {
            Self::All => true,
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
            Self::Address(excluded, port) => address == Some(*excluded) && matches_port(port),
            Self::Name {
                name,
                subdomains_only,
                port,
            } => {
                let parent = host.strip_suffix(name.as_str());
                let matches = match parent {
                    Some("") => !subdomains_only,
                    Some(parent) => parent.ends_with('.'),
                    None => false,
                };
                matches && matches_port(port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::new(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn port(proxies: &Proxies, address: &str) -> Option<u16> {
        let address = Address::parse(address).expect("an address");
        proxies
            .for_address(&address)
            .expect("no error")
            .map(|proxy| proxy.port())
    }

    #[test]
    fn selects_proxy_by_scheme() {
        let both = proxies(&[("HTTP_PROXY", "a:1"), ("https_proxy", "http://u:p@b:2")]);
        assert_eq!(port(&both, "http://r.io/"), Some(1));
        assert_eq!(port(&both, "https://r.io/"), Some(2));
        let other = proxies(&[("HTTPS_PROXY", "a:1"), ("ALL_PROXY", "a:3")]);
        assert_eq!(port(&other, "http://r.io/"), None);
        assert_eq!(port(&proxies(&[("ALL_PROXY", "a:3")]), "https://r.io/"), None);
    }

    #[test]
    fn ignores_http_proxy_under_cgi() {
        let cgi = [
            ("REQUEST_METHOD", "GET"),
            ("HTTP_PROXY", "a:1"),
            ("HTTPS_PROXY", "a:2"),
        ];
        assert_eq!(port(&proxies(&cgi), "http://r.io/"), None);
        assert_eq!(port(&proxies(&cgi), "https://r.io/"), Some(2));
    }

    #[test]
    fn bypasses_proxy_for_loopback() {
        let set = proxies(&[("HTTP_PROXY", "a:1"), ("HTTPS_PROXY", "a:1")]);
        for host in ["localhost:5000", "127.0.0.1", "127.9.9.9:80", "[::1]:5000"] {
            assert_eq!(port(&set, &format!("http://{host}/")), None, "{host}");
            assert_eq!(port(&set, &format!("https://{host}/")), None, "{host}");
        }
    }

    #[test]
    fn no_proxy_excludes_hosts() {
        let excludes = |list: &str, host: &str| {
            let set = proxies(&[("HTTPS_PROXY", "a:1"), ("NO_PROXY", list)]);
            port(&set, &format!("https://{host}/")).is_none()
        };
        for (list, host) in [
            ("*", "r.io"),
            ("r.io", "r.io"),
            ("R.io", "a.r.IO"),
            (" x.io , r.io", "r.io:5000"),
            (".r.io", "a.r.io"),
            ("*.r.io", "a.r.io"),
            ("r.io:5000", "r.io:5000"),
            ("r.io:443", "r.io"),
            ("10.0.0.0/8", "10.1.2.3:5000"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3:5000", "10.1.2.3:5000"),
            ("fd00::/8", "[fd00::1]"),
            ("fd00::1", "[fd00::1]:5000"),
            ("[fd00::1]:5000", "[fd00::1]:5000"),
        ] {
            assert!(excludes(list, host), "{list} excludes {host}");
        }
        for (list, host) in [
            ("", "r.io"),
            (".r.io", "r.io"),
            ("r.io", "xr.io"),
            ("r.io:5000", "r.io"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.1.2.3:5000", "10.1.2.3"),
            ("10.0.0.0/8", "r.io"),
            ("r.io:x", "r.io"),
        ] {
            assert!(!excludes(list, host), "{list} does not exclude {host}");
        }
    }

    #[test]
    fn rejects_unsupported_proxy_schemes() {
        let address = Address::parse("https://r.io/").expect("an address");
        let error = |value| {
            let outcome = proxies(&[("HTTPS_PROXY", value)]).for_address(&address);
            outcome.map(|_| ()).expect_err("an error").to_string()
        };
        let socks = error("socks5://a:1");
        assert!(
            socks.contains("invalid HTTPS_PROXY: the scheme \"socks5\""),
            "{socks}"
        );
        assert!(socks.ends_with("\n    export NO_PROXY=r.io"), "{socks}");
        assert!(!error("http://u:secret@:x y").contains("secret"));
    }
}
