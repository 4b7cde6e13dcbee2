//! Reads variables.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::{truncate, Secret, Setting};

/// In bytes, as in Kubernetes. Without a limit, a device such as `/dev/zero` would use all memory.
const MAX_SECRET: u64 = 1 << 20;

/// Editors on Windows write it at the start of a file.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Without a timeout, a FIFO that has no writer would block the start without an error.
const SECRET_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads environment variables and lists them for `--help`.
///
/// Errors are collected: after all variables have been read, they are reported together and the process exits with status 64,
/// before it listens.
///
/// A variable with an empty value counts as unset. So does a variable whose name ends with `_PORT` and whose value is a URL such
/// as `tcp://10.0.0.1:80`, because Kubernetes sets `OPS_PORT` to such a value in each container if a Service is named `ops`.
///
/// ```
/// # use std::time::Duration;
/// # use chassis_env::{Env, Secret};
/// struct Settings {
///     greeting: String,
///     timeout: Duration,
///     upstream: String,
///     token: Option<Secret>,
/// }
///
/// fn settings(env: &mut Env) -> Settings {
///     Settings {
///         greeting: env.var("GREETING", "Hello".to_owned(), "the greeting"),
///         timeout: env.var_in_range("TIMEOUT", Duration::from_secs(1), Duration::ZERO..=Duration::from_secs(60), "timeout of upstream requests"),
///         upstream: env.required("UPSTREAM", String::new(), "host of the upstream"),
///         token: env.secret("TOKEN", "token of the upstream"),
///     }
/// }
/// ```
pub struct Env {
    source: fn(&str) -> Option<OsString>,
    variables: Vec<Variable>,
    /// One line per error.
    errors: Vec<String>,
    /// One line per ignored variable.
    warnings: Vec<String>,
}

struct Variable {
    name: String,
    default: String,
    help: &'static str,
}

/// Reads variables of the process's environment. Returns the result of `read` and a warning for each ignored variable, or all
/// errors, one line each.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn from_process<S>(read: impl FnOnce(&mut Env) -> S) -> Result<(S, Vec<String>), Vec<String>> {
    let mut env = Env::new(|name| std::env::var_os(name));
    let settings = read(&mut env);
    if env.errors.is_empty() {
        Ok((settings, env.warnings))
    } else {
        Err(env.errors)
    }
}

/// Lists the variables that `read` reads, one line each with its name, default and help. All of them are unset for `read`.
pub fn help<S>(read: impl FnOnce(&mut Env) -> S) -> String {
    let mut env = Env::new(|_| None);
    read(&mut env);
    env.table()
}

