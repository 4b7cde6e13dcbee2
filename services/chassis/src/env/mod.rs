//! The environment: each variable is read once, and all invalid ones are reported together.

mod secret;
mod setting;

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs;
use std::ops::RangeInclusive;

pub use secret::Secret;
pub(crate) use setting::named_setting;
pub use setting::Setting;

/// Reads a service's variables, and lists them for `--help`.
///
/// A variable with an empty value counts as not set. So does one whose name ends with `_PORT` and whose value is a URL such as
/// `tcp://10.0.0.1:80`: Kubernetes sets `OPS_PORT` to one in each container if there is a Service named `ops`.
///
/// ```
/// # use std::time::Duration;
/// # use chassis::{Env, Secret};
/// struct Settings {
///     greeting: String,
///     timeout: Duration,
///     upstream: String,
///     token: Option<Secret>,
/// }
///
/// fn settings(env: &mut Env) -> Settings {
///     Settings {
///         greeting: env.var("GREETING", "Hello".to_owned(), "word of greeting"),
///         timeout: env.var_in_range("TIMEOUT", Duration::from_secs(1), Duration::ZERO..=Duration::from_secs(60), "of a request to the upstream"),
///         upstream: env.required("UPSTREAM", String::new(), "host of the upstream"),
///         token: env.secret("TOKEN", "for the upstream"),
///     }
/// }
/// ```
pub struct Env {
    source: fn(&str) -> Option<OsString>,
    rows: Vec<Row>,
    errors: Vec<String>,
    warnings: Vec<String>,
}

struct Row {
    name: String,
    default: String,
    help: &'static str,
}

impl Env {
    /// Reads the process's environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub(crate) fn of_process() -> Self {
        Self::new(|name| std::env::var_os(name))
    }

    /// Reads an environment without variables, so that all defaults apply.
    pub(crate) fn empty() -> Self {
        Self::new(|_| None)
    }

    pub(crate) fn new(source: fn(&str) -> Option<OsString>) -> Self {
        Self {
            source,
            rows: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The value of the variable `name`, or `default` if it is not set.
    ///
    /// If the value is no `T`, the process ends with exit status 64 before it binds anything. `help` is a phrase for
    /// `--help`.
    pub fn var<T: Setting>(&mut self, name: &'static str, default: T, help: &'static str) -> T {
        self.read(name, default, help, &T::expected(), |_| true)
    }

    /// Like [`Env::var`], for a value within `bounds`, both included.
    pub fn var_in_range<T: Setting + PartialOrd>(
        &mut self,
        name: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
        help: &'static str,
    ) -> T {
        let (min, max) = (bounds.start().show(), bounds.end().show());
        let expected = format!("{} from {min} to {max}", T::expected());
        self.read(name, default, help, &expected, |value| bounds.contains(value))
    }

    /// The value of a variable that must be set. `placeholder` is returned if it is not; the process then ends with exit
    /// status 64, as it does if the value is no `T`.
    pub fn required<T: Setting>(&mut self, name: &'static str, placeholder: T, help: &'static str) -> T {
        self.list(name, "required".to_owned(), help);
        let Some(text) = self.get(name) else {
            let expected = T::expected();
            self.errors
                .push(format!("{name} is required: expected {expected}"));
            return placeholder;
        };
        let value = text.to_str().and_then(T::parse);
        value.unwrap_or_else(|| {
            self.invalid(name, &text, &T::expected());
            placeholder
        })
    }

    /// The value of the variable `name`, or the content of the file that `<name>_FILE` names, without its last line break:
    /// how Docker and Kubernetes mount secrets. To set both is an error. The value is never part of an error.
    pub fn secret(&mut self, name: &'static str, help: &'static str) -> Option<Secret> {
        let file_variable = format!("{name}_FILE");
        self.list(name, "none".to_owned(), help);
        self.list(&file_variable, "none".to_owned(), "file with the same");
        let bytes = match (self.get(name), self.get(&file_variable)) {
            (Some(_), Some(_)) => {
                self.errors.push(format!(
                    "{name} and {file_variable} are both set: expected one of them"
                ));
                return None;
            }
            (None, None) => return None,
            (Some(value), None) => value.into_encoded_bytes(),
            (None, Some(path)) => match read_file(&path) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.errors.push(format!(
                        "invalid {file_variable} {}: {error}: expected a readable file",
                        quoted(&path)
                    ));
                    return None;
                }
            },
        };
        let secret = Secret::from_utf8(bytes);
        if secret.is_none() {
            self.errors
                .push(format!("invalid {name}: expected UTF-8 text that is not empty"));
        }
        secret
    }

    fn read<T: Setting>(
        &mut self,
        name: &'static str,
        default: T,
        help: &'static str,
        expected: &str,
        fits: impl Fn(&T) -> bool,
    ) -> T {
        self.list(name, default.show(), help);
        let Some(text) = self.get(name) else {
            return default;
        };
        let value = text.to_str().and_then(T::parse).filter(fits);
        value.unwrap_or_else(|| {
            self.invalid(name, &text, expected);
            default
        })
    }

    fn get(&mut self, name: &str) -> Option<OsString> {
        let text = (self.source)(name).filter(|text| !text.is_empty())?;
        if is_service_link(name, &text) {
            self.warnings.push(format!(
                "{name} {} ignored: Kubernetes sets it for a Service of that name; \
                 enableServiceLinks: false in the pod's spec turns that off",
                quoted(&text)
            ));
            return None;
        }
        Some(text)
    }

    fn list(&mut self, name: &str, default: String, help: &'static str) {
        self.rows.push(Row {
            name: name.to_owned(),
            default,
            help,
        });
    }

    fn invalid(&mut self, name: &str, value: &OsStr, expected: &str) {
        let value = quoted(value);
        self.errors
            .push(format!("invalid {name} {value}: expected {expected}"));
    }

    /// What is wrong, a line for each variable.
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// What was ignored, a line for each variable.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A line for each variable: name, default and help.
    pub(crate) fn table(&self) -> String {
        let width = |cell: fn(&Row) -> usize| self.rows.iter().map(cell).max().unwrap_or_default();
        let name = width(|row| row.name.len());
        let default = width(|row| row.default.len());
        self.rows.iter().fold(String::new(), |mut table, row| {
            let _ = writeln!(
                table,
                "  {:name$}  {:default$}  {}",
                row.name, row.default, row.help
            );
            table
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "read once, before anything is bound")]
fn read_file(path: &OsStr) -> std::io::Result<Vec<u8>> {
    let mut bytes = fs::read(path)?;
    bytes.pop_if(|byte| *byte == b'\n');
    bytes.pop_if(|byte| *byte == b'\r');
    Ok(bytes)
}

/// Whether Kubernetes set the variable for a Service.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    let url = |value: &str| {
        ["tcp://", "udp://", "sctp://"]
            .iter()
            .any(|scheme| value.starts_with(scheme))
    };
    name.ends_with("_PORT") && value.to_str().is_some_and(url)
}

