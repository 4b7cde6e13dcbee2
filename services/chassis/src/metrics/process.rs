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

#[derive(Debug)]
pub(super) struct ProcessCollector;

#[derive(Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    threads: i64,
    start_seconds_after_boot: f64,
    virtual_bytes: i64,
    resident_bytes: i64,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stat = read("/proc/self/stat").as_deref().and_then(parse);
        if let Some(stat) = &stat {
            let cpu = ConstCounter::new(stat.cpu_seconds);
            let (name, kind) = ("process_cpu_seconds", cpu.metric_type());
            cpu.encode(encoder.encode_descriptor(name, "Processor time", None, kind)?)?;
        }
        for (name, help, value) in gauges(stat.as_ref()) {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        Ok(())
    }
}

/// Name, help and value; `None` if the system does not provide the value.
#[expect(clippy::cast_precision_loss, reason = "exact to 2^53")]
fn gauges(stat: Option<&Stat>) -> [(&'static str, &'static str, Option<f64>); 6] {
    let of_stat = |field: fn(&Stat) -> i64| stat.map(|stat| field(stat) as f64);
    let boot = read("/proc/stat").as_deref().and_then(boot_time);
    let started = boot.and_then(|boot| Some(boot + stat?.start_seconds_after_boot));
    let max_fds = getrlimit(Resource::Nofile).current;
    [
        (
            "process_resident_memory_bytes",
            "Resident memory",
            of_stat(|stat| stat.resident_bytes),
        ),
        (
            "process_virtual_memory_bytes",
            "Virtual memory",
            of_stat(|stat| stat.virtual_bytes),
        ),
        ("process_threads", "Threads", of_stat(|stat| stat.threads)),
        (
            "process_start_time_seconds",
            "Start time since the Unix epoch",
            started,
        ),
        (
            "process_open_fds",
            "Open file descriptors",
            open_descriptors().map(|count| count as f64),
        ),
        (
            "process_max_fds",
            "Limit of open file descriptors",
            max_fds.map(|limit| limit as f64),
        ),
    ]
}

#[expect(clippy::disallowed_methods, reason = "/proc does not block")]
fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[expect(clippy::disallowed_methods, reason = "/proc does not block")]
fn open_descriptors() -> Option<usize> {
    // One entry is the descriptor of the directory itself.
    fs::read_dir("/proc/self/fd")
        .ok()
        .map(|entries| entries.count().saturating_sub(1))
}

fn parse(stat: &str) -> Option<Stat> {
    // The second field is the program's name in parentheses, which may itself contain parentheses and spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    // The manual numbers fields from 1; the first two have been removed.
    let field = |number: usize| fields.get(number - 3)?.trim().parse::<i64>().ok();
    #[expect(clippy::cast_precision_loss, reason = "exact to 2^53")]
    let seconds = |ticks: i64| ticks as f64 / clock_ticks_per_second() as f64;
    Some(Stat {
        cpu_seconds: seconds(field(14)? + field(15)?),
        threads: field(20)?,
        start_seconds_after_boot: seconds(field(22)?),
        virtual_bytes: field(23)?,
        resident_bytes: field(24)? * i64::try_from(page_size()).ok()?,
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
        assert_eq!(parsed.threads, 20);
        assert_eq!(parsed.virtual_bytes, 23);
        assert_eq!(parse("7 (a) S 1"), None);
    }
}