impl Env {
    fn new(source: fn(&str) -> Option<OsString>) -> Self {
        Self {
            source,
            variables: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Returns the value of the variable `name`, or `default` if it is unset. A value that is not a `T` is an error. `help`
    /// describes the variable in `--help`.
    pub fn var<T: Setting>(&mut self, name: &'static str, default: T, help: &'static str) -> T {
        self.read(name, default, help, &T::expected(), |_| true)
    }

    /// Like [`Env::var`], but a value outside of `bounds` is an error, too.
    pub fn var_in_range<T: Setting + PartialOrd>(
        &mut self,
        name: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
        help: &'static str,
    ) -> T {
        let expected = T::expected_in_range(bounds.start(), bounds.end());
        self.read(name, default, help, &expected, |value| bounds.contains(value))
    }

    /// Like [`Env::var`], but an unset variable is an error. `placeholder` is returned after an error.
    pub fn required<T: Setting>(&mut self, name: &'static str, placeholder: T, help: &'static str) -> T {
        self.declare(name, "required".to_owned(), help);
        let Some(text) = self.get(name) else {
            let expected = T::expected();
            self.errors.push(format!("missing {name}: expected {expected}"));
            return placeholder;
        };
        let value = text.to_str().and_then(T::parse);
        value.unwrap_or_else(|| {
            self.push_invalid(name, &text, &T::expected());
            placeholder
        })
    }

    /// Returns the value of the variable `name`, or the content of the file that `<name>_FILE` names, as Docker and Kubernetes
    /// mount secrets. A leading byte order mark and one trailing line break are removed from a file of at most 1 MiB, which must be
    /// read within 5 s. Returns `None` if neither variable is set.
    ///
    /// It is an error to set both, and for the secret to be empty or not UTF-8. Errors do not contain the secret.
    pub fn secret(&mut self, name: &'static str, help: &'static str) -> Option<Secret> {
        let file_variable = format!("{name}_FILE");
        self.declare(name, "none".to_owned(), help);
        self.declare(&file_variable, "none".to_owned(), "file that contains it");
        let (source, bytes) = match (self.get(name), self.get(&file_variable)) {
            (Some(_), Some(_)) => {
                self.errors.push(format!(
                    "conflicting {name} and {file_variable}: expected only one to be set"
                ));
                return None;
            }
            (None, None) => return None,
            (Some(value), None) => (name.to_owned(), value.into_encoded_bytes()),
            (None, Some(path)) => {
                let source = format!("{file_variable} {}", quoted(&path));
                match read_within(&path, SECRET_TIMEOUT) {
                    Ok(bytes) => (source, bytes),
                    Err(error) => {
                        self.errors.push(format!(
                            "invalid {source}: {error}: expected a readable file of at most 1 MiB"
                        ));
                        return None;
                    }
                }
            }
        };
        let secret = Secret::from_utf8(bytes);
        if secret.is_none() {
            self.errors
                .push(format!("invalid {source}: expected non-empty UTF-8 text"));
        }
        secret
    }

    /// Reports an error unless `is_valid`, for variables that must fit together. Has no effect after another error, because
    /// invalid variables have their default values.
    ///
    /// ```
    /// # use chassis_env::Env;
    /// fn settings(env: &mut Env) -> (u16, u16) {
    ///     let min = env.var("MIN_CLIENTS", 1, "minimum number of clients");
    ///     let max = env.var("MAX_CLIENTS", 8, "maximum number of clients");
    ///     env.check(min <= max, || format!("conflicting MIN_CLIENTS \"{min}\" and MAX_CLIENTS \"{max}\""));
    ///     (min, max)
    /// }
    /// # chassis_env::help(settings);
    /// ```
    pub fn check(&mut self, is_valid: bool, error: impl FnOnce() -> String) {
        if !is_valid && self.errors.is_empty() {
            self.errors.push(error());
        }
    }

    fn read<T: Setting>(
        &mut self,
        name: &'static str,
        default: T,
        help: &'static str,
        expected: &str,
        is_valid: impl Fn(&T) -> bool,
    ) -> T {
        self.declare(name, default.to_text(), help);
        let Some(text) = self.get(name) else {
            return default;
        };
        let value = text.to_str().and_then(T::parse).filter(is_valid);
        value.unwrap_or_else(|| {
            self.push_invalid(name, &text, expected);
            default
        })
    }

    fn get(&mut self, name: &str) -> Option<OsString> {
        let text = (self.source)(name).filter(|text| !text.is_empty())?;
        if is_service_link(name, &text) {
            self.warnings.push(format!(
                "ignored {name} {}: Kubernetes sets it for a Service of that name; \
                 set enableServiceLinks: false in the pod's spec",
                quoted(&text)
            ));
            return None;
        }
        Some(text)
    }

    fn declare(&mut self, name: &str, default: String, help: &'static str) {
        self.variables.push(Variable {
            name: name.to_owned(),
            default,
            help,
        });
    }

    fn push_invalid(&mut self, name: &str, value: &OsStr, expected: &str) {
        let value = quoted(value);
        self.errors
            .push(format!("invalid {name} {value}: expected {expected}"));
    }

    fn table(&self) -> String {
        let width =
            |column: fn(&Variable) -> usize| self.variables.iter().map(column).max().unwrap_or_default();
        let name = width(|variable| variable.name.len());
        let default = width(|variable| variable.default.len());
        self.variables.iter().fold(String::new(), |mut table, variable| {
            let _ = writeln!(
                table,
                "  {:name$}  {:default$}  {}",
                variable.name, variable.default, variable.help
            );
            table
        })
    }
}

/// Reads on another thread, which is left behind after the timeout.
fn read_within(path: &OsStr, timeout: Duration) -> io::Result<Vec<u8>> {
    let (sender, received) = mpsc::channel();
    let path = path.to_owned();
    thread::Builder::new().spawn(move || sender.send(read_file(&path)))?;
    let read = received.recv_timeout(timeout);
    read.unwrap_or_else(|_| {
        let timeout = format!("not read within {} s", timeout.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, timeout))
    })
}

#[expect(clippy::disallowed_methods, reason = "runs before the service listens")]
fn read_file(path: &OsStr) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_SECRET + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SECRET {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    bytes.pop_if(|byte| *byte == b'\n');
    bytes.pop_if(|byte| *byte == b'\r');
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(bytes)
}

/// Whether Kubernetes has set the variable for a Service.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    let url = |value: &str| {
        ["tcp://", "udp://", "sctp://"]
            .iter()
            .any(|scheme| value.starts_with(scheme))
    };
    name.ends_with("_PORT") && value.to_str().is_some_and(url)
}

