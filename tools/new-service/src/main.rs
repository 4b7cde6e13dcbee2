//! Creates a package: `tools/bazel run //tools/new-service -- payments --kind grpc`.

#![forbid(unsafe_code)]

mod cli;

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cli::Command;
use new_service::{Crates, Kind, Package};

/// `EX_USAGE` of sysexits.h.
const EX_USAGE: u8 = 64;
const EXAMPLE: &str = "tools/bazel run //tools/new-service -- payments --kind http";

fn main() -> ExitCode {
    let (name, kind, crates) = match cli::parse(env::args_os()) {
        Ok(Command::Create { name, kind, crates }) => (name, kind, crates),
        Ok(Command::Help) => {
            let _ = io::stdout().write_all(cli::HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(EX_USAGE, &format!("{error}; for example:\n    {EXAMPLE}")),
    };
    let Some(workspace) = env::var_os("BUILD_WORKSPACE_DIRECTORY") else {
        let message = "missing environment variable BUILD_WORKSPACE_DIRECTORY, which `bazel run` sets";
        return fail(EX_USAGE, &format!("{message}; for example:\n    {EXAMPLE}"));
    };
    let workspace = PathBuf::from(workspace);
    let kind = match kind.map_or_else(cli::prompt_for_kind, Ok) {
        Ok(kind) => kind,
        Err(error) => return fail(EX_USAGE, &error),
    };
    if kind == Kind::Crate && crates == Crates::Own {
        return fail(
            EX_USAGE,
            "invalid option --own-crates for kind \"crate\": expected kind http, grpc or job",
        );
    }
    match new_service::create(&workspace, &name, kind, crates) {
        Ok(package) => {
            let _ = print(&workspace, &name, crates, &package);
            ExitCode::SUCCESS
        }
        Err(error) => fail(error.exit_code(), &error.to_string()),
    }
}

fn print(workspace: &Path, name: &str, crates: Crates, package: &Package) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for path in &package.written {
        writeln!(out, "wrote {path}")?;
    }
    let has_launcher = workspace.join("tools/bazel").exists();
    let bazel = if has_launcher { "tools/bazel" } else { "bazel" };
    let path = &package.path;
    writeln!(out, "next steps:")?;
    if !package.locked {
        writeln!(out, "    cargo update --workspace")?;
    }
    match crates {
        Crates::Shared => writeln!(out, "    cargo fmt --package {name}")?,
        Crates::Own => writeln!(out, "    cargo fmt --manifest-path {path}/Cargo.toml")?,
    }
    writeln!(out, "    {bazel} test //{path}:all")?;
    if package.has_image {
        writeln!(out, "    {bazel} run //{path}:size_test -- --update")?;
        writeln!(out, "    {bazel} run //{path}:load")?;
    }
    Ok(())
}

fn fail(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "new-service: error: {message}");
    ExitCode::from(code)
}
