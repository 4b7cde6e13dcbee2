//! The highest rate at which a program still answers soon.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use crate::constant::{row, HEADER};
use crate::open_loop::{self, Latencies, Load};
use crate::program::Program;
use crate::Error;

/// A rate at which nothing waits; the search starts there.
pub(crate) const LOW_RATE: u32 = 1000;
/// How often a rate is tried, of which most must be kept: what else the machine does delays single runs.
const TRIES: usize = 3;
/// Halvings of the interval between a rate that is kept and its double, which is not.
const STEPS: usize = 5;

/// `load knee`.
pub(crate) struct Options {
    /// The program.
    pub(crate) program: PathBuf,
    /// What is sent to it, at first.
    pub(crate) load: Load,
    /// What the p90 may be, in times of the p50 at a low rate.
    pub(crate) max_ratio: u32,
}

/// Prints each run as a line of one table, and the knee below it.
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
        let mut kept = 0;
        for _ in 0..TRIES {
            kept += usize::from(is_kept(&send(rate)?, limit));
        }
        Ok(2 * kept > TRIES)
    })?;
    print(&format!("\nknee: {knee} requests a second\n"))?;
    Ok(true)
}

/// By the p90: the p99 of a busy machine depends on what else it does more than on the rate.
fn is_kept(latencies: &Latencies, limit: Duration) -> bool {
    latencies.unanswered == 0 && latencies.times.permille(900) <= limit
}

/// Doubles the rate while it is kept, then narrows down.
fn search(mut keeps: impl FnMut(u32) -> Result<bool, Error>) -> Result<u32, Error> {
    let mut kept = LOW_RATE;
    while keeps(kept * 2)? {
        kept *= 2;
    }
    let mut step = kept;
    for _ in 0..STEPS {
        step /= 2;
        if keeps(kept + step)? {
            kept += step;
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_highest_rate() {
        let found = search(|rate| Ok(rate <= 50_000)).unwrap();
        assert!((49_000..=50_000).contains(&found), "{found}");
        assert_eq!(search(|_| Ok(false)).unwrap(), LOW_RATE);
    }
}
