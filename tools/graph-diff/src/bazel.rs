//! Runs Bazel.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::cli::Options;
use crate::Error;

const QUIET: [&str; 4] = [
    "--color=no",
    "--curses=no",
    "--noshow_progress",
    "--ui_event_filters=-info",
];
/// Overrides `--config=ci`, because a commit with an outdated Cargo.lock cannot be changed.
const UPDATE_LOCK: &str = "--repo_env=THIMBLE_LOCKED=";
/// cquery's error if all targets of the pattern have the tag `manual`.
const NO_TARGETS: &str = "could be found in the 'target' configuration";
/// Contains the longest list of changed crates of an outdated Cargo.lock, and the command after it.
const MAX_LINES: usize = 40;

/// The Bazel command, for any workspace.
#[derive(Debug)]
pub(crate) struct Bazel {
    program: String,
    configs: Vec<String>,
    output_file: PathBuf,
    /// The working tree, whose warnings are printed.
    workspace: PathBuf,
}

impl Bazel {
    pub(crate) fn new(options: &Options, output_file: PathBuf) -> Self {
        let configs = options
            .configs
            .iter()
            .map(|name| format!("--config={name}"))
            .collect();
        Self {
            program: options.bazel.clone(),
            configs,
            output_file,
            workspace: options.workspace.clone(),
        }
    }

    /// Returns the configured targets that a build of the pattern analyzes, dependencies included, as a stream of length-delimited messages.
    pub(crate) fn configured_targets(&self, workspace: &Path, pattern: &str) -> Result<Vec<u8>, Error> {
        let output_file = format!("--output_file={}", self.output_file.display());
        let arguments = [
            "--output=streamed_proto",
            // Faster than a pipe from the server through the client.
            &output_file,
            // Reports the configured dependencies.
            "--transitions=lite",
            "--noproto:rule_inputs_and_outputs",
            "--noproto:default_values",
            "--aspect_deps=off",
            "--consistent_labels",
            // cquery analyzes targets with the tag `manual` by default.
            "--nobuild_manual_tests",
            // cquery inherits `test --keep_going` of rc files, which omits targets that fail.
            "--nokeep_going",
            &query(pattern),
        ];
        match self.run(workspace, "cquery", &arguments) {
            Err(Error::Command { output, .. }) if output.contains(NO_TARGETS) => return Ok(Vec::new()),
            result => result?,
        }
        let stream = fs::read(&self.output_file).map_err(Error::file("read", &self.output_file))?;
        fs::remove_file(&self.output_file).map_err(Error::file("remove", &self.output_file))?;
        Ok(stream)
    }

    /// Shuts down the server of a workspace. Failures are ignored, because an idle server exits after a timeout.
    pub(crate) fn shut_down(&self, workspace: &Path) {
        let _ = self.command(workspace).arg("shutdown").output();
    }

    fn run(&self, workspace: &Path, subcommand: &'static str, arguments: &[&str]) -> Result<(), Error> {
        let is_base = workspace != self.workspace;
        let output = self
            .command(workspace)
            .arg(subcommand)
            .args(QUIET)
            .args(&self.configs)
            .args(is_base.then_some(UPDATE_LOCK))
            .args(arguments)
            .output()
            .map_err(Error::file("run", &self.program))?;
        if output.status.success() {
            if !is_base {
                // Such as the changes to an outdated Cargo.lock.
                let _ = io::stderr().write_all(&output.stderr);
            }
            return Ok(());
        }
        Err(Error::Command {
            command: format!("{} {subcommand}", self.program),
            directory: workspace.to_owned(),
            output: messages(&output),
        })
    }

    fn command(&self, workspace: &Path) -> Command {
        // A path is relative to each workspace; a name is looked up on PATH.
        let mut command = if self.program.contains('/') {
            Command::new(workspace.join(&self.program))
        } else {
            Command::new(&self.program)
        };
        command.current_dir(workspace);
        command
    }
}

/// Returns the query of the targets that a build of the pattern analyzes. A pattern alone also matches targets and configurations that
/// earlier commands of the server analyzed.
fn query(pattern: &str) -> String {
    format!(
        r#"let top = config({pattern}, target) in deps($top except attr(tags, "[\[ ]manual[,\]]", $top))"#
    )
}

/// Returns the errors in a failed program's messages, indented, or the last lines if there are none.
pub(crate) fn messages(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    let errors: Vec<_> = lines
        .iter()
        .skip_while(|line| !line.contains("ERROR") && !line.contains("error"))
        .take(MAX_LINES)
        .collect();
    let shown = if errors.is_empty() {
        lines.iter().skip(lines.len().saturating_sub(MAX_LINES)).collect()
    } else {
        errors
    };
    let indented: Vec<_> = shown.into_iter().map(|line| format!("    {line}")).collect();
    indented.join("\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn messages_contain_command_after_changes() {
        let changes = "    - added crate 1.0.0\n".repeat(21);
        let output = Output {
            status: ExitStatus::from_raw(256),
            stdout: Vec::new(),
            stderr: format!(
                "Loading:\nERROR: Traceback\nline\nline\nline\n{changes}to update it:\n    cargo update\n"
            )
            .into_bytes(),
        };
        let text = messages(&output);
        assert!(
            text.starts_with("    ERROR") && text.ends_with("    cargo update"),
            "{text}"
        );
    }
}