/// At most 200 bytes of a value: it may be a file that was set by mistake.
#[expect(
    clippy::unnecessary_debug_formatting,
    reason = "quotes show where a value begins and ends"
)]
fn quoted(value: &OsStr) -> String {
    let text = format!("{value:?}");
    match text.get(..text.floor_char_boundary(200)) {
        Some(start) if start.len() < text.len() => format!("{start}\u{2026}\""),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn environment(name: &str) -> Option<OsString> {
        match name {
            "GOOD" => Some("7".into()),
            "WORD" => Some("seven".into()),
            "HIGH" => Some("700".into()),
            "EMPTY" | "EMPTY_FILE" => Some("".into()),
            "OPS_PORT" | "OPS_HOST" => Some("tcp://10.0.0.1:80".into()),
            "LONG" => Some("x".repeat(5000).into()),
            "BOTH" | "BOTH_FILE" | "MISSING_FILE" => Some("/nowhere".into()),
            _ => None,
        }
    }

    #[test]
    fn reads_set_variables_and_defaults() {
        let mut env = Env::new(environment);
        assert_eq!(env.var("GOOD", 1_u16, "a number"), 7);
        assert_eq!(env.var("MISSING", 1_u16, "a number"), 1);
        assert_eq!(env.var("EMPTY", 1_u16, "a number"), 1);
        assert_eq!(env.required("GOOD", 0_u16, "a number"), 7);
        assert!(env.errors().is_empty());
    }

    #[test]
    fn reports_all_invalid_variables() {
        let mut env = Env::new(environment);
        env.var("WORD", 1_u16, "a number");
        env.var("GOOD", 1_u16, "a number");
        env.var_in_range("HIGH", 1_u16, 1..=99, "a small number");
        env.required("NONE", 0_u16, "a number");
        env.required("EMPTY", 0_u16, "a number");
        assert_eq!(
            env.errors(),
            [
                "invalid WORD \"seven\": expected an integer",
                "invalid HIGH \"700\": expected an integer from 1 to 99",
                "NONE is required: expected an integer",
                "EMPTY is required: expected an integer",
            ]
        );
    }

    #[test]
    fn ignores_ports_of_kubernetes_services() {
        let mut env = Env::new(environment);
        assert_eq!(env.var("OPS_PORT", 9090_u16, "a port"), 9090);
        assert!(env.errors().is_empty());
        assert!(env.warnings()[0].starts_with("OPS_PORT \"tcp://10.0.0.1:80\" ignored: Kubernetes"));
        env.var("OPS_HOST", 1_u16, "a number");
        assert_eq!(env.errors().len(), 1);
    }

    #[test]
    fn errors_quote_the_start_of_long_values() {
        let mut env = Env::new(environment);
        env.var("LONG", 1_u16, "a number");
        assert!(env.errors()[0].len() < 300, "{}", env.errors()[0]);
    }

    #[test]
    fn secrets_are_set_once_and_never_shown() {
        let mut env = Env::new(environment);
        let secret = env.secret("WORD", "a secret").unwrap();
        assert_eq!(secret.expose(), "seven");
        assert!(!format!("{secret:?}").contains("seven"));
        assert!(env.secret("NONE", "a secret").is_none());
        assert!(env.secret("EMPTY", "a secret").is_none());
        assert!(env.errors().is_empty());
        env.secret("BOTH", "a secret");
        env.secret("MISSING", "a secret");
        assert_eq!(
            env.errors()[0],
            "BOTH and BOTH_FILE are both set: expected one of them"
        );
        assert!(env.errors()[1].starts_with("invalid MISSING_FILE \"/nowhere\": "));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may block")]
    fn secret_files_lose_one_line_break() {
        let path = std::env::temp_dir().join(format!("secret-{}", std::process::id()));
        for (content, secret) in [("a b\n", "a b"), ("a\n\n", "a\n"), ("a\r\n", "a"), ("a", "a")] {
            fs::write(&path, content).unwrap();
            let bytes = read_file(path.as_os_str()).unwrap();
            assert_eq!(Secret::from_utf8(bytes).unwrap().expose(), secret);
        }
        let _ = fs::remove_file(&path);
    }

    #[test]
    fn lists_each_variable_with_its_default() {
        let mut env = Env::new(environment);
        env.var("GOOD", 1_u16, "a number");
        env.var("PATIENCE", Duration::from_secs(5), "how long");
        assert_eq!(
            env.table(),
            "  GOOD      1   a number\n  PATIENCE  5s  how long\n"
        );
    }
}
