//! The part of protoc's command line that prost-build and tonic-build use, on the compiler of the crate protox.
//!
//! Build scripts that call protoc, their own and those of crates, find this program in the variable PROTOC.

#![forbid(unsafe_code)]

mod cli;
mod error;

pub use error::Error;

use std::ffi::OsString;
use std::fs;
use std::io::Write;

use protox::Compiler;

use cli::{Command, Compilation, HELP};

/// The newest release of protoc that knows the same language: proto2 and proto3, no editions.
const VERSION: &str = "26.1";

/// Runs the command line; `out` receives what `--help` and `--version` print.
///
/// # Errors
/// If the command line is wrong, a file is not found or not valid, or the descriptor set can't be written.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<(), Error> {
    match cli::parse(arguments)? {
        Command::Help => out.write_all(HELP.as_bytes()).map_err(Error::Print),
        Command::Version => writeln!(out, "libprotoc {VERSION}").map_err(Error::Print),
        Command::Compile(compilation) => compile(&compilation),
    }
}

fn compile(compilation: &Compilation) -> Result<(), Error> {
    let mut compiler = Compiler::new(&compilation.proto_paths)?;
    compiler
        .include_imports(compilation.include_imports)
        .include_source_info(compilation.include_source_info)
        .open_files(&compilation.files)?;
    let path = &compilation.descriptor_set_out;
    fs::write(path, compiler.encode_file_descriptor_set()).map_err(|source| Error::Write {
        path: path.clone(),
        source,
    })
}
