//! Time to the first response, and memory after it.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::program::Program;
use crate::samples::{megabytes, milliseconds, Samples};
use crate::Error;

/// Options of `load startup`.
pub(crate) struct Options {
    /// The service program.
    pub(crate) program: PathBuf,
    /// Count of starts.
    pub(crate) rounds: usize,
    /// Bound of the median time to the first response.
    pub(crate) max_first_response: Option<Duration>,
    /// Bound of resident memory after it, in bytes.
    pub(crate) max_rss: Option<u64>,
}

/// Prints a table. Returns false if a bound is exceeded.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let mut times = Vec::new();
    let mut rss = 0;
    for _ in 0..options.rounds {
        let start = Instant::now();
        let program = Program::start(&options.program, &[])?;
        let (status, _) = Client::connect(program.address)
            .and_then(|mut client| client.get("/"))
            .map_err(Error::system("get the first response"))?;
        times.push(start.elapsed());
        if status != 200 {
            return Err(Error::Program(format!(
                "the first response has status {status}, expected 200"
            )));
        }
        rss = rss.max(program.rss()?);
    }
    let times = Samples::new(times);
    let text = format!(
        "| {} starts | median | min | max |\n|---|---|---|---|\n\
         | from spawn to the first response, ms | {} | {} | {} |\n\
         | resident after it, MB | | | {} |\n",
        options.rounds,
        milliseconds(times.percentile(50)),
        milliseconds(times.percentile(0)),
        milliseconds(times.max()),
        megabytes(rss),
    );
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    Ok(options
        .max_first_response
        .is_none_or(|max| times.percentile(50) <= max)
        && options.max_rss.is_none_or(|max| rss <= max))
}
