//! The registry of the program's metrics, and its encoding.
//!
//! The text format is `OpenMetrics` 1.0.0, which appends `_total` to the name of a counter.

mod process;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use prometheus_client::encoding::text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

pub use prometheus_client::metrics::counter::Counter;
pub use prometheus_client::metrics::family::Family;
pub use prometheus_client::metrics::gauge::Gauge;
pub use prometheus_client::metrics::histogram::Histogram;

/// The media type of [`encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One type for several families, because each type of labels adds 4 kB of code.
pub type Labels = Vec<(&'static str, String)>;

#[derive(Default)]
struct Metrics {
    registry: Registry,
    names: BTreeSet<String>,
}

/// `build_info` without the suffix of its type.
const BUILD: &str = "build";

static METRICS: LazyLock<Mutex<Metrics>> = LazyLock::new(Mutex::default);

/// Creates and registers a counter. See [`register`] for `name`.
pub fn counter(name: &str, help: &str) -> Counter {
    register(name, help, Counter::default())
}

/// Creates and registers a gauge. See [`register`] for `name`.
pub fn gauge(name: &str, help: &str) -> Gauge {
    register(name, help, Gauge::default())
}

/// Creates and registers a histogram. `buckets` are the upper bounds in ascending order. See [`register`] for `name`.
pub fn histogram(name: &str, help: &str, buckets: impl IntoIterator<Item = f64>) -> Histogram {
    register(name, help, Histogram::new(buckets))
}

/// Registers a metric of `prometheus-client`, such as a [`Family`] with labels, and returns it.
///
/// If `name` does not match `[a-zA-Z_:][a-zA-Z0-9_:]*` or is already registered, an error is logged and `/metrics` omits the metric.
/// Labels must have few values, because each combination is a time series, and no value may contain `"`, `\` or a line feed,
/// which `prometheus-client` does not escape.
pub fn register<M: Metric + Clone>(name: &str, help: &str, metric: M) -> M {
    let mut metrics = METRICS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_reserved = name == BUILD || process::NAMES.contains(&name);
    if is_name(name) && !is_reserved && metrics.names.insert(name.to_owned()) {
        metrics.registry.register(name, help, metric.clone());
    } else {
        tracing::error!(name, "metric not registered: invalid or duplicate name");
    }
    metric
}

/// Registers the metrics of the process, and `build_info` with its labels.
pub fn register_process_metrics(build_info: Vec<(&'static str, String)>) {
    let mut metrics = METRICS.lock().unwrap_or_else(PoisonError::into_inner);
    metrics
        .registry
        .register(BUILD, "Build information", Info::new(build_info));
    metrics
        .registry
        .register_collector(Box::new(process::ProcessCollector));
}

/// Encodes all metrics.
pub fn encode() -> Result<String, fmt::Error> {
    let metrics = METRICS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::with_capacity(4096);
    text::encode(&mut text, &metrics.registry)?;
    Ok(text)
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let letter = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':');
    bytes.next().is_some_and(letter) && bytes.all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_registered_metrics() {
        counter("own_mails", "Mails").inc();
        gauge("own_level", "Level").set(-3);
        histogram("own_seconds", "Seconds", [1.0, 2.0]).observe(1.5);
        let text = encode().unwrap();
        for line in [
            "own_mails_total 1",
            "own_level -3",
            "own_seconds_bucket{le=\"2.0\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn rejects_names_of_process_metrics() {
        register_process_metrics(vec![("version", "1".to_owned())]);
        let before = encode().unwrap();
        for name in before.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, _) = name.split_once(' ').unwrap();
            if name == BUILD || name.starts_with("process_") {
                gauge(name, "Duplicate");
            }
        }
        let after = encode().unwrap();
        for name in process::NAMES.into_iter().chain([BUILD]) {
            assert_eq!(
                after.matches(&format!("# TYPE {name} ")).count(),
                1,
                "{name}\n{after}"
            );
        }
    }

    #[test]
    fn rejects_invalid_and_duplicate_names() {
        counter("twice", "First").inc();
        counter("twice", "Second").inc_by(5);
        counter("a-b", "Invalid");
        counter("1a", "Invalid");
        let text = encode().unwrap();
        assert_eq!(text.matches("twice_total").count(), 1, "{text}");
        assert!(!text.contains("a-b") && !text.contains("1a_"), "{text}");
    }
}
