//! Writes a new service: `tools/bazel run //tools/new-service -- payments`.

#![forbid(unsafe_code)]

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// `EX_USAGE` of sysexits.h: the call is wrong.
const EX_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [name] = arguments.as_slice() else {
        return fail(
            EX_USAGE,
            "give the service's name, and nothing else\n  tools/bazel run //tools/new-service -- payments",
        );
    };
    let Some(workspace) = env::var_os("BUILD_WORKSPACE_DIRECTORY") else {
        return fail(EX_USAGE, "it has to be run by Bazel, which says where the workspace is\n  tools/bazel run //tools/new-service -- payments");
    };
    match new_service::create(&PathBuf::from(workspace), name) {
        Ok(written) => {
            let mut out = io::stdout();
            for path in written {
                let _ = writeln!(out, "wrote {path}");
            }
            let _ = writeln!(out, "what to do next (names of another length break lines elsewhere):\n  cargo fmt --package {name}\n  tools/bazel test //services/{name}:all\n  tools/bazel run //services/{name}:load");
            ExitCode::SUCCESS
        }
        Err(error) => fail(error.exit_code(), &error.to_string()),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "new-service: {message}");
    ExitCode::from(code)
}
