//! The command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::graph::Graph;
use crate::{crate_list, files, strip, Error};

const HELP: &str = "\
Adds the crate list to a program and strips its symbols.

link_tool crate-list --targets FILE --lock FILE --output FILE
    Writes the content of the section .dep-v0. The FILEs are the crates that Bazel links (one JSON object per line) and
    Cargo.lock.
link_tool strip --input FILE [--crate-list FILE] --output FILE
    Writes the program without symbols and debug information. With --crate-list, adds FILE as the section .dep-v0.

Exits with 0 on success, 1 if a file's content is invalid, 2 if a file cannot be read or written, 64 after a usage error.
";

/// Runs the subcommand given by the arguments, the first of which is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<(), Error> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next().map_err(usage)? {
        Some(Arg::Value(command)) => match command.to_str() {
            Some("crate-list") => {
                let mut options = options(&mut parser, &["targets", "lock", "output"])?;
                let graph = Graph::read(&options.required("targets")?, &options.required("lock")?)?;
                files::write(&options.required("output")?, &crate_list::section(&graph)?)
            }
            Some("strip") => {
                let mut options = options(&mut parser, &["input", "crate-list", "output"])?;
                let input = options.required("input")?;
                let output = options.required("output")?;
                strip::run(&input, options.0.remove("crate-list").as_deref(), &output)
            }
            _ => Err(Error::Usage(format!(
                "unknown subcommand {:?}",
                command.to_string_lossy()
            ))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => {
            out.write_all(HELP.as_bytes()).map_err(|source| Error::File {
                action: "write",
                path: "standard output".into(),
                source,
            })
        }
        Some(argument) => Err(usage(argument.unexpected())),
        None => Err(Error::Usage("missing subcommand".to_owned())),
    }
}

struct Options(BTreeMap<&'static str, PathBuf>);

impl Options {
    fn required(&mut self, name: &'static str) -> Result<PathBuf, Error> {
        let value = self.0.remove(name);
        value.ok_or_else(|| Error::Usage(format!("missing --{name}")))
    }
}

fn options(parser: &mut Parser, names: &[&'static str]) -> Result<Options, Error> {
    let mut values = BTreeMap::new();
    while let Some(argument) = parser.next().map_err(usage)? {
        let name = match &argument {
            Arg::Long(long) => names.iter().find(|name| *name == long),
            _ => None,
        };
        let Some(name) = name else {
            return Err(usage(argument.unexpected()));
        };
        values.insert(*name, PathBuf::from(parser.value().map_err(usage)?));
    }
    Ok(Options(values))
}

fn usage(error: impl Display) -> Error {
    Error::Usage(error.to_string())
}
