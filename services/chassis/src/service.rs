//! A service's `main`.

use std::env::args_os;
use std::fmt::Display;
use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::descriptors::raise_descriptor_limit;
use crate::env::Env;
use crate::error::RunError;
use crate::ops::{probe, BuildInfo};
use crate::server::Workers;
use crate::settings::Settings;
use crate::{log, run, App};

/// `EX_USAGE` of sysexits.h: the arguments or the environment are wrong, so that a restart does not help.
const EX_USAGE: u8 = 64;

/// A service, from its arguments to its exit status.
#[derive(Clone, Debug)]
pub struct Service {
    name: &'static str,
    version: &'static str,
    port: u16,
}

impl Service {
    /// A service with its name and its crate's version, `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            port: 8080,
        }
    }

    /// Sets the default of `PORT`, which is 8080 otherwise.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Runs the service: reads its `settings`, `start`s it, serves until SIGTERM or SIGINT, and shuts down.
    ///
    /// `settings` is called for `--help`, too, so it only reads variables. An error of `start` ends the process with exit
    /// status 1.
    pub fn run<S, F, A, E>(
        &self,
        settings: impl FnOnce(&mut Env) -> S,
        start: impl FnOnce(S) -> F,
    ) -> ExitCode
    where
        F: Future<Output = Result<A, E>>,
        A: Into<App>,
        E: Display,
    {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]
        let mut arguments = args_os().skip(1);
        let command = arguments.next();
        if let Some(extra) = arguments.next() {
            return self.fail(
                EX_USAGE,
                format_args!(
                    "unexpected argument \"{}\"
  {} --help",
                    extra.display(),
                    self.name
                ),
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
                    format_args!(
                        "unknown command \"{}\"
  {} --help",
                        command.display(),
                        self.name
                    ),
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
        raise_descriptor_limit();
        let mut env = Env::of_process();
        let chassis = Settings::read(&mut env, self.port);
        let own = settings(&mut env);
        if !env.errors().is_empty() {
            return self.fail_on_variables(&env);
        }
        let app = async { start(own).await.map(Into::into) };
        let ended = self.start_and_run(&chassis, env.warnings(), app);
        log::flush();
        match ended {
            Ok(code) => ExitCode::from(code),
            Err(error) => self.fail(1, error),
        }
    }

    fn start_and_run<E: Display>(
        &self,
        settings: &Settings,
        warnings: &[String],
        app: impl Future<Output = Result<App, E>>,
    ) -> Result<u8, RunError> {
        let build_info = BuildInfo::load(self.name, self.version)?;
        log::start(settings.log_level, settings.log_format).map_err(RunError::Log)?;
        log::log_panics();
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let (workers, threads) = Workers::start(settings.worker_threads).map_err(RunError::Workers)?;
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(RunError::Workers)?;
        let ended = runtime.block_on(run::run(settings, build_info, &workers, app));
        runtime.shutdown_timeout(threads.join());
        ended
    }

    fn check_health(&self) -> ExitCode {
        let mut env = Env::of_process();
        let settings = Settings::read(&mut env, self.port);
        if !env.errors().is_empty() {
            return self.fail_on_variables(&env);
        }
        let Some(operations) = settings.operations else {
            return self.fail(1, "OPS_PORT is off: there is no port to ask");
        };
        match probe(operations) {
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
             {name} healthcheck  exits 0 if the service on this machine is ready\n\
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

    fn fail_on_variables(&self, env: &Env) -> ExitCode {
        let errors = env.errors().join(&format!("\n{}: ", self.name));
        self.fail(EX_USAGE, format_args!("{errors}\n  {} --help", self.name))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "startup errors come before the log starts"
    )]
    fn fail(&self, code: u8, error: impl Display) -> ExitCode {
        // eprintln! would panic if standard error is closed.
        let _ = writeln!(io::stderr(), "{}: {error}", self.name);
        ExitCode::from(code)
    }
}
