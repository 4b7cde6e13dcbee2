//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser};

use crate::graph::Graph;
use crate::{crate_list, elf_object, files, strip, Error};

const HELP: &str = "\
The crate list and the symbols of a program.

link_tool crate-list --targets FILE --lock FILE --machine MACHINE --output FILE
    Writes an object file with the crate list that goes into the program. FILEs: the crates as Bazel links them,
    Cargo.lock. MACHINE: x86_64 or aarch64.
link_tool strip --input FILE --output FILE
    Writes the first FILE, a program with its symbols, without them.

Exits 0 if all is well, 1 if a file is not what it should be, 2 if it was called wrongly.
";

/// Runs the subcommand that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<(), Error> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next().map_err(usage)? {
        Some(Arg::Value(command)) => match command.to_str() {
            Some("crate-list") => {
                let [targets, lock, machine, output] =
                    options(&mut parser, ["targets", "lock", "machine", "output"])?;
                write_crate_list(&targets, &lock, &machine, &output)
            }
            Some("strip") => {
                let [input, output] = options(&mut parser, ["input", "output"])?;
                strip::run(&input, &output)
            }
            _ => Err(Error::Usage(format!(
                "unknown subcommand {:?}",
                command.to_string_lossy()
            ))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => {
            out.write_all(HELP.as_bytes()).map_err(|source| Error::File {
                what: "write",
                path: "standard output".into(),
                source,
            })
        }
        Some(argument) => Err(usage(argument.unexpected())),
        None => Err(Error::Usage("missing subcommand".to_owned())),
    }
}

fn write_crate_list(targets: &Path, lock: &Path, machine: &Path, output: &Path) -> Result<(), Error> {
    let machine = machine.to_string_lossy();
    let machine = elf_object::machine(&machine)
        .ok_or_else(|| Error::Usage(format!("--machine {machine:?}: allowed are x86_64 and aarch64")))?;
    let graph = Graph::read(targets, lock)?;
    files::write(output, &elf_object::file(machine, &crate_list::section(&graph)?))
}

/// The values of options that all have to be given.
fn options<const N: usize>(parser: &mut Parser, names: [&str; N]) -> Result<[PathBuf; N], Error> {
    let mut values = names.map(|_| None);
    while let Some(argument) = parser.next().map_err(usage)? {
        let slot = match &argument {
            Arg::Long(name) => names.iter().zip(&mut values).find(|(it, _)| *it == name),
            _ => None,
        };
        let Some((_, value)) = slot else {
            return Err(usage(argument.unexpected()));
        };
        *value = Some(PathBuf::from(parser.value().map_err(usage)?));
    }
    if let Some((name, _)) = names.iter().zip(&values).find(|(_, value)| value.is_none()) {
        return Err(Error::Usage(format!("--{name} is missing")));
    }
    Ok(values.map(Option::unwrap_or_default))
}

fn usage(error: impl Display) -> Error {
    Error::Usage(error.to_string())
}
