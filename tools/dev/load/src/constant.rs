//! Latency at a constant rate.

use std::io::Write;
use std::path::PathBuf;

use crate::open_loop::{self, Latencies, Load};
use crate::program::Program;
use crate::samples::microseconds;
use crate::Error;

/// Options of `load constant`.
pub(crate) struct Options {
    /// The service program.
    pub(crate) program: PathBuf,
    /// The requests to send.
    pub(crate) load: Load,
}

/// Prints a table. Returns false if a request got no response.
pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Result<bool, Error> {
    let program = Program::start(&options.program, &[])?;
    let latencies = open_loop::send(&options.load, program.address)?;
    let text = format!("{HEADER}{}", row(options.load.rate, &latencies));
    out.write_all(text.as_bytes()).map_err(Error::system("print"))?;
    Ok(latencies.unanswered == 0)
}

/// The header of `row`.
pub(crate) const HEADER: &str = "\
| requests/s | completed | unanswered | p50, us | p90, us | p99, us | p99.9, us |
|---|---|---|---|---|---|---|
";

/// A line of the table.
pub(crate) fn row(rate: u32, latencies: &Latencies) -> String {
    let times = &latencies.times;
    format!(
        "| {rate} | {} | {} | {} | {} | {} | {} |\n",
        times.count(),
        latencies.unanswered,
        microseconds(times.permille(500)),
        microseconds(times.permille(900)),
        microseconds(times.permille(990)),
        microseconds(times.permille(999)),
    )
}
