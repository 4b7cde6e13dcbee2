//! What is counted, in the text format of Prometheus.
//!
//! Label values are bounded: routes are those of the router, methods the known ones, and beyond [`MOST_ROUTES`] a route
//! counts as "other".

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::BuildInfo;
use crate::shards::Shards;
use crate::{log, panics};

/// Upper bounds of the latency's histogram, in seconds.
const BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

const METHODS: [&str; 9] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
];

const MOST_ROUTES: usize = 500;

/// A service's counters.
#[derive(Default)]
pub(crate) struct Metrics {
    routes: Shards<Mutex<Routes>>,
    connections: AtomicI64,
    shed: AtomicU64,
    not_accepted: AtomicU64,
}

type Routes = BTreeMap<Box<str>, Route>;

#[derive(Clone, Default)]
struct Route {
    /// Few, so they are looked through.
    answers: Vec<Answers>,
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// How many answers there were of a method, by its place in [`METHODS`], and a status.
#[derive(Clone)]
struct Answers {
    method: usize,
    status: u16,
    count: u64,
}

/// A connection that counts as long as it is there.
pub(crate) struct Connected(Arc<Metrics>);

impl Connected {
    /// It could not be served.
    pub(crate) fn lost(&self, error: &io::Error) {
        self.0.lost(error);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn shed(&self) {
        self.shed.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection could not be served.
    pub(crate) fn lost(&self, error: &io::Error) {
        self.not_accepted.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(%error, "a connection was not accepted");
    }

    pub(crate) fn connected(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    pub(crate) fn finished(&self, method: &Method, route: &str, status: StatusCode, latency: Duration) {
        let mut routes = self.routes.mine().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = routes.get_mut(route) {
            known.add(method, status, latency);
            return;
        }
        let route = if routes.len() < MOST_ROUTES {
            route
        } else {
            "other"
        };
        routes
            .entry(route.into())
            .or_default()
            .add(method, status, latency);
    }

    /// Everything, as `/metrics` answers it.
    pub(crate) fn text(&self, build_info: &BuildInfo, in_flight: usize) -> String {
        let mut text = String::with_capacity(4096);
        self.requests(&mut text);
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed).to_string();
        let gauge = |gauge: &AtomicI64| gauge.load(Ordering::Relaxed).to_string();
        for (name, kind, help, value) in [
            (
                "http_requests_in_flight",
                "gauge",
                "Requests that are being served.",
                in_flight.to_string(),
            ),
            (
                "http_requests_shed_total",
                "counter",
                "Requests answered 503 because of MAX_REQUESTS.",
                load(&self.shed),
            ),
            (
                "http_connections",
                "gauge",
                "Open connections.",
                gauge(&self.connections),
            ),
            (
                "http_connections_failed_total",
                "counter",
                "Connections that could not be accepted.",
                load(&self.not_accepted),
            ),
            (
                "panics_total",
                "counter",
                "Panics, of handlers and of all else.",
                panics::count().to_string(),
            ),
            (
                "log_lines_dropped_total",
                "counter",
                "Log lines that nobody read in time.",
                log::dropped().to_string(),
            ),
        ] {
            head(&mut text, name, kind, help);
            let _ = writeln!(text, "{name} {value}");
        }
        head(&mut text, "build_info", "gauge", "What was built; always 1.");
        let commit = build_info.stamp.get("commit").map_or("", String::as_str);
        let labels = [
            ("name", build_info.name),
            ("version", &build_info.version),
            ("target", &build_info.target),
            ("commit", commit),
        ];
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
            .collect();
        let _ = writeln!(text, "build_info{{{}}} 1", labels.join(","));
        text
    }

    fn requests(&self, text: &mut String) {
        let routes = self.merged();
        head(
            text,
            "http_requests_total",
            "counter",
            "Requests by method, route and status.",
        );
        for (name, route) in &routes {
            let name = escape(name);
            for Answers {
                method,
                status,
                count,
            } in &route.answers
            {
                let method = METHODS.get(*method).unwrap_or(&"other");
                let _ = writeln!(
                    text,
                    "http_requests_total{{method=\"{method}\",route=\"{name}\",status=\"{status}\"}} {count}"
                );
            }
        }
        let family = "http_request_duration_seconds";
        head(
            text,
            family,
            "histogram",
            "Time from a request's head to the end of its answer.",
        );
        for (name, route) in &routes {
            let name = escape(name);
            let mut below = 0;
            for (bound, count) in BUCKETS.iter().zip(&route.buckets) {
                below += count;
                let _ = writeln!(text, "{family}_bucket{{route=\"{name}\",le=\"{bound}\"}} {below}");
            }
            let _ = writeln!(
                text,
                "{family}_bucket{{route=\"{name}\",le=\"+Inf\"}} {}",
                route.count
            );
            let _ = writeln!(text, "{family}_sum{{route=\"{name}\"}} {}", route.seconds);
            let _ = writeln!(text, "{family}_count{{route=\"{name}\"}} {}", route.count);
        }
    }

    fn merged(&self) -> Routes {
        let mut merged = Routes::new();
        for shard in self.routes.all() {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, route) in shard.iter() {
                merged.entry(name.clone()).or_default().merge(route);
            }
        }
        for route in merged.values_mut() {
            route
                .answers
                .sort_unstable_by_key(|answers| (answers.method, answers.status));
        }
        merged
    }
}

impl Route {
    fn add(&mut self, method: &Method, status: StatusCode, latency: Duration) {
        let method = METHODS
            .iter()
            .position(|known| *known == method.as_str())
            .unwrap_or(METHODS.len());
        self.answered(method, status.as_u16(), 1);
        let seconds = latency.as_secs_f64();
        self.count += 1;
        self.seconds += seconds;
        let bucket = BUCKETS
            .iter()
            .zip(&mut self.buckets)
            .find(|(bound, _)| seconds <= **bound);
        if let Some((_, count)) = bucket {
            *count += 1;
        }
    }

