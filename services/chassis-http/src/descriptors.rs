//! The limit of open file descriptors (getrlimit(2), `RLIMIT_NOFILE`).

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

const DEFAULT_MAX_CONNECTIONS: u32 = 16384;

/// With fewer descriptors, the threads and the service's files would leave none for probes.
const MIN_LIMIT: u32 = 128;

/// Descriptors reserved for the operations port, the worker threads, and the service's files and client connections.
const RESERVED: u32 = 512;

/// A thread uses 4 descriptors, so at most half of those that are reserved.
const LIMIT_PER_THREAD: u32 = 16;

/// The limit of open files is too low to serve connections and probes.
#[derive(Debug, thiserror::Error)]
#[error("invalid hard limit of open files {limit}: expected at least {MIN_LIMIT}; with a container engine:\n  --ulimit nofile=1024")]
pub struct LowDescriptorLimit {
    limit: u32,
}

/// Raises the soft limit of open files to the hard limit. The soft limit is low only for programs that use select(2).
///
/// Returns an error if the limit is below 128.
pub fn raise_descriptor_limit() -> Result<(), LowDescriptorLimit> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // An error is ignored because the number of connections is capped to the limit.
        let current = limit.maximum;
        let _ = setrlimit(Resource::Nofile, Rlimit { current, ..limit });
    }
    match self::limit() {
        limit if limit < MIN_LIMIT => Err(LowDescriptorLimit { limit }),
        _ => Ok(()),
    }
}

pub(crate) fn default_max_connections() -> u32 {
    max_connections(limit()).min(DEFAULT_MAX_CONNECTIONS)
}

/// Caps `MAX_CONNECTIONS` to the limit of open files.
pub(crate) fn cap_connections(configured: u32) -> u32 {
    let required = configured + RESERVED.min(configured);
    cap("MAX_CONNECTIONS", configured, max_connections(limit()), required)
}

/// Caps `WORKER_THREADS` to the limit of open files.
pub(crate) fn cap_worker_threads(configured: u32) -> u32 {
    let required = configured * LIMIT_PER_THREAD;
    cap("WORKER_THREADS", configured, max_worker_threads(), required)
}

/// Caps the value of a variable, with a warning that contains the limit of open files that the value requires.
fn cap(variable: &str, configured: u32, max: u32, required: u32) -> u32 {
    if configured > max {
        let limit = limit();
        tracing::warn!(
            configured,
            used = max,
            "{variable} is capped by the hard limit of open files {limit}; with a container engine: --ulimit nofile={required}"
        );
    }
    configured.min(max)
}

/// Returns the maximum number of worker threads for the limit of open files: 1 for each 16.
pub fn max_worker_threads() -> u32 {
    max_threads(limit())
}

fn limit() -> u32 {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(u32::MAX, |limit| u32::try_from(limit).unwrap_or(u32::MAX))
}

/// Reserves half of the descriptors if the limit is low.
fn max_connections(limit: u32) -> u32 {
    (limit - RESERVED.min(limit / 2)).max(1)
}

fn max_threads(limit: u32) -> u32 {
    (limit / LIMIT_PER_THREAD).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserves_descriptors() {
        assert_eq!(max_connections(2048), 1536);
        assert_eq!(max_connections(100), 50);
        assert_eq!(max_connections(0), 1);
        assert_eq!(max_threads(128), 8);
        assert_eq!(max_threads(0), 1);
    }
}
