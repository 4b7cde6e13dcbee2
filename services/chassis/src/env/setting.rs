//! What a variable's value can be.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A type that a variable can have.
pub trait Setting: Sized {
    /// The value that `text` stands for, if it stands for one.
    fn parse(text: &str) -> Option<Self>;

    /// The value as [`Setting::parse`] takes it.
    fn show(&self) -> String;

    /// What is allowed, as in "a whole number".
    fn allowed() -> String;
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl Setting for $number {
            fn parse(text: &str) -> Option<Self> {
                digits(text)?.parse().ok()
            }

            fn show(&self) -> String {
                self.to_string()
            }

            fn allowed() -> String {
                "a whole number".to_owned()
            }
        }
    )*};
}

whole_numbers!(u16, u32, u64, usize);

/// The numbers' own parsers take "+80" too.
fn digits(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

/// A whole number and its unit: `250ms`, `10s`, `5m`.
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

    fn show(&self) -> String {
        match self.as_millis() {
            millis if millis % 60_000 == 0 && millis > 0 => format!("{}m", millis / 60_000),
            millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
            millis => format!("{millis}ms"),
        }
    }

    fn allowed() -> String {
        "a whole number with ms, s or m behind it".to_owned()
    }
}

impl Setting for IpAddr {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn allowed() -> String {
        "an IP address".to_owned()
    }
}

impl Setting for String {
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }

    fn allowed() -> String {
        "text in UTF-8".to_owned()
    }
}

impl Setting for PathBuf {
    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }

    fn allowed() -> String {
        "a path in UTF-8".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_digits_alone() {
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
    fn durations_have_a_unit() {
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
    fn what_is_shown_is_what_is_taken() {
        for millis in [0, 1, 250, 1_000, 1_500, 60_000, 90_000, 3_600_000] {
            let duration = Duration::from_millis(millis);
            assert_eq!(Duration::parse(&duration.show()), Some(duration));
        }
    }
}
