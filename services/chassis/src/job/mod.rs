//! A job's `main`.

mod arguments;
mod chain;
mod context;
mod run;
mod stop;

use std::env::args_os;
use std::error::Error;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Command, Synopsis};
pub use context::JobContext;

use crate::env::Env;
use crate::log::{self, LogSettings};
use crate::program::Program;
use crate::settings::HOUR;

/// A program that runs to its end, from its arguments to its exit status.
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
///             return Err("stopped before the end".to_owned());
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

/// The chassis's part of the environment.
struct Settings {
    log: LogSettings,
    stop_timeout: Duration,
}

impl Job {
    /// A job with its name and its crate's version, `env!("CARGO_PKG_VERSION")`. It takes no arguments.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            program: Program { name, version },
            synopsis: Synopsis(""),
        }
    }

    /// Sets the arguments: their names, separated by spaces, as in `FROM [TO]` or `FILE...`. One in brackets is optional; one
    /// with `...`, which is the last, may be repeated. Other numbers of arguments and all options but `--help` and
    /// `--version` end the process with exit status 64.
    #[must_use]
    pub fn arguments(mut self, synopsis: &'static str) -> Self {
        self.synopsis = Synopsis(synopsis);
        self
    }

    /// Reads the job's `settings` and runs it to its end, or until SIGTERM or SIGINT and `STOP_TIMEOUT`.
    ///
    /// `settings` is called for `--help`, too, so it only reads variables. `Ok` means that all is done, and is exit status 0.
    /// An error or a panic is 1; an error after a signal is that signal's status, 128 and its number.
    ///
    /// The job has the main thread for itself, and may block it. Only tasks that it spawned with `tokio::spawn` wait
    /// meanwhile; `tokio::task::spawn_blocking` has threads of its own.
    pub fn run<S, F, E>(
        &self,
        settings: impl FnOnce(&mut Env) -> S,
        job: impl FnOnce(S, JobContext) -> F,
    ) -> ExitCode
    where
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]
        let command = self.synopsis.parse(args_os().skip(1));
        let arguments = match command {
            Ok(Command::Run(arguments)) => arguments,
            Ok(Command::Help) => return self.print_help(settings),
            Ok(Command::Version) => return self.program.print_version(),
            Err(error) => return self.program.fail_on_arguments(error),
        };
        let mut env = Env::of_process();
        let chassis = Settings::read(&mut env);
        let own = settings(&mut env);
        if let Err(code) = self.program.check_variables(&env) {
            return code;
        }
        let ended = run::run(&chassis, env.warnings(), arguments, |context| job(own, context));
        log::flush();
        match ended {
            Ok(code) => ExitCode::from(code),
            Err(error) => self.program.fail(error),
        }
    }

    fn print_help<S>(&self, settings: impl FnOnce(&mut Env) -> S) -> ExitCode {
        let mut env = Env::empty();
        Settings::read(&mut env);
        settings(&mut env);
        let command = format!("{} {}", self.program.name, self.synopsis.0);
        let usage = format!("{}  runs to its end\n", command.trim_end());
        self.program.print_help(&usage, &env)
    }
}

impl Settings {
    fn read(env: &mut Env) -> Self {
        Self {
            // Less than the 10 s after which Docker kills a container.
            stop_timeout: env.var_in_range(
                "STOP_TIMEOUT",
                Duration::from_secs(9),
                Duration::ZERO..=HOUR,
                "for the job to end after SIGTERM",
            ),
            log: LogSettings::read(env),
        }
    }
}
