//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::Error;

pub(crate) const HELP: &str = "\
Compiles .proto files to a descriptor set.

protoc [-I DIRECTORY]... -o FILE [--include_imports] [--include_source_info] PROTO...
    -I DIRECTORY, --proto_path=DIRECTORY
        A directory to search for imports and PROTO files, in order. Default: the current directory. Colons separate several
        directories. The files of google/protobuf are built in.
    -o FILE, --descriptor_set_out=FILE
        The output, a google.protobuf.FileDescriptorSet.
    --include_imports
        Add all imported files to the set.
    --include_source_info
        Add positions and comments.
    --experimental_allow_proto3_optional
        Accepted without effect, because `optional` is always allowed.
protoc --version
    Print the release of protoc with the same language.

The language is proto2 and proto3 without editions. Generators (--cpp_out, --plugin, ...) are not supported.
";

/// The parsed command line.
pub(crate) enum Command {
    Help,
    Version,
    Compile(Compilation),
}

#[derive(Default)]
pub(crate) struct Compilation {
    pub(crate) proto_paths: Vec<PathBuf>,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) descriptor_set_out: PathBuf,
    pub(crate) include_imports: bool,
    pub(crate) include_source_info: bool,
}

pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Error> {
    let mut parser = Parser::from_iter(arguments);
    let (mut compilation, mut output) = (Compilation::default(), None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('I') | Arg::Long("proto_path") => {
                let paths = parser.value().and_then(ValueExt::string).map_err(usage)?;
                for path in paths.split(':') {
                    compilation.proto_paths.push(proto_path(path)?);
                }
            }
            Arg::Short('o') | Arg::Long("descriptor_set_out") => {
                output = Some(PathBuf::from(parser.value().map_err(usage)?));
            }
            Arg::Long("include_imports") => compilation.include_imports = true,
            Arg::Long("include_source_info") => compilation.include_source_info = true,
            Arg::Long("experimental_allow_proto3_optional") => {}
            Arg::Long("version") => return Ok(Command::Version),
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Long(name) if name == "plugin" || name.ends_with("_out") || name.ends_with("_opt") => {
                return Err(Error::Usage(format!(
                    "unsupported option \"--{name}\": generators are not supported: expected --descriptor_set_out=FILE"
                )));
            }
            Arg::Value(file) => compilation.files.push(PathBuf::from(file)),
            other => return Err(usage(other.unexpected())),
        }
    }
    compilation.descriptor_set_out =
        output.ok_or_else(|| Error::Usage("missing option --descriptor_set_out=FILE".to_owned()))?;
    if compilation.files.is_empty() {
        return Err(Error::Usage("missing argument PROTO".to_owned()));
    }
    if compilation.proto_paths.is_empty() {
        compilation.proto_paths.push(PathBuf::from("."));
    }
    Ok(Command::Compile(compilation))
}

/// Rejects `NAME=DIRECTORY`, a mapping that protox does not support.
fn proto_path(path: &str) -> Result<PathBuf, Error> {
    if path.contains('=') {
        return Err(Error::Usage(format!(
            "invalid option --proto_path {path:?}: expected a directory; mappings are not supported"
        )));
    }
    Ok(PathBuf::from(path))
}

fn usage(error: impl Display) -> Error {
    Error::Usage(error.to_string())
}
