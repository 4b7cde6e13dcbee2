//! A service's `main`.

use std::env::args_os;
use std::fmt::Display;
use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::env::Env;
use crate::ops::{probe, BuildInfo};
use crate::server::Workers;
use crate::settings::Settings;
use crate::{log, panics, run, App};

/// `EX_USAGE` of sysexits.h: the arguments or the environment are wrong, starting again won't help.
const EX_USAGE: u8 = 64;

/// A service, from its arguments to its exit status.
#[derive(Clone, Debug)]
pub struct Service {
    name: &'static str,
    version: &'static str,
    port: u16,
}

impl Service {
    /// A service by its name and its crate's version, `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            port: 8080,
        }
    }

    /// The default of `PORT`; without this 8080.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Runs the service until it is told to end, and gives the process's exit status: 0 after an orderly end, 1 where it
    /// could not serve or had to cut requests off, 64 where arguments or environment are wrong, 128 and the signal's number
    /// after a second signal.
    ///
    /// `settings` reads the service's own variables; `start` makes the app of them, within tokio, before anything is bound.
    /// `--help`, `--version` and `healthcheck` are answered without it.
    #[expect(
        clippy::unnecessary_debug_formatting,
        reason = "quotes show where an argument begins and ends"
    )]
    pub fn run<S, F, A, E>(self, settings: impl FnOnce(&mut Env) -> S, start: impl FnOnce(S) -> F) -> ExitCode
    where
        F: Future<Output = Result<A, E>>,
        A: Into<App>,
        E: Display,
    {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads arguments")]
        let mut arguments = args_os().skip(1);
        let command = arguments.next();
        if let Some(extra) = arguments.next() {
            return self.fail(
                EX_USAGE,
                format_args!("{extra:?} is one argument too many\n  {} --help", self.name),
            );
        }
        match command.as_deref().map(|command| command.to_str()) {
            None => self.serve(settings, start),
            Some(Some("healthcheck")) => self.check_health(),
            Some(Some("--help")) => self.print(&self.help(settings)),
            Some(Some("--version")) => self.print(&format!("{} {}\n", self.name, self.version)),
            Some(_) => {
                let command = command.unwrap_or_default();
                self.fail(
                    EX_USAGE,
                    format_args!("there is no command {command:?}\n  {} --help", self.name),
                )
            }
        }
    }

    fn serve<S, F, A, E>(&self, settings: impl FnOnce(&mut Env) -> S, start: impl FnOnce(S) -> F) -> ExitCode
    where
        F: Future<Output = Result<A, E>>,
        A: Into<App>,
        E: Display,
    {
        let mut env = Env::of_process();
        let chassis = Settings::read(&mut env, self.port);
        let own = settings(&mut env);
        if !env.errors().is_empty() {
            return self.fail(EX_USAGE, env.errors().join(&format!("\n{}: ", self.name)));
        }
        let build_info = match BuildInfo::of(self.name, self.version) {
            Ok(build_info) => build_info,
            Err(error) => return self.fail(1, error),
        };
        if let Err(error) = log::start(chassis.log_level, chassis.log_format) {
            return self.fail(1, format_args!("cannot start the log: {error}"));
        }
        panics::log();
        let ended = Workers::start(chassis.worker_threads)
            .and_then(|workers| {
                Ok((
                    workers,
                    Builder::new_current_thread().enable_io().enable_time().build()?,
                ))
            })
            .map_err(|error| format!("cannot start the threads that serve: {error}"))
            .and_then(|((workers, threads), runtime)| {
                let ended = runtime.block_on(run::run(&chassis, build_info, workers, async {
                    start(own).await.map(Into::into)
                }));
                runtime.shutdown_timeout(threads.end());
                ended
            });
        log::flush();
        match ended {
            Ok(code) => ExitCode::from(code),
            Err(error) => self.fail(1, error),
        }
    }

    fn check_health(&self) -> ExitCode {
        let mut env = Env::of_process();
        let settings = Settings::read(&mut env, self.port);
        if !env.errors().is_empty() {
            return self.fail(EX_USAGE, env.errors().join(&format!("\n{}: ", self.name)));
        }
        match probe(settings.operations) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.fail(1, error),
        }
    }

    fn help<S>(&self, settings: impl FnOnce(&mut Env) -> S) -> String {
        let mut env = Env::empty();
        Settings::read(&mut env, self.port);
        settings(&mut env);
        format!(
            "{name} {version}\n\n\
             {name}              serves until SIGTERM or SIGINT\n\
             {name} healthcheck  exits 0 if the service beside it is ready\n\
             {name} --version\n\
             {name} --help\n\n\
             environment, each with its default:\n{table}",
            name = self.name,
            version = self.version,
            table = env.table()
        )
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the answer to an argument, before the log starts"
    )]
    fn print(&self, text: &str) -> ExitCode {
        match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.fail(1, format_args!("cannot write: {error}")),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "startup errors come before the log starts"
    )]
    fn fail(&self, code: u8, error: impl Display) -> ExitCode {
        // println! would panic where nobody reads.
        let _ = writeln!(io::stderr(), "{}: {error}", self.name);
        ExitCode::from(code)
    }
}
