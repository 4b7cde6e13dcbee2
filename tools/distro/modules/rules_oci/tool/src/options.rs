//! Parses the options of a subcommand.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};

use crate::attributes;
use crate::error::{Problem, Result};

/// Options of the form `--name value`.
pub struct Options {
    parser: Parser,
    short_names: &'static [(char, &'static str)],
}

impl Options {
    /// Parses arguments. A first argument `@FILE` is replaced by the lines of that file.
    ///
    /// Later arguments are not replaced, because labels begin with `@` too.
    pub fn new(arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut arguments: Vec<OsString> = arguments.collect();
        let first = arguments.first().and_then(|argument| argument.to_str());
        if let Some(path) = first.and_then(|text| text.strip_prefix('@')) {
            let text = attributes::read_text(path.as_ref())?;
            arguments.splice(..1, text.lines().map(OsString::from));
        }
        Ok(Self {
            parser: Parser::from_args(arguments),
            short_names: &[],
        })
    }

    /// Adds short names of options.
    pub fn with_short_names(mut self, names: &'static [(char, &'static str)]) -> Self {
        self.short_names = names;
        self
    }

    /// The name of the next option.
    pub fn next_name(&mut self) -> Result<Option<String>> {
        match self.parser.next()? {
            None => Ok(None),
            Some(Arg::Long(name)) => Ok(Some(name.to_owned())),
            Some(Arg::Short(letter)) => match self.short_names.iter().find(|(short, _)| *short == letter) {
                Some((_, name)) => Ok(Some((*name).to_owned())),
                None => Err(Arg::Short(letter).unexpected().into()),
            },
            Some(other) => Err(other.unexpected().into()),
        }
    }

    /// The value of the current option, as a path.
    pub fn path(&mut self) -> Result<PathBuf> {
        Ok(self.parser.value()?.into())
    }

    /// The value of the current option, as text.
    pub fn text(&mut self) -> Result<String> {
        Ok(self.parser.value()?.string()?)
    }
}

/// `EX_USAGE` of sysexits.h.
const EX_USAGE: u8 = 64;

/// Prints an error and returns the exit code: 64 for an invalid command line, otherwise 1, as crane does.
pub fn exit_code(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            match error.is_usage() {
                true => ExitCode::from(EX_USAGE),
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// The error of an unknown option.
pub fn unknown_option<T>(name: &str) -> Result<T> {
    Err(Problem::Usage(format!("unknown option --{name}")).into())
}

/// The value of a required option.
pub fn required<T>(name: &str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Problem::Usage(format!("missing option --{name}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::LocationContext;
    use crate::scratch::Scratch;

    #[test]
    fn expands_argument_file() {
        let scratch = Scratch::new();
        let file = scratch.file("args", b"--user\n@a b\n--workdir\n\n");
        let argument = format!("@{}", file.display()).into();
        let mut options = Options::new([argument].into_iter()).unwrap();
        assert_eq!(options.next_name().unwrap().as_deref(), Some("user"));
        assert_eq!(options.text().unwrap(), "@a b");
        assert_eq!(options.next_name().unwrap().as_deref(), Some("workdir"));
        assert_eq!(options.text().unwrap(), "");
        assert!(options.next_name().unwrap().is_none());
    }

    #[test]
    fn usage_errors_exit_with_64() {
        let usage = || unknown_option::<()>("x");
        for (outcome, code) in [
            (Ok(()), ExitCode::SUCCESS),
            (usage(), ExitCode::from(64)),
            (usage().in_target("//a:b"), ExitCode::from(64)),
            (
                Options::new(["@/none".into()].into_iter()).map(drop),
                ExitCode::FAILURE,
            ),
            (Err(Problem::Invalid("tag".into()).into()), ExitCode::FAILURE),
        ] {
            // An exit code has no equality.
            assert_eq!(format!("{:?}", exit_code(outcome)), format!("{code:?}"));
        }
    }

    #[test]
    fn rejects_positional_arguments() {
        let mut options = Options::new(["stray".into()].into_iter()).unwrap();
        let error = options.next_name().unwrap_err().to_string();
        assert!(error.contains("stray"), "{error}");
    }
}
