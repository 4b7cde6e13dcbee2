//! The highest rate with a bounded latency.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use crate::constant::{row, HEADER};
use crate::open_loop::{self, Latencies, Load};
use crate::program::Program;
use crate::Error;

/// The first rate of the search, at which no request queues.
pub(crate) const LOW_RATE: u32 = 1000;
/// Runs at each rate, of which a majority must succeed, because other processes disturb single runs.
const RUNS: usize = 3;
/// Bisections of the interval between a sustained rate and its double.
const STEPS: usize = 5;

/// Options of `load knee`.
pub(crate) struct Options {
    /// The service program.
    pub(crate) program: PathBuf,
    /// The requests to send at the first rate.
    pub(crate) load: Load,
    /// Bound of the p90, as a multiple of the p50 at the first rate.
    pub(crate) max_ratio: u32,
}

/// Prints a table with a line for each run, then the knee.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let program = Program::start(&options.program, &[])?;
    let mut print = |text: &str| out.write_all(text.as_bytes()).map_err(Error::system("print"));
    print(HEADER)?;
    let mut send = |rate: u32| {
        let load = Load {
            rate,
            ..options.load.clone()
        };
        let latencies = open_loop::send(&load, program.address)?;
        print(&row(rate, &latencies))?;
        Ok(latencies)
    };
    let limit = send(options.load.rate)?.times.permille(500) * options.max_ratio;
    let knee = search(|rate| {
        let mut sustained = 0;
        for _ in 0..RUNS {
            sustained += usize::from(is_sustained(&send(rate)?, limit));
        }
        Ok(2 * sustained > RUNS)
    })?;
    print(&format!("\nknee: {knee} requests/s\n"))?;
    Ok(true)
}

/// Compares the p90, because other processes affect the p99 more than the rate does.
fn is_sustained(latencies: &Latencies, limit: Duration) -> bool {
    latencies.unanswered == 0 && latencies.times.permille(900) <= limit
}

/// Doubles the rate while it is sustained, then bisects.
fn search(mut sustains: impl FnMut(u32) -> Result<bool, Error>) -> Result<u32, Error> {
    let mut rate = LOW_RATE;
    while sustains(rate * 2)? {
        rate *= 2;
    }
    let mut step = rate;
    for _ in 0..STEPS {
        step /= 2;
        if sustains(rate + step)? {
            rate += step;
        }
    }
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_highest_rate() {
        let found = search(|rate| Ok(rate <= 50_000)).unwrap();
        assert!((49_000..=50_000).contains(&found), "{found}");
        assert_eq!(search(|_| Ok(false)).unwrap(), LOW_RATE);
    }
}
