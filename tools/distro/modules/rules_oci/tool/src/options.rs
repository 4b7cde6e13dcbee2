//! Reads the options of a subcommand, and says how it ended.

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
    /// Takes arguments; a first one of the form `@FILE` stands for the lines of that file.
    ///
    /// Only the first: later ones may be labels, which begin with that sign too.
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

    /// Takes `-x` for the option of a name.
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

    /// The value of the option just read, as a path.
    pub fn path(&mut self) -> Result<PathBuf> {
        Ok(self.parser.value()?.into())
    }

    /// The value of the option just read, as text.
    pub fn text(&mut self) -> Result<String> {
        Ok(self.parser.value()?.string()?)
    }
}

/// What a program of subcommands ends with.
pub fn exit(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The error of an option that the subcommand doesn't have.
pub fn unknown<T>(name: &str) -> Result<T> {
    Err(Problem::Usage(format!("there is no option --{name}")).into())
}

/// The value of an option that has to be there.
pub fn required<T>(name: &str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Problem::Usage(format!("the option --{name} is missing")).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_file_stands_for_its_lines() {
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
    fn what_is_no_option_is_refused() {
        let mut options = Options::new(["stray".into()].into_iter()).unwrap();
        let error = options.next_name().unwrap_err().to_string();
        assert!(error.contains("stray"), "{error}");
    }
}