    fn answered(&mut self, method: usize, status: u16, count: u64) {
        let known = self
            .answers
            .iter_mut()
            .find(|answers| answers.method == method && answers.status == status);
        match known {
            Some(answers) => answers.count += count,
            None => self.answers.push(Answers {
                method,
                status,
                count,
            }),
        }
    }

    fn merge(&mut self, other: &Self) {
        for answers in &other.answers {
            self.answered(answers.method, answers.status, answers.count);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.seconds += other.seconds;
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A label's value.
fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(metrics: &Metrics, route: &str, millis: u64) {
        metrics.finished(&Method::GET, route, StatusCode::OK, Duration::from_millis(millis));
    }

    fn text(metrics: &Metrics) -> String {
        let build_info = BuildInfo {
            name: "hello",
            version: "1.2.3".to_owned(),
            target: "a-b-c".to_owned(),
            stamp: BTreeMap::from([("commit".to_owned(), "a\"b".to_owned())]),
        };
        metrics.text(&build_info, 3)
    }

    #[test]
    fn buckets_are_cumulative() {
        let metrics = Metrics::default();
        for millis in [0, 2, 2, 300, 60_000] {
            count(&metrics, "/", millis);
        }
        let text = text(&metrics);
        for line in [
            "http_requests_total{method=\"GET\",route=\"/\",status=\"200\"} 5",
            "http_request_duration_seconds_bucket{route=\"/\",le=\"0.001\"} 1",
            "http_request_duration_seconds_bucket{route=\"/\",le=\"0.0025\"} 3",
            "http_request_duration_seconds_bucket{route=\"/\",le=\"10\"} 4",
            "http_request_duration_seconds_bucket{route=\"/\",le=\"+Inf\"} 5",
            "http_request_duration_seconds_count{route=\"/\"} 5",
            "http_requests_in_flight 3",
            "build_info{name=\"hello\",version=\"1.2.3\",target=\"a-b-c\",commit=\"a\\\"b\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn routes_and_methods_are_bounded() {
        let metrics = Metrics::default();
        for n in 0..2 * MOST_ROUTES {
            count(&metrics, &format!("/{n}"), 1);
        }
        let method = Method::from_bytes(b"BREW").unwrap();
        metrics.finished(&method, "/0", StatusCode::OK, Duration::ZERO);
        let text = text(&metrics);
        assert!(
            text.lines()
                .filter(|line| line.starts_with("http_requests_total{"))
                .count()
                <= MOST_ROUTES + 2
        );
        assert!(text.contains(&format!(
            "{{method=\"GET\",route=\"other\",status=\"200\"}} {MOST_ROUTES}"
        )));
        assert!(text.contains("method=\"other\""));
        assert!(!text.contains("BREW"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may block")]
    fn threads_are_counted_together() {
        const THREADS: usize = 40;
        let metrics = Arc::new(Metrics::default());
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let metrics = Arc::clone(&metrics);
                std::thread::spawn(move || count(&metrics, "/", 1))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(text(&metrics).contains(&format!(
            "http_request_duration_seconds_count{{route=\"/\"}} {THREADS}"
        )));
    }
}