/// Truncates to 200 bytes, because a value may be the content of a file.
#[expect(
    clippy::unnecessary_debug_formatting,
    reason = "escapes control characters and invalid UTF-8"
)]
fn quoted(value: &OsStr) -> String {
    let text = format!("{value:?}");
    match truncate(&text, 200) {
        Cow::Borrowed(_) => text,
        Cow::Owned(start) => start + "\"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::fd::AsRawFd;

    fn environment(name: &str) -> Option<OsString> {
        match name {
            "GOOD" => Some("7".into()),
            "WORD" => Some("seven".into()),
            "HIGH" => Some("700".into()),
            "PORT" => Some("70000".into()),
            "EMPTY" | "EMPTY_FILE" => Some("".into()),
            "OPS_PORT" | "OPS_HOST" => Some("tcp://10.0.0.1:80".into()),
            "BLANK_FILE" => Some("/dev/null".into()),
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
        assert!(env.errors.is_empty());
    }

    #[test]
    fn reports_all_invalid_variables() {
        let mut env = Env::new(environment);
        env.var("WORD", 1_u32, "a number");
        env.var("PORT", 1_u16, "a port");
        env.var("GOOD", 1_u16, "a number");
        env.var_in_range("HIGH", 1_u16, 1..=99, "a small number");
        env.required("NONE", 0_u16, "a number");
        env.required("EMPTY", 0_u16, "a number");
        assert_eq!(
            env.errors,
            [
                "invalid WORD \"seven\": expected an integer from 0 to 4294967295",
                "invalid PORT \"70000\": expected an integer from 0 to 65535",
                "invalid HIGH \"700\": expected an integer from 1 to 99",
                "missing NONE: expected an integer from 0 to 65535",
                "missing EMPTY: expected an integer from 0 to 65535",
            ]
        );
    }

    #[test]
    fn ignores_ports_of_kubernetes_services() {
        let mut env = Env::new(environment);
        assert_eq!(env.var("OPS_PORT", 9090_u16, "a port"), 9090);
        assert!(env.errors.is_empty());
        assert!(env.warnings[0].starts_with("ignored OPS_PORT \"tcp://10.0.0.1:80\": Kubernetes"));
        env.var("OPS_HOST", 1_u16, "a number");
        assert_eq!(env.errors.len(), 1);
    }

    #[test]
    fn truncates_long_values_in_errors() {
        let mut env = Env::new(environment);
        env.var("LONG", 1_u16, "a number");
        assert!(env.errors[0].len() < 300, "{}", env.errors[0]);
    }

    #[test]
    fn reads_secrets() {
        let mut env = Env::new(environment);
        let secret = env.secret("WORD", "a secret").unwrap();
        assert_eq!(secret.expose(), "seven");
        assert!(!format!("{secret:?}").contains("seven"));
        assert!(env.secret("NONE", "a secret").is_none());
        assert!(env.secret("EMPTY", "a secret").is_none());
        assert!(env.errors.is_empty());
        env.secret("BOTH", "a secret");
        env.secret("MISSING", "a secret");
        assert_eq!(
            env.errors[0],
            "conflicting BOTH and BOTH_FILE: expected only one to be set"
        );
        assert!(env.errors[1].starts_with("invalid MISSING_FILE \"/nowhere\": "));
        env.secret("BLANK", "a secret");
        assert_eq!(
            env.errors[2],
            "invalid BLANK_FILE \"/dev/null\": expected non-empty UTF-8 text"
        );
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may block")]
    fn strips_byte_order_mark_and_line_break() {
        let path = std::env::temp_dir().join(format!("secret-{}", std::process::id()));
        for (content, secret) in [
            ("a b\n", "a b"),
            ("a\n\n", "a\n"),
            ("a\r\n", "a"),
            ("\u{feff}a", "a"),
        ] {
            fs::write(&path, content).unwrap();
            let bytes = read_file(path.as_os_str()).unwrap();
            assert_eq!(Secret::from_utf8(bytes).unwrap().expose(), secret);
        }
        let _ = fs::remove_file(&path);
    }

    #[test]
    fn unwritten_secrets_time_out() {
        let (reader, _writer) = io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
        let error = read_within(path.as_ref(), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn bounds_secret_files() {
        let error = read_file("/dev/zero".as_ref()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn aligns_table_columns() {
        let table = help(|env| {
            env.var("GOOD", 1_u16, "a number");
            env.var("INTERVAL", Duration::from_secs(5), "a duration");
        });
        assert_eq!(table, "  GOOD      1   a number\n  INTERVAL  5s  a duration\n");
    }
}
