//! Rolling restarts of two instances behind a load balancer, under load.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::balancer::Balancer;
use crate::program::Program;
use crate::samples::{milliseconds, Samples};
use crate::Error;

const READY_TIMEOUT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(1);

/// Options of `load restarts`.
pub(crate) struct Options {
    /// The service program.
    pub(crate) program: PathBuf,
    /// Count of restarts of both instances.
    pub(crate) rounds: usize,
    /// Count of concurrent clients.
    pub(crate) clients: usize,
    /// `DRAIN_GRACE` of the program.
    pub(crate) grace: String,
}

#[derive(Default)]
struct Outcome {
    times: Vec<Duration>,
    failures: BTreeMap<String, usize>,
}

/// Prints a table. Returns false if a request failed.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let balancer = Balancer::default();
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let (restarted, outcomes) = thread::scope(|scope| {
        scope.spawn(|| balancer.poll_until_closed());
        let restarted = Instances::start(options, &balancer).and_then(|mut instances| {
            let clients: Vec<_> = (0..options.clients)
                .map(|_| scope.spawn(|| send_requests(&balancer, &done)))
                .collect();
            let restarted = instances.restart(options, &balancer);
            done.store(true, Ordering::Release);
            let outcomes = clients.into_iter().filter_map(|client| client.join().ok());
            restarted.map(|()| outcomes.collect::<Vec<_>>())
        });
        done.store(true, Ordering::Release);
        balancer.close();
        match restarted {
            Ok(outcomes) => (Ok(()), outcomes),
            Err(error) => (Err(error), Vec::new()),
        }
    });
    restarted?;
    report(options, merge(outcomes), start.elapsed(), out)
}

struct Instances([Program; 2]);

impl Instances {
    fn start(options: &Options, balancer: &Balancer) -> Result<Self, Error> {
        let mut instances = Self([start_instance(options)?, start_instance(options)?]);
        for (slot, program) in instances.0.iter_mut().enumerate() {
            balancer.set_instance(slot, program.address, program.operations);
            await_ready(balancer, slot, program)?;
        }
        Ok(instances)
    }

    fn restart(&mut self, options: &Options, balancer: &Balancer) -> Result<(), Error> {
        for round in 0..options.rounds {
            let slot = round % 2;
            let Some(program) = self.0.get_mut(slot) else {
                continue;
            };
            program.terminate()?;
            let status = program.wait()?;
            if !status.success() {
                return Err(Error::Program(format!(
                    "restart {round}: the program exited with {status}, expected 0"
                )));
            }
            *program = start_instance(options)?;
            balancer.set_instance(slot, program.address, program.operations);
            await_ready(balancer, slot, program)?;
        }
        Ok(())
    }
}

fn start_instance(options: &Options) -> Result<Program, Error> {
    Program::start(
        Path::new(&options.program),
        &[("DRAIN_GRACE", options.grace.as_str())],
    )
}

fn await_ready(balancer: &Balancer, slot: usize, program: &mut Program) -> Result<(), Error> {
    let start = Instant::now();
    while !balancer.is_ready(slot) {
        if !program.is_running()? || start.elapsed() > READY_TIMEOUT {
            return Err(Error::Program(format!(
                "{} timed out before it was ready",
                program.operations
            )));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn send_requests(balancer: &Balancer, done: &AtomicBool) -> Outcome {
    let mut outcomes = Outcome::default();
    while !done.load(Ordering::Acquire) {
        let start = Instant::now();
        let failure = match balancer.send("/") {
            Ok(200) => None,
            Ok(status) => Some(format!("status {status}")),
            Err(error) => Some(error.to_string()),
        };
        outcomes.times.push(start.elapsed());
        if let Some(failure) = failure {
            *outcomes.failures.entry(failure).or_default() += 1;
        }
        // Leaves processor time to starting instances.
        thread::sleep(PAUSE);
    }
    outcomes
}

fn merge(all: Vec<Outcome>) -> Outcome {
    all.into_iter().fold(Outcome::default(), |mut sum, outcomes| {
        sum.times.extend(outcomes.times);
        for (failure, count) in outcomes.failures {
            *sum.failures.entry(failure).or_default() += count;
        }
        sum
    })
}

fn report(
    options: &Options,
    outcomes: Outcome,
    elapsed: Duration,
    out: &mut dyn Write,
) -> Result<bool, Error> {
    let times = Samples::new(outcomes.times);
    let failed: usize = outcomes.failures.values().sum();
    let mut text = format!(
        "| restarts | seconds | requests | failed | median, ms | p99, ms | max, ms |\n\
         |---|---|---|---|---|---|---|\n\
         | {} | {} | {} | {failed} | {} | {} | {} |\n",
        options.rounds,
        elapsed.as_secs(),
        times.count(),
        milliseconds(times.percentile(50)),
        milliseconds(times.percentile(99)),
        milliseconds(times.max()),
    );
    for (failure, count) in outcomes.failures {
        text.extend(["\n    ", &count.to_string(), " times: ", &failure, "\n"]);
    }
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    Ok(failed == 0 && times.count() > 0)
}
