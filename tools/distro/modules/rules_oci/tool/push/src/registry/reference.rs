//! Names of repositories and tags.

use std::fmt;
use std::net::IpAddr;

use oci_tool::error::{Problem, Result};

const HUB: &str = "docker.io";

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The host as in image names, with an optional port.
    pub host: String,
    /// The path within the registry.
    pub path: String,
}

impl Repository {
    /// Parses a name and completes names on Docker Hub.
    pub fn parse(name: &str) -> Result<Self> {
        let invalid = |found: &str| {
            Problem::Invalid(format!(
                "invalid repository {name:?}: {found}: expected HOST/PATH, as in ghcr.io/my-team/my-service"
            ))
        };
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest.to_owned()),
            _ => (HUB, name.to_owned()),
        };
        let host = if host == "index.docker.io" { HUB } else { host };
        let path = match host == HUB && !path.contains('/') {
            true => format!("library/{path}"),
            false => path,
        };
        if name.contains(char::is_whitespace) {
            return Err(invalid("it contains white space").into());
        }
        if path.contains('@') || path.contains(':') {
            return Err(invalid("it has a tag or a digest; set tags in `remote_tags`").into());
        }
        let fits = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.ends_with(|c: char| c.is_ascii_alphanumeric())
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        };
        if !path.split('/').all(fits) {
            return Err(invalid("a component is empty or has characters other than a-z 0-9 . _ -").into());
        }
        Ok(Self {
            host: host.to_owned(),
            path,
        })
    }

    /// The host that requests are sent to.
    pub fn address(&self) -> &str {
        match self.host.as_str() {
            HUB => "registry-1.docker.io",
            host => host,
        }
    }

    /// Whether the host is a loopback address.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// Whether a host, with or without a port, is `localhost` or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':'])
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

/// Checks the name of a tag.
pub fn check_tag(tag: &str) -> Result<()> {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rest = |c: char| first(c) || c == '.' || c == '-';
    if tag.len() <= 128 && tag.starts_with(first) && tag.chars().all(rest) {
        return Ok(());
    }
    let expected = "up to 128 characters of A-Z a-z 0-9 _ . -, not beginning with . or -";
    Err(Problem::Invalid(format!("invalid tag {tag:?}: expected {expected}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_docker_hub_names() {
        let written = |name: &str| Repository::parse(name).unwrap().to_string();
        assert_eq!(written("busybox"), "docker.io/library/busybox");
        assert_eq!(written("index.docker.io/team/app"), "docker.io/team/app");
        assert_eq!(written("team/app"), "docker.io/team/app");
        assert_eq!(written("ghcr.io/app"), "ghcr.io/app");
        assert_eq!(written("localhost:5000/a/b_c-d.e"), "localhost:5000/a/b_c-d.e");
        assert_eq!(
            Repository::parse("app").unwrap().address(),
            "registry-1.docker.io"
        );
    }

    #[test]
    fn rejects_invalid_repositories() {
        for name in [
            "ghcr.io/app:latest",
            "ghcr.io/app@sha256:ab",
            "ghcr.io/App",
            "ghcr.io//a",
            " ghcr.io/a",
            "",
        ] {
            let error = Repository::parse(name).unwrap_err().to_string();
            assert!(error.contains("invalid repository"), "{error}");
        }
    }

    #[test]
    fn recognizes_loopback_hosts() {
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:5000",
            "127.8.8.8",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "10.0.0.1:5000", "[::2]:1", "ghcr.io"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn rejects_invalid_tags() {
        check_tag("v1.0.0-rc.1_x").unwrap();
        check_tag("_x").unwrap();
        for tag in ["", ".x", "-x", "a b", "a+b", &"x".repeat(129)] {
            assert!(check_tag(tag).is_err(), "{tag}");
        }
    }
}
