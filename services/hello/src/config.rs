//! What the environment may say.

use std::env;
use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr};

const DEFAULT_PORT: u16 = 8888;

/// The service's whole configuration, parsed before anything is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address that the service listens on.
    pub addr: SocketAddr,
}

/// A variable that holds what the service can't use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "PORT is {value:?}: allowed is a whole number from 0 to 65535, where 0 takes any free port; \
     without PORT it is {DEFAULT_PORT}"
)]
pub struct ConfigError {
    value: OsString,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::new(env::var_os("PORT").as_deref())
    }

    /// The configuration that a value of `PORT` stands for.
    pub fn new(port: Option<&OsStr>) -> Result<Self, ConfigError> {
        let port = match port {
            None => DEFAULT_PORT,
            Some(value) => parse_port(value).ok_or_else(|| ConfigError {
                value: value.to_owned(),
            })?,
        };
        Ok(Self {
            addr: SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
        })
    }
}

fn parse_port(value: &OsStr) -> Option<u16> {
    let digits = value.to_str()?;
    // u16's own parser takes "+80" too.
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(digits)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    fn port(value: &str) -> Option<u16> {
        Config::new(Some(OsStr::new(value)))
            .ok()
            .map(|config| config.addr.port())
    }

    #[test]
    fn defaults_to_8888_on_every_interface() {
        assert_eq!(Config::new(None).unwrap().addr.to_string(), "0.0.0.0:8888");
    }

    #[test]
    fn takes_every_port() {
        assert_eq!(port("0"), Some(0));
        assert_eq!(port("8080"), Some(8080));
        assert_eq!(port("65535"), Some(65535));
    }

    #[test]
    fn refuses_what_is_no_port() {
        for value in [
            "",
            " ",
            "http",
            "-1",
            "+80",
            "80 ",
            "8e1",
            "65536",
            "99999999999999999999",
        ] {
            assert_eq!(port(value), None, "{value:?}");
        }
        assert!(Config::new(Some(OsStr::from_bytes(b"80\xff"))).is_err());
    }

    #[test]
    fn names_variable_value_and_range() {
        let message = Config::new(Some(OsStr::new("http"))).unwrap_err().to_string();
        assert!(message.starts_with("PORT is \"http\": allowed is"), "{message}");
        assert!(message.contains("0 to 65535"), "{message}");
    }
}
