//! Time to the first answer, and memory after it.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::program::Program;
use crate::samples::{megabytes, milliseconds, Samples};
use crate::Error;

/// `load startup`.
pub(crate) struct Options {
    /// The program.
    pub(crate) program: PathBuf,
    /// Starts.
    pub(crate) rounds: usize,
    /// Bound of the median time to the first answer.
    pub(crate) max_first_answer: Option<Duration>,
    /// Bound of resident memory after it, in bytes.
    pub(crate) max_rss: Option<u64>,
}

/// Prints one table; false if a bound is exceeded.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let mut times = Vec::new();
    let mut rss = 0;
    for _ in 0..options.rounds {
        let start = Instant::now();
        let program = Program::start(&options.program, &[])?;
        let (status, _) = Client::connect(program.address)
            .and_then(|mut client| client.get("/"))
            .map_err(Error::system("get the first answer"))?;
        times.push(start.elapsed());
        if status != 200 {
            return Err(Error::Program(format!(
                "the first answer is {status}, expected 200"
            )));
        }
        rss = rss.max(program.rss()?);
    }
    let times = Samples::new(times);
    let text = format!(
        "| {} starts | median | least | most |\n|---|---|---|---|\n\
         | from spawn to the first answer, ms | {} | {} | {} |\n\
         | resident after it, MB | | | {} |\n",
        options.rounds,
        milliseconds(times.percentile(50)),
        milliseconds(times.percentile(0)),
        milliseconds(times.longest()),
        megabytes(rss),
    );
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    Ok(options
        .max_first_answer
        .is_none_or(|most| times.percentile(50) <= most)
        && options.max_rss.is_none_or(|most| rss <= most))
}
