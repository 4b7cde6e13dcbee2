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

/// `load restarts`.
pub(crate) struct Options {
    /// The program.
    pub(crate) program: PathBuf,
    /// Restarts, over both instances.
    pub(crate) rounds: usize,
    /// Concurrent requests.
    pub(crate) clients: usize,
    /// `DRAIN_GRACE` of the program.
    pub(crate) grace: String,
}

#[derive(Default)]
struct Seen {
    times: Vec<Duration>,
    failures: BTreeMap<String, usize>,
}

/// Prints one table; false if a request failed.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let balancer = Balancer::default();
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let (restarted, seen) = thread::scope(|scope| {
        scope.spawn(|| balancer.watch());
        let restarted = Instances::start(options, &balancer).and_then(|mut instances| {
            let clients: Vec<_> = (0..options.clients)
                .map(|_| scope.spawn(|| load(&balancer, &done)))
                .collect();
            let restarted = instances.restart(options, &balancer);
            done.store(true, Ordering::Release);
            let seen = clients.into_iter().filter_map(|client| client.join().ok());
            restarted.map(|()| seen.collect::<Vec<_>>())
        });
        done.store(true, Ordering::Release);
        balancer.close();
        match restarted {
            Ok(seen) => (Ok(()), seen),
            Err(error) => (Err(error), Vec::new()),
        }
    });
    restarted?;
    report(options, merge(seen), start.elapsed(), out)
}

struct Instances([Program; 2]);

impl Instances {
    fn start(options: &Options, balancer: &Balancer) -> Result<Self, Error> {
        let mut instances = Self([one(options)?, one(options)?]);
        for (slot, program) in instances.0.iter_mut().enumerate() {
            balancer.place(slot, program.address, program.operations);
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
                    "restart {round}: the program ended with {status}, expected 0"
                )));
            }
            *program = one(options)?;
            balancer.place(slot, program.address, program.operations);
            await_ready(balancer, slot, program)?;
        }
        Ok(())
    }
}

fn one(options: &Options) -> Result<Program, Error> {
    Program::start(
        Path::new(&options.program),
        &[("DRAIN_GRACE", options.grace.as_str())],
    )
}

fn await_ready(balancer: &Balancer, slot: usize, program: &mut Program) -> Result<(), Error> {
    let start = Instant::now();
    while !balancer.is_ready(slot) {
        if !program.runs()? || start.elapsed() > READY_TIMEOUT {
            return Err(Error::Program(format!(
                "{} did not become ready in time",
                program.operations
            )));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn load(balancer: &Balancer, done: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    while !done.load(Ordering::Acquire) {
        let start = Instant::now();
        let failure = match balancer.send("/") {
            Ok(200) => None,
            Ok(status) => Some(format!("status {status}")),
            Err(error) => Some(error.to_string()),
        };
        seen.times.push(start.elapsed());
        if let Some(failure) = failure {
            *seen.failures.entry(failure).or_default() += 1;
        }
        // Leaves the processors to the instances that start.
        thread::sleep(PAUSE);
    }
    seen
}

fn merge(all: Vec<Seen>) -> Seen {
    all.into_iter().fold(Seen::default(), |mut sum, seen| {
        sum.times.extend(seen.times);
        for (failure, count) in seen.failures {
            *sum.failures.entry(failure).or_default() += count;
        }
        sum
    })
}

fn report(options: &Options, seen: Seen, took: Duration, out: &mut dyn Write) -> Result<bool, Error> {
    let times = Samples::new(seen.times);
    let failed: usize = seen.failures.values().sum();
    let mut text = format!(
        "| restarts | seconds | requests | failed | median, ms | p99, ms | longest, ms |\n\
         |---|---|---|---|---|---|---|\n\
         | {} | {} | {} | {failed} | {} | {} | {} |\n",
        options.rounds,
        took.as_secs(),
        times.count(),
        milliseconds(times.percentile(50)),
        milliseconds(times.percentile(99)),
        milliseconds(times.longest()),
    );
    for (failure, count) in seen.failures {
        text.extend(["\n    ", &count.to_string(), " times: ", &failure, "\n"]);
    }
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    Ok(failed == 0 && times.count() > 0)
}
