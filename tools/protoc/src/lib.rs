//! A stand-in of protoc with the options that prost-build and tonic-build use, on the compiler of the crate protox.
//!
//! The macros of `//tools/rust` set the variable `PROTOC` of build scripts to this program.

#![forbid(unsafe_code)]

mod cli;
mod error;

pub use error::Error;

use std::ffi::OsString;
use std::fs;
use std::io::Write;

use protox::Compiler;

use cli::{Command, Compilation, HELP};

/// The newest release of protoc with the same language: proto2 and proto3 without editions.
const VERSION: &str = "26.1";

/// Runs the program with `arguments`, the first of which is its name. `out` is standard output.
///
/// # Errors
/// If the command line is invalid, a file is missing or invalid, or the descriptor set cannot be written.
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
