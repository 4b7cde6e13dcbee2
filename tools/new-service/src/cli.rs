//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use lexopt::{Arg, Parser, ValueExt};
use new_service::{Crates, Kind};

pub(crate) const HELP: &str = "\
Creates a package in services/.

Usage: tools/bazel run //tools/new-service -- NAME [--kind=KIND] [--own-crates]

    --kind=http   a service with an HTTP API (default); its boot gate compares the response to a GET request
    --kind=grpc   a service with a gRPC API and its .proto file; its boot gate calls grpc.health.v1.Health/Check
    --kind=job    a program that runs to completion; its boot gate compares its exit code and output
    --kind=crate  a library that services share
    --own-crates  give the service a Cargo.lock of its own, with separate versions and features of crates

Without --kind, new-service prompts for it if standard input is a terminal.
";

/// A parsed command line.
pub(crate) enum Command {
    Help,
    Create {
        name: String,
        kind: Option<Kind>,
        crates: Crates,
    },
}

pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = Parser::from_iter(arguments);
    let (mut name, mut kind, mut crates) = (None, None, Crates::Shared);
    while let Some(argument) = parser.next().map_err(text)? {
        match argument {
            Arg::Long("kind") => {
                kind = Some(parser.value().and_then(ValueExt::string).map_err(text)?.parse()?);
            }
            Arg::Long("own-crates") => crates = Crates::Own,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Value(value) if name.is_none() => name = Some(value.string().map_err(text)?),
            other => return Err(text(other.unexpected())),
        }
    }
    Ok(Command::Create {
        name: name.ok_or("missing argument NAME")?,
        kind,
        crates,
    })
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// Prompts for the kind if standard input is a terminal.
pub(crate) fn prompt_for_kind() -> Result<Kind, String> {
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
