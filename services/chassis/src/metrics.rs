//! The metrics of the chassis and of the service, in one registry that `/metrics` encodes.
//!
//! A service creates a metric in a static variable. The metric appears in `/metrics` after its first use:
//!
//! ```
//! use std::sync::LazyLock;
//!
//! use chassis::metrics::{self, Counter, Family};
//!
//! static MAILS: LazyLock<Counter> = LazyLock::new(|| metrics::counter("mails", "Sent mails"));
//!
//! static CALLS: LazyLock<Family<[(&str, &str); 1], Counter>> =
//!     LazyLock::new(|| metrics::register("upstream_calls", "Calls of the upstream", Family::default()));
//!
//! fn send() {
//!     MAILS.inc();
//!     CALLS.get_or_create(&[("result", "ok")]).inc();
//! }
//! ```
//!
//! The types are reexports of the crate `prometheus-client`. The text format is `OpenMetrics` 1.0.0, which appends `_total` to the
//! name of a counter.

pub use chassis_telemetry::metrics::{
    counter, gauge, histogram, register, Counter, Family, Gauge, Histogram,
};
