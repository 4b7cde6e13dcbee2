//! The command line of a service.

use std::env::args_os;
use std::future::Future;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use axum::BoxError;
use chassis_env::Env;
use chassis_http::{new_runtime, WorkerHandles, Workers};
use chassis_telemetry::{box_error, log};

use crate::error::RunError;
use crate::ops::{probe, BuildInfo};
use crate::program::Program;
use crate::run::{run, watch_signals, Start};
use crate::settings::Settings;
use crate::signals::Signals;
use crate::App;

/// A service: parses the command line, reads the configuration, serves and shuts down.
#[derive(Clone, Debug)]
pub struct Service {
    program: Program,
    port: u16,
    start_workers: fn(u32) -> io::Result<(Workers, WorkerHandles)>,
}

impl Service {
    /// Creates a service with its name and its crate's version, `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            program: Program { name, version },
            port: 8080,
            start_workers: Workers::start,
        }
    }

    /// Sets the default of the variable `PORT`; 8080 if this is not called.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Serves on one multi-threaded runtime of tokio, whose threads take connections from one another. By default a connection
    /// stays on one thread, which has its own runtime; `docs/chassis.md` compares both.
    #[cfg(feature = "work-stealing")]
    #[must_use]
    pub fn work_stealing(mut self) -> Self {
        self.start_workers = Workers::start_work_stealing;
        self
    }

    /// Runs the service: calls `settings`, then `start`, serves until SIGTERM or SIGINT, and shuts down.
    ///
    /// `settings` is also called for `--help`, so it must only read variables. If `start` returns an error, the exit code is 1.
    /// `docs/chassis.md` lists all exit codes.
    pub fn run<S, F, A, E>(
        &self,
        settings: impl FnOnce(&mut Env) -> S,
        start: impl FnOnce(S) -> F,
    ) -> ExitCode
    where
        F: Future<Output = Result<A, E>>,
        A: Into<App>,
        E: Into<BoxError>,
    {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]
        let mut arguments = args_os().skip(1);
        let (command, extra) = (arguments.next(), arguments.next());
        if let Some(extra) = extra {
            let error = format!("unexpected argument \"{}\"", extra.display());
            return self.program.fail_with_usage(error);
        }
        let read = |env: &mut Env| (Settings::read_checked(env, self.port), settings(env));
        let Some(command) = command else {
            return self.serve(read, start);
        };
        match command.as_encoded_bytes() {
            b"healthcheck" => self.check_health(),
            b"--help" => self.print_help(read),
            b"--version" => self.program.print_version(),
            _ => {
                let error = format!("unknown command \"{}\"", command.display());
                self.program.fail_with_usage(error)
            }
        }
    }

    fn serve<S, F, A, E>(
        &self,
        read: impl FnOnce(&mut Env) -> (Settings, S),
        start: impl FnOnce(S) -> F,
    ) -> ExitCode
    where
        F: Future<Output = Result<A, E>>,
        A: Into<App>,
        E: Into<BoxError>,
    {
        self.program.run(read, |(chassis, own), warnings, signals| {
            let app = box_error(async { start(own).await.map(Into::<App>::into) });
            self.start_and_run(&chassis, warnings, signals, Box::pin(app))
        })
    }

    fn start_and_run(
        &self,
        settings: &Settings,
        warnings: &[String],
        signals: Signals,
        app: Start<'_>,
    ) -> Result<u8, RunError> {
        let build_info = BuildInfo::load(self.program.name, self.program.version)?;
        log::start(self.program.name, settings.log, warnings).map_err(RunError::Log)?;
        let started = (self.start_workers)(settings.worker_threads);
        let (workers, handles) = started.map_err(RunError::Workers)?;
        let health = Arc::default();
        let (stop, failures) = watch_signals(signals, &health, settings.drain)?;
        let runtime = new_runtime().map_err(RunError::Runtime)?;
        let running = run(settings, build_info, &workers, app, health, stop, &failures);
        let result = runtime.block_on(running).inspect_err(|_| failures.send());
        runtime.shutdown_timeout(handles.join());
        result
    }

    fn check_health(&self) -> ExitCode {
        let settings = match self
            .program
            .read_env(|env| Settings::read_checked(env, self.port))
        {
            Ok((settings, _)) => settings,
            Err(code) => return code,
        };
        let result = match settings.operations() {
            None => Err("cannot check health: OPS_PORT is \"off\"".to_owned()),
            Some(operations) if operations.port() == 0 => {
                Err("cannot check health: OPS_PORT is \"0\", which selects a free port".to_owned())
            }
            Some(operations) => probe(operations),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.program.fail(error),
        }
    }

    fn print_help<S>(&self, read: impl FnOnce(&mut Env) -> S) -> ExitCode {
        let name = self.program.name;
        let usage = format!(
            "{name}              serves until SIGTERM or SIGINT\n\
             {name} healthcheck  exits 0 if the service on this machine is ready\n"
        );
        self.program.print_help(&usage, read)
    }
}
