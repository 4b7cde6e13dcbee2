//! The command line of a job.

use std::ffi::OsString;

/// The parsed command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Run(Vec<OsString>),
    Help,
    Version,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidArguments {
    #[error("unknown option \"{}\"", .0.display())]
    UnknownOption(OsString),
    #[error("unexpected argument \"{}\"", .0.display())]
    Unexpected(OsString),
    #[error("missing argument {0}")]
    Missing(&'static str),
}

/// The names of the arguments, as in a usage text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Synopsis(pub(super) &'static str);

impl Synopsis {
    /// Parses the arguments after the program's name.
    pub(super) fn parse(
        self,
        arguments: impl Iterator<Item = OsString>,
    ) -> Result<Command, InvalidArguments> {
        let mut operands = Vec::new();
        let mut options_ended = false;
        for argument in arguments {
            match argument.as_encoded_bytes() {
                _ if options_ended => operands.push(argument),
                b"--" => options_ended = true,
                b"--help" => return Ok(Command::Help),
                b"--version" => return Ok(Command::Version),
                [b'-', _, ..] => return Err(InvalidArguments::UnknownOption(argument)),
                _ => operands.push(argument),
            }
        }
        self.check(operands).map(Command::Run)
    }

    fn check(self, operands: Vec<OsString>) -> Result<Vec<OsString>, InvalidArguments> {
        let names = || self.0.split_whitespace();
        if let Some(missing) = names().filter(|name| !name.starts_with('[')).nth(operands.len()) {
            return Err(InvalidArguments::Missing(missing.trim_end_matches("...")));
        }
        let any_number = names().any(|name| name.trim_end_matches(']').ends_with("..."));
        match operands.get(names().count()) {
            Some(extra) if !any_number => Err(InvalidArguments::Unexpected(extra.clone())),
            _ => Ok(operands),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(synopsis: &'static str, arguments: &[&str]) -> Result<Command, InvalidArguments> {
        Synopsis(synopsis).parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn accepts_arguments() {
        for (synopsis, arguments) in [
            ("", &[][..]),
            ("FILE", &["a"]),
            ("FILE", &["-"]),
            ("FILE [DIRECTORY]", &["a"]),
            ("FILE [DIRECTORY]", &["a", "b"]),
            ("FILE...", &["a", "b", "c"]),
            ("[FILE...]", &[]),
            ("[FILE...]", &["a", "b", "c"]),
        ] {
            let operands = arguments.iter().map(OsString::from).collect();
            assert_eq!(
                parse(synopsis, arguments),
                Ok(Command::Run(operands)),
                "{synopsis} {arguments:?}"
            );
        }
    }

    #[test]
    fn rejects_missing_and_unexpected_arguments() {
        for (synopsis, arguments, error) in [
            ("", &["a"][..], "unexpected argument \"a\""),
            ("FILE", &[], "missing argument FILE"),
            ("FILE", &["a", "b"], "unexpected argument \"b\""),
            ("FILE...", &[], "missing argument FILE"),
            ("FROM TO", &["a"], "missing argument TO"),
            ("[FILE]", &["a", "b"], "unexpected argument \"b\""),
            ("FILE", &["--force"], "unknown option \"--force\""),
            ("FILE", &["-f"], "unknown option \"-f\""),
        ] {
            let found = parse(synopsis, arguments).unwrap_err().to_string();
            assert_eq!(found, error, "{synopsis} {arguments:?}");
        }
    }

    #[test]
    fn double_hyphen_ends_options() {
        let operands = vec!["--help".into(), "--".into()];
        let parsed = parse("FILE...", &["--", "--help", "--"]);
        assert_eq!(parsed, Ok(Command::Run(operands)));
    }

    #[test]
    fn options_precede_missing_arguments() {
        assert_eq!(parse("FILE", &["--help"]), Ok(Command::Help));
        assert_eq!(parse("FILE", &["--version"]), Ok(Command::Version));
    }
}
