//! Writes an image layer; see `layer_tool --help`.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
Writes an image layer: a tar.gz of files, directories and symbolic links. All timestamps are zero.

layer_tool SPEC OUTPUT
    SPEC is a JSON array of entries, in the order of the archive:
      {\"type\": \"file\", \"path\": \"app\", \"mode\": \"0555\", \"owner\": \"0.0\", \"source\": \"FILE\"}
      {\"type\": \"directory\", \"path\": \"data\", \"mode\": \"0700\", \"owner\": \"65532.65532\"}
      {\"type\": \"symlink\", \"path\": \"bin/ls\", \"target\": \"busybox\"}

Exits with 0 on success, 1 if the spec is invalid or a file cannot be read or written, 64 after a usage error.
";

/// Exit code of a usage error (sysexits.h).
const EX_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let result = match arguments.as_slice() {
        [option] if option == "--help" => {
            let _ = io::stdout().write_all(HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        [spec, output] => layer_tool::write_layer(Path::new(spec), Path::new(output)),
        _ => {
            let _ = writeln!(
                io::stderr(),
                "layer_tool: invalid arguments: expected SPEC and OUTPUT\n  layer_tool --help"
            );
            return ExitCode::from(EX_USAGE);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "layer_tool: {error}");
            ExitCode::FAILURE
        }
    }
}
