//! Runs Bazel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::cli::Options;
use crate::Error;

const QUIET: [&str; 3] = ["--color=no", "--curses=no", "--noshow_progress"];
const MAX_LINES: usize = 10;

/// The Bazel command, for any workspace.
#[derive(Debug)]
pub(crate) struct Bazel {
    program: String,
    configs: Vec<String>,
    query_file: PathBuf,
}

impl Bazel {
    pub(crate) fn new(options: &Options, query_file: PathBuf) -> Self {
        let configs = options
            .configs
            .iter()
            .map(|name| format!("--config={name}"))
            .collect();
        Self {
            program: options.bazel.clone(),
            configs,
            query_file,
        }
    }

    /// Returns the configured targets of a pattern and their dependencies, as a Graphviz graph.
    pub(crate) fn configured_graph(&self, workspace: &Path, pattern: &str) -> Result<String, Error> {
        let arguments = [
            "--output=graph",
            "--nograph:factored",
            "--consistent_labels",
            &format!("deps({pattern})"),
        ];
        let output = self.run(workspace, "cquery", &arguments)?;
        String::from_utf8(output).map_err(|error| Error::Output {
            command: "bazel cquery",
            problem: error.to_string(),
        })
    }

    /// Returns the targets of the labels, as a stream of length-delimited messages.
    pub(crate) fn targets(&self, workspace: &Path, labels: &[String]) -> Result<Vec<u8>, Error> {
        let quoted: Vec<_> = labels.iter().map(|label| quote(label)).collect();
        fs::write(&self.query_file, format!("set({})", quoted.join("\n")))
            .map_err(Error::file("write", &self.query_file))?;
        let query_file = format!("--query_file={}", self.query_file.display());
        let arguments = [
            "--output=streamed_proto",
            "--noproto:flatten_selects",
            "--noproto:rule_inputs_and_outputs",
            "--noproto:default_values",
            "--consistent_labels",
            &query_file,
        ];
        self.run(workspace, "query", &arguments)
    }

    /// Shuts down the server of a workspace. Failures are ignored, because an idle server exits by itself.
    pub(crate) fn shut_down(&self, workspace: &Path) {
        let _ = self.command(workspace).arg("shutdown").output();
    }

    fn run(&self, workspace: &Path, subcommand: &'static str, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self
            .command(workspace)
            .arg(subcommand)
            .args(QUIET)
            .args(&self.configs)
            .args(arguments)
            .output()
            .map_err(Error::file("run", &self.program))?;
        if output.status.success() {
            return Ok(output.stdout);
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

/// Quotes a label for Bazel's query language.
fn quote(label: &str) -> String {
    let quote = if label.contains('"') { '\'' } else { '"' };
    format!("{quote}{label}{quote}")
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
