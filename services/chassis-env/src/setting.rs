//! The types of variables.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use tracing::level_filters::LevelFilter;

/// The type of a variable.
///
/// Implemented for `u16`, `u32`, `u64`, `usize` (digits only), `Duration` (an integer with the unit `ms`, `s` or `m`), `IpAddr`,
/// `IpNet`, `String`, `PathBuf`, and `Vec` (separated by commas).
pub trait Setting: Sized {
    /// Parses the value of a variable. Returns `None` if it is invalid.
    fn parse(text: &str) -> Option<Self>;

    /// Formats the value as [`Setting::parse`] accepts it.
    fn to_text(&self) -> String;

    /// Describes the accepted values in error messages, as a noun phrase such as "an integer".
    fn expected() -> String;

    /// Describes the values from `min` to `max`.
    fn expected_in_range(min: &Self, max: &Self) -> String {
        format!("{} from {} to {}", Self::expected(), min.to_text(), max.to_text())
    }
}

macro_rules! integer_settings {
    ($($kind:ty),*) => {$(
        impl Setting for $kind {
            fn parse(text: &str) -> Option<Self> {
                digits(text)?.parse().ok()
            }

            fn to_text(&self) -> String {
                self.to_string()
            }

            fn expected() -> String {
                Self::expected_in_range(&Self::MIN, &Self::MAX)
            }

            fn expected_in_range(min: &Self, max: &Self) -> String {
                format!("an integer from {min} to {max}")
            }
        }
    )*};
}

integer_settings!(u16, u32, u64, usize);

/// Rejects a sign, which the parsers of the standard library accept.
fn digits(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

impl Setting for IpAddr {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn expected() -> String {
        "an IP address".to_owned()
    }
}

impl Setting for String {
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }

    fn expected() -> String {
        "UTF-8 text".to_owned()
    }
}

/// An integer with a unit: `250ms`, `10s`, `5m`.
impl Setting for Duration {
    fn parse(text: &str) -> Option<Self> {
        let number = text.trim_end_matches(|unit: char| unit.is_ascii_lowercase());
        let unit: u64 = match text.strip_prefix(number)? {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => return None,
        };
        digits(number)?
            .parse::<u64>()
            .ok()?
            .checked_mul(unit)
            .map(Self::from_millis)
    }

    fn to_text(&self) -> String {
        match self.as_millis() {
            millis if millis % 60_000 == 0 && millis > 0 => format!("{}m", millis / 60_000),
            millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
            millis => format!("{millis}ms"),
        }
    }

    fn expected() -> String {
        "an integer with the unit ms, s or m".to_owned()
    }
}

impl Setting for PathBuf {
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }

    fn to_text(&self) -> String {
        self.display().to_string()
    }

    fn expected() -> String {
        "a UTF-8 path".to_owned()
    }
}

/// Values separated by commas, or `none`. Spaces around a value are ignored.
impl<T: Setting> Setting for Vec<T> {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::new()),
            _ => text.split(',').map(|part| T::parse(part.trim())).collect(),
        }
    }

    fn to_text(&self) -> String {
        match self.as_slice() {
            [] => "none".to_owned(),
            values => values.iter().map(T::to_text).collect::<Vec<_>>().join(","),
        }
    }

    fn expected() -> String {
        format!("none or a list separated by commas, each {}", T::expected())
    }
}

/// A network in CIDR notation, or a single address. An IPv4-mapped network (`::ffff:10.0.0.0/104`) is converted to IPv4.
impl Setting for IpNet {
    fn parse(text: &str) -> Option<Self> {
        let address = || text.parse::<IpAddr>().ok().map(Self::from);
        let network: Self = text.parse().ok().or_else(address)?;
        match network.addr().to_canonical() {
            IpAddr::V4(address) if network.addr().is_ipv6() => {
                let prefix_len = network.prefix_len().checked_sub(96)?;
                Self::new(address.into(), prefix_len).ok()
            }
            _ => Some(network),
        }
    }

    fn to_text(&self) -> String {
        self.to_string()
    }

    fn expected() -> String {
        "a network such as 10.0.0.0/8 or an IP address".to_owned()
    }
}

/// A port, or `off`.
impl Setting for Option<u16> {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(None),
            _ => u16::parse(text).map(Some),
        }
    }

    fn to_text(&self) -> String {
        self.map_or("off".to_owned(), |port| port.to_string())
    }

    fn expected() -> String {
        format!("{}, or off", u16::expected())
    }
}

