//! Programs that run to completion.

mod arguments;
mod run;
mod stop;

use std::env::args_os;
use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Command, Synopsis};
use axum::BoxError;
use chassis_env::{settings, Env};
use chassis_http::{Shutdown, HOUR};
use chassis_telemetry::log::{self, LogSettings};
use stop::StopSignal;

use crate::error::RunError;
use crate::program::Program;

/// A program that runs to completion: parses the command line, reads the configuration, and runs a future.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use chassis::{Env, Job, JobContext};
///
/// chassis::allocator!();
///
/// fn main() -> ExitCode {
///     Job::new("report", env!("CARGO_PKG_VERSION")).arguments("FILE...").run(settings, report)
/// }
///
/// fn settings(env: &mut Env) -> String {
///     env.var("TITLE", "Report".to_owned(), "first line of the report")
/// }
///
/// async fn report(title: String, context: JobContext) -> Result<(), String> {
///     for file in &context.arguments {
///         if context.shutdown.is_requested() {
///             return Err("interrupted".to_owned());
///         }
///         tracing::info!(title, file = %file.display(), "reported");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    program: Program,
    synopsis: Synopsis,
}

/// Passed to a job together with its settings.
#[derive(Clone, Debug, Default)]
pub struct JobContext {
    /// The arguments, whose number matches [`Job::arguments`].
    pub arguments: Vec<OsString>,
    /// Requested by SIGTERM and SIGINT. The process exits `STOP_TIMEOUT` later at the latest.
    pub shutdown: Shutdown,
}

settings! {
    struct Settings {
        /// The default is less than the 10 s after which Docker kills a container.
        stop_timeout: Duration = "STOP_TIMEOUT", Duration::from_secs(9), in Duration::ZERO..=HOUR,
            "time for the job to return after SIGTERM";
        ..log: LogSettings;
    }
}

impl Job {
    /// Creates a job with its name and its crate's version, `env!("CARGO_PKG_VERSION")`. It accepts no arguments.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            program: Program { name, version },
            synopsis: Synopsis(""),
        }
    }

    /// Sets the accepted arguments: names separated by spaces, as in `FROM [TO]` or `FILE...`.
    ///
    /// Brackets mark an optional argument. `...` marks the last argument as repeatable. Missing or unexpected arguments, and
    /// options other than `--help` and `--version`, end the process with exit code 64.
    #[must_use]
    pub fn arguments(mut self, synopsis: &'static str) -> Self {
        self.synopsis = Synopsis(synopsis);
        self
    }

    /// Runs the job: calls `settings`, then `job`, until it returns or `STOP_TIMEOUT` has passed after SIGTERM or SIGINT.
    ///
    /// `settings` is also called for `--help`, so it must only read variables. The exit code is 0 if `job` returns `Ok`, and 1 if
    /// it returns an error or panics. After a signal an error or a panic is reported as 128 plus the signal's number.
    ///
    /// The job runs on the main thread and may block it. This only delays tasks spawned with `tokio::spawn`, because
    /// `tokio::task::spawn_blocking` uses separate threads.
    pub fn run<S, F, E>(
        &self,
        settings: impl FnOnce(&mut Env) -> S,
        job: impl FnOnce(S, JobContext) -> F,
    ) -> ExitCode
    where
        F: Future<Output = Result<(), E>>,
        E: Into<BoxError>,
    {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]
        let command = self.synopsis.parse(args_os().skip(1));
        let read = |env: &mut Env| (Settings::read(env), settings(env));
        let arguments = match command {
            Ok(Command::Run(arguments)) => arguments,
            Ok(Command::Help) => return self.print_help(read),
            Ok(Command::Version) => return self.program.print_version(),
            Err(error) => return self.program.fail_with_usage(error),
        };
        self.program.run(read, |(chassis, own), warnings, signals| {
            log::start(self.program.name, chassis.log, warnings).map_err(RunError::Log)?;
            let (stop_signal, shutdown) = StopSignal::watch(signals, chassis.stop_timeout)?;
            let context = JobContext { arguments, shutdown };
            run::run(&stop_signal, || job(own, context))
        })
    }

    fn print_help<S>(&self, read: impl FnOnce(&mut Env) -> S) -> ExitCode {
        let command = format!("{} {}", self.program.name, self.synopsis.0);
        let usage = format!("{}  runs the job\n", command.trim_end());
        self.program.print_help(&usage, read)
    }
}
