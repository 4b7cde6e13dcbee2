//! Jobs: arguments, environment, log, signals and exit code.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use test_support::{Program, Signal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fixture-job");

fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied());
    command
}

fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(arguments, variables).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let lines = text(&output.stdout).lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The exit code and standard error; standard output must be empty.
fn failure(output: &Output) -> (Option<i32>, &str) {
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code(), text(&output.stderr))
}

#[test]
fn finished_jobs_exit_with_0() {
    let output = output(&["run", "a", "b"], &[("COUNT", "7")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let lines = lines(&output);
    assert_eq!(
        (&lines[0]["count"], &lines[0]["files"]),
        (&7.into(), &"a b".into())
    );
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["message"], &last["exit_status"]),
        (&"finished".into(), &0.into())
    );
    assert!(last["duration_ms"].is_u64(), "{last}");
}

#[test]
fn failed_jobs_exit_with_1() {
    let output = output(&["fail"], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let lines = lines(&output);
    let [.., failed, last] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(failed["level"], "error");
    assert_eq!(failed["error"], "cannot read the input: entity not found");
    assert_eq!(
        (&last["message"], &last["exit_status"]),
        (&"finished".into(), &1.into())
    );
}

#[test]
fn panics_are_logged() {
    let output = output(&["panic"], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let lines = lines(&output);
    assert!(lines
        .iter()
        .any(|line| line["target"] == "panic" && line["message"] == "requested panic"));
    assert!(lines.iter().any(|line| line["error"] == "panicked"));
}

#[test]
fn errors_are_reported_without_log() {
    let device = |path| OpenOptions::new().write(true).open(path).unwrap();
    let (_reader, mut blocked) = io::pipe().unwrap();
    // The default capacity of a pipe.
    blocked.write_all(&vec![b'\n'; 1 << 16]).unwrap();
    let (_, closed) = io::pipe().unwrap();
    let cases: [(Stdio, _); 4] = [
        (
            device("/dev/full").into(),
            "No space left on device (os error 28)",
        ),
        (closed.into(), "Broken pipe (os error 32)"),
        (blocked.into(), ""),
        (device("/dev/null").into(), ""),
    ];
    for (stdout, reason) in cases {
        let output = command(&["panic"], &[]).stdout(stdout).output().unwrap();
        let mut stderr = text(&output.stderr);
        if !reason.is_empty() {
            let report = format!("fixture-job: cannot write the log to standard output: {reason}\n");
            stderr = stderr.strip_prefix(&report).unwrap();
        }
        let [panic, error] = &stderr.lines().collect::<Vec<_>>()[..] else {
            panic!("{stderr}");
        };
        assert!(panic.contains(r#""message":"requested panic""#), "{panic}");
        assert!(error.contains(r#""error":"panicked""#), "{error}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn blocked_output_does_not_prevent_exit() {
    for (arguments, variables, code) in [
        (&["fail"][..], &[][..], 1),
        (&["run"], &[("COUNT", "many")], 64),
        (&[], &[], 64),
    ] {
        let (_reader, mut blocked) = io::pipe().unwrap();
        blocked.write_all(&vec![b'\n'; 1 << 16]).unwrap();
        let mut command = command(arguments, variables);
        command.stdout(blocked.try_clone().unwrap()).stderr(blocked);
        let mut job = Program::from_child(command.spawn().unwrap());
        assert_eq!(job.wait().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn low_descriptor_limits_are_rejected() {
    // Without the check, tokio would panic at the limit 6.
    for limit in [6, 127] {
        let mut limited = Command::new("sh");
        let output = limited
            .args(["-c", "ulimit -n $1; exec \"$0\" run", PROGRAM, &limit.to_string()])
            .output()
            .unwrap();
        let error = format!(
            "fixture-job: invalid hard limit of open files {limit}: expected at least 128; with a container engine:\n  --ulimit nofile=1024\n"
        );
        assert_eq!(failure(&output), (Some(1), &*error));
    }
}

#[test]
fn invalid_arguments_exit_with_64() {
    for (arguments, why) in [
        (&[][..], "missing argument MODE"),
        (&["--force"], "unknown option \"--force\""),
        (&["run", "-f"], "unknown option \"-f\""),
    ] {
        let output = output(arguments, &[]);
        let expected = format!("fixture-job: {why}\n  fixture-job --help\n");
        assert_eq!(failure(&output), (Some(64), &*expected));
    }
}

#[test]
fn invalid_variables_exit_with_64() {
    let variables = [("STOP_TIMEOUT", "9"), ("LOG_LEVEL", "loud"), ("COUNT", "many")];
    let output = output(&["run"], &variables);
    let expected = "\
fixture-job: invalid STOP_TIMEOUT \"9\": expected an integer with the unit ms, s or m from 0s to 60m
fixture-job: invalid LOG_LEVEL \"loud\": expected one of off, error, warn, info, debug
fixture-job: invalid COUNT \"many\": expected an integer from 0 to 65535
  fixture-job --help
";
    assert_eq!(failure(&output), (Some(64), expected));
}

#[test]
fn help_lists_arguments_and_variables() {
    let output = output(&["--help"], &[("COUNT", "many")]);
    assert_eq!(output.status.code(), Some(0));
    let help = text(&output.stdout);
    assert!(
        help.contains("\nfixture-job MODE [FILE...]  runs the job\n"),
        "{help}"
    );
    let rows = help
        .split_once("environment variables with their defaults:\n")
        .unwrap()
        .1
        .lines();
    let names: Vec<_> = rows.filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(names, ["STOP_TIMEOUT", "LOG_LEVEL", "LOG_FORMAT", "COUNT"]);
    assert!(help.contains("STOP_TIMEOUT  9s "), "{help}");
}

#[test]
fn version_matches_the_crate() {
    let version = format!("fixture-job {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&output(&["--version"], &[]).stdout), version);
}

/// Starts a job and waits until it runs.
fn start(mode: &str, variables: &[(&str, &str)]) -> Program {
    let job = Program::spawn(&mut command(&[mode], variables));
    job.wait_for("started");
    job
}

#[test]
fn signals_stop_the_job() {
    for (signal, name, code) in [(Signal::TERM, "SIGTERM", 143), (Signal::INT, "SIGINT", 130)] {
        let mut job = start("stop", &[]);
        job.signal(signal);
        assert_eq!(job.wait_for("stopping")["signal"], name);
        job.find_line("failed", |line| line["error"] == "stopped before completion");
        assert_eq!(job.wait().code(), Some(code));
    }
}

#[test]
fn jobs_may_finish_after_a_signal() {
    let mut job = start("finish", &[]);
    assert_eq!(job.terminate(), Some(0));
    job.wait_for("finished");
}

#[test]
fn stop_timeout_kills_the_job() {
    for mode in ["hang", "block"] {
        let mut job = start(mode, &[("STOP_TIMEOUT", "100ms")]);
        job.signal(Signal::TERM);
        job.wait_for("job aborted after STOP_TIMEOUT");
        assert_eq!(job.wait().code(), Some(143), "{mode}");
    }
}

#[test]
fn returned_jobs_keep_their_exit_code() {
    let mut job = start("leave", &[("STOP_TIMEOUT", "2s")]);
    assert_eq!(job.terminate(), Some(0));
    let log = job.remaining_log();
    assert!(
        log.last().unwrap().contains("\"message\":\"finished\""),
        "{log:?}"
    );
}

#[test]
fn second_signal_exits_at_once() {
    let mut job = start("block", &[("STOP_TIMEOUT", "60m")]);
    job.signal(Signal::TERM);
    job.wait_for("stopping");
    job.signal(Signal::INT);
    job.wait_for("exiting immediately");
    assert_eq!(job.wait().code(), Some(130));
}
