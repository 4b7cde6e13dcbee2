//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use lexopt::{Arg, Parser, ValueExt};
use new_service::Kind;

pub(crate) const HELP: &str = "\
Writes a new package into services/.

new-service NAME [--kind http|grpc|job|crate]
    http   a service that answers HTTP
    grpc   a service that answers gRPC
    job    a program that runs to its end
    crate  a library that services share
    Without --kind a terminal is asked for it; elsewhere it is http.
";

/// What the command line asks for.
pub(crate) enum Command {
    Help,
    Create { name: String, kind: Option<Kind> },
}

pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = Parser::from_iter(arguments);
    let (mut name, mut kind) = (None, None);
    while let Some(argument) = parser.next().map_err(text)? {
        match argument {
            Arg::Long("kind") => {
                kind = Some(parser.value().and_then(ValueExt::string).map_err(text)?.parse()?);
            }
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Value(value) if name.is_none() => name = Some(value.string().map_err(text)?),
            other => return Err(text(other.unexpected())),
        }
    }
    Ok(Command::Create {
        name: name.ok_or("missing NAME")?,
        kind,
    })
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// Asks for the kind, if there is a terminal to ask.
pub(crate) fn ask() -> Result<Kind, String> {
    if !io::stdin().is_terminal() {
        return Ok(Kind::default());
    }
    let mut out = io::stderr();
    let _ = write!(out, "kind (http, grpc, job, crate) [http]: ");
    let _ = out.flush();
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(text)?;
    match line.trim() {
        "" => Ok(Kind::default()),
        kind => kind.parse(),
    }
}
