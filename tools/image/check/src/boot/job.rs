//! `run`: checks that the image's program exits with the expected code and output.

use std::io::Write;
use std::time::Duration;

use super::container::{monotonic_time, poll, Container, SAMPLE_INTERVAL};
use super::launch::{describe_exit, print_report, Launch};
use crate::report::Report;
use crate::Error;

pub(crate) struct Options {
    pub(crate) launch: Launch,
    pub(crate) expect_exit_code: i32,
    /// Texts that standard output and standard error together must contain.
    pub(crate) expect_output: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) max_rss: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            launch: Launch::default(),
            expect_exit_code: 0,
            expect_output: Vec::new(),
            timeout: Duration::from_mins(1),
            max_rss: None,
        }
    }
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let launch = &options.launch;
    let mut running = launch.start(&launch.image()?)?;
    let container = &mut running.container;
    let mut report = Report::new(format!("run {}", launch.layout.display()));
    let peak = check_exit(options, container, &mut report);
    check_output(options, container, &mut report);
    // A program that exited before the first sample did not use much memory.
    launch.check_memory("peak resident bytes", options.max_rss, peak, true, &mut report);
    Ok(print_report(&report, container, out)?)
}

/// Waits for the program to exit; returns the last sample of its peak resident memory.
fn check_exit(options: &Options, container: &mut Container, report: &mut Report) -> Option<u64> {
    let limit = options.launch.time_limit(options.timeout);
    let mut peak = None;
    let status = poll(limit, SAMPLE_INTERVAL, || {
        peak = container.memory("VmHWM").or(peak);
        container.exit_status()
    });
    let elapsed = monotonic_time().saturating_sub(container.started);
    let (found, ok, hint) = match status {
        Some(status) => (
            format!(
                "{} after {:.1} ms",
                describe_exit(status),
                elapsed.as_secs_f64() * 1000.0
            ),
            status.code() == Some(options.expect_exit_code),
            "see its output below, or change --expect-exit-code",
        ),
        None => (
            "still running".to_owned(),
            false,
            "find out what it waits for, or raise --timeout",
        ),
    };
    let expected = format!(
        "exit {} within {} s",
        options.expect_exit_code,
        limit.as_secs_f64()
    );
    report.check("exit", expected, found, ok, hint);
    peak
}

fn check_output(options: &Options, container: &Container, report: &mut Report) {
    let output = container.output();
    for text in &options.expect_output {
        let ok = output.contains(text);
        let found = if ok { "present" } else { "absent" };
        let hint = "see its output below, or change --expect-output";
        report.check("output", format!("{text:?}"), found, ok, hint);
    }
}