/// Implements [`Setting`] for a type whose values have names.
///
/// ```
/// #[derive(PartialEq)]
/// enum Color {
///     Red,
///     Green,
/// }
///
/// chassis_env::named_setting!(Color: "red" => Self::Red, "green" => Self::Green);
/// ```
#[macro_export]
macro_rules! named_setting {
    ($kind:ty: $($name:literal => $value:expr),*) => {
        impl $crate::Setting for $kind {
            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($name => Some($value),)*
                    _ => None,
                }
            }

            fn to_text(&self) -> String {
                let mut names = [$(($name, $value)),*].into_iter();
                let name = names.find(|(_, value)| value == self);
                name.map(|(name, _)| name.to_owned()).unwrap_or_default()
            }

            fn expected() -> String {
                format!("one of {}", [$($name),*].join(", "))
            }
        }
    };
}

// There is no `trace` because release builds omit it, which saves the size of hyper's and h2's trace events.
named_setting!(
    LevelFilter:
    "off" => Self::OFF, "error" => Self::ERROR, "warn" => Self::WARN, "info" => Self::INFO, "debug" => Self::DEBUG
);

/// Declares a struct with one variable per field, then other such structs, and its function `read`. A default may use the
/// parameters of `read` and the fields above it.
///
/// ```
/// chassis_env::settings! {
///     pub struct Upstream(default_port: u16) {
///         port: u16 = "UPSTREAM_PORT", default_port, in 1..=u16::MAX, "port of the upstream";
///     }
/// }
///
/// let help = chassis_env::help(|env| Upstream::read(env, 80));
/// assert_eq!(help, "  UPSTREAM_PORT  80  port of the upstream\n");
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident $(($parameter:ident: $parameter_kind:ty))? {$(
        $(#[$doc:meta])*
        $field:ident: $kind:ty = $variable:literal, $default:expr $(, in $bounds:expr)?, $help:literal;
    )* $(
        ..$group:ident: $group_kind:ty;
    )*}) => {
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[$doc])* pub(crate) $field: $kind,)*
            $(pub(crate) $group: $group_kind,)*
        }

        impl $name {
            /// Reads the variables.
            $visibility fn read(env: &mut $crate::Env $(, $parameter: $parameter_kind)?) -> Self {
                $(let $field: $kind = $crate::settings!(@read env, $variable, $default $(, $bounds)?, $help);)*
                $(let $group = <$group_kind>::read(env);)*
                Self { $($field,)* $($group,)* }
            }
        }
    };
    (@read $env:ident, $variable:literal, $default:expr, $help:literal) => {
        $env.var($variable, $default, $help)
    };
    (@read $env:ident, $variable:literal, $default:expr, $bounds:expr, $help:literal) => {
        $env.var_in_range($variable, $default, $bounds, $help)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_accept_only_digits() {
        assert_eq!(u16::parse("0"), Some(0));
        assert_eq!(u16::parse("65535"), Some(65535));
        for text in [
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
            assert_eq!(u16::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn parses_durations() {
        assert_eq!(Duration::parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(Duration::parse("0s"), Some(Duration::ZERO));
        assert_eq!(Duration::parse("2m"), Some(Duration::from_mins(2)));
        for text in [
            "",
            "s",
            "10",
            "10 s",
            "1.5s",
            "-1s",
            "10h",
            "10S",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            assert_eq!(Duration::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn durations_round_trip() {
        for millis in [0, 1, 250, 1_000, 1_500, 60_000, 90_000, 3_600_000] {
            let duration = Duration::from_millis(millis);
            assert_eq!(Duration::parse(&duration.to_text()), Some(duration));
        }
    }

    #[test]
    fn parses_lists() {
        let networks = Vec::<IpNet>::parse("10.0.0.0/8, ::1,192.0.2.1").unwrap();
        assert_eq!(networks.to_text(), "10.0.0.0/8,::1/128,192.0.2.1/32");
        let none = Vec::<IpNet>::new().to_text();
        assert_eq!(Vec::parse(&none), Some(Vec::<IpNet>::new()));
        let mapped = Vec::<IpNet>::parse("::ffff:10.0.0.0/104,::ffff:192.0.2.1").unwrap();
        assert_eq!(mapped.to_text(), "10.0.0.0/8,192.0.2.1/32");
        for text in [
            "",
            ",",
            "10.0.0.0/8,",
            "10.0.0.0/33",
            "::ffff:0:0/95",
            "localhost",
        ] {
            assert_eq!(Vec::<IpNet>::parse(text), None, "{text:?}");
        }
    }
}
