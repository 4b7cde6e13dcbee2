//! The standard process metrics of Prometheus client libraries, from `/proc/self` (`proc_pid_stat(5)`).
//!
//! Hand-written because a crate for `/proc` would be larger.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{getrlimit, Resource};

/// The names that the collector encodes.
pub(super) const NAMES: [&str; 7] = [
    "process_cpu_seconds",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_threads",
    "process_start_time_seconds",
    "process_open_fds",
    "process_max_fds",
];

#[derive(Debug)]
pub(super) struct ProcessCollector;

#[derive(Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    threads: f64,
    start_seconds_after_boot: f64,
    virtual_bytes: f64,
    resident_bytes: f64,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stat = read("/proc/self/stat").as_deref().and_then(parse);
        if let Some(stat) = &stat {
            let cpu = ConstCounter::new(stat.cpu_seconds);
            let (name, kind) = ("process_cpu_seconds", cpu.metric_type());
            cpu.encode(encoder.encode_descriptor(name, "Processor time", None, kind)?)?;
        }
        let stat = stat.as_ref();
        let boot = read("/proc/stat").as_deref().and_then(boot_time);
        let started = boot
            .zip(stat)
            .map(|(boot, stat)| boot + stat.start_seconds_after_boot);
        let resident = stat.map(|stat| stat.resident_bytes);
        let virtual_bytes = stat.map(|stat| stat.virtual_bytes);
        let threads = stat.map(|stat| stat.threads);
        let max_fds = getrlimit(Resource::Nofile).current.map(to_float);
        // A value that the system does not provide is omitted.
        for (name, help, value) in [
            ("resident_memory_bytes", "Resident memory", resident),
            ("virtual_memory_bytes", "Virtual memory", virtual_bytes),
            ("threads", "Threads", threads),
            ("start_time_seconds", "Start time since the Unix epoch", started),
            ("open_fds", "Open file descriptors", open_descriptors()),
            ("max_fds", "Limit of open file descriptors", max_fds),
        ] {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                let name = format!("process_{name}");
                gauge.encode(encoder.encode_descriptor(&name, help, None, gauge.metric_type())?)?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "/proc does not block")]
fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "/proc does not block")]
fn open_descriptors() -> Option<f64> {
    // One entry is the descriptor of the directory itself.
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    Some(to_float(entries.count().saturating_sub(1) as u64))
}

#[expect(clippy::cast_precision_loss, reason = "exact to 2^53")]
fn to_float(number: u64) -> f64 {
    number as f64
}

fn parse(stat: &str) -> Option<Stat> {
    // The second field is the program's name in parentheses, which may itself contain parentheses and spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    // The manual numbers fields from 1; the first two have been removed.
    let field = |number: usize| fields.get(number - 3)?.trim().parse().ok().map(to_float);
    let seconds = |ticks: f64| ticks / to_float(clock_ticks_per_second());
    Some(Stat {
        cpu_seconds: seconds(field(14)? + field(15)?),
        threads: field(20)?,
        start_seconds_after_boot: seconds(field(22)?),
        virtual_bytes: field(23)?,
        resident_bytes: field(24)? * to_float(page_size() as u64),
    })
}

fn boot_time(stat: &str) -> Option<f64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_names_with_parentheses() {
        let fields: Vec<String> = (4..=52).map(|number| number.to_string()).collect();
        let stat = format!("7 (a) b) S {}", fields.join(" "));
        let parsed = parse(&stat).unwrap();
        assert_eq!((parsed.threads, parsed.virtual_bytes), (20.0, 23.0));
        assert_eq!(parse("7 (a) S 1"), None);
    }
}
