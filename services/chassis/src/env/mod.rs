//! The environment: every variable is read once, and all bad ones are told at once.

mod setting;

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::ops::RangeInclusive;

pub use setting::Setting;

/// Reads a service's variables, and remembers each for `--help`.
///
/// ```
/// # use std::time::Duration;
/// # use chassis::Env;
/// struct Settings {
///     greeting: String,
///     patience: Duration,
/// }
///
/// fn settings(env: &mut Env) -> Settings {
///     Settings {
///         greeting: env.var("GREETING", "Hello".to_owned(), "how to greet"),
///         patience: env.var_in("PATIENCE", Duration::from_secs(1), Duration::ZERO..=Duration::from_secs(60), "how long to wait"),
///     }
/// }
/// ```
pub struct Env {
    source: fn(&str) -> Option<OsString>,
    rows: Vec<Row>,
    errors: Vec<String>,
}

struct Row {
    name: &'static str,
    default: String,
    help: &'static str,
}

impl Env {
    /// Over the process's environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub(crate) fn of_process() -> Self {
        Self::new(|name| std::env::var_os(name))
    }

    /// Over an environment without variables: what is read are the defaults.
    pub(crate) fn empty() -> Self {
        Self::new(|_| None)
    }

    pub(crate) fn new(source: fn(&str) -> Option<OsString>) -> Self {
        Self {
            source,
            rows: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// The value of the variable `name`, or `default` where it is not set.
    ///
    /// A value that `T` can't be is remembered: the service then ends with 64 before anything is bound. `help` is a few
    /// words for `--help`.
    pub fn var<T: Setting>(&mut self, name: &'static str, default: T, help: &'static str) -> T {
        self.read(name, default, help, &T::allowed(), |_| true)
    }

    /// Like [`Env::var`], for a value within bounds, of which both are allowed.
    pub fn var_in<T: Setting + PartialOrd>(
        &mut self,
        name: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
        help: &'static str,
    ) -> T {
        let (least, most) = (bounds.start().show(), bounds.end().show());
        let allowed = format!("{} from {least} to {most}", T::allowed());
        self.read(name, default, help, &allowed, |value| bounds.contains(value))
    }

    fn read<T: Setting>(
        &mut self,
        name: &'static str,
        default: T,
        help: &'static str,
        allowed: &str,
        fits: impl Fn(&T) -> bool,
    ) -> T {
        let shown = default.show();
        let value = match (self.source)(name) {
            None => default,
            Some(text) => {
                if let Some(value) = text.to_str().and_then(T::parse).filter(fits) {
                    value
                } else {
                    self.errors.push(bad(name, &text, allowed, &shown));
                    default
                }
            }
        };
        self.rows.push(Row {
            name,
            default: shown,
            help,
        });
        value
    }

    /// What is wrong, a line for each variable.
    pub(crate) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// A line for each variable: name, default, and what it is for.
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

#[expect(
    clippy::unnecessary_debug_formatting,
    reason = "quotes show where a value begins and ends"
)]
fn bad(name: &str, value: &OsStr, allowed: &str, default: &str) -> String {
    format!("{name} is {value:?}: allowed is {allowed}; without {name} it is {default}")
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
            _ => None,
        }
    }

    #[test]
    fn reads_what_is_set_and_takes_the_default_for_the_rest() {
        let mut env = Env::new(environment);
        assert_eq!(env.var("GOOD", 1_u16, "a number"), 7);
        assert_eq!(env.var("MISSING", 1_u16, "a number"), 1);
        assert!(env.errors().is_empty());
    }

    #[test]
    fn tells_all_that_is_bad_with_name_value_and_what_is_allowed() {
        let mut env = Env::new(environment);
        env.var("WORD", 1_u16, "a number");
        env.var("GOOD", 1_u16, "a number");
        env.var_in("HIGH", 1_u16, 1..=99, "a small number");
        assert_eq!(
            env.errors(),
            [
                "WORD is \"seven\": allowed is a whole number; without WORD it is 1",
                "HIGH is \"700\": allowed is a whole number from 1 to 99; without HIGH it is 1",
            ]
        );
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
