//! The limit of open files (getrlimit(2), `RLIMIT_NOFILE`).

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

/// The default of `MAX_CONNECTIONS`, if the limit allows it.
const MAX_CONNECTIONS: usize = 16384;

/// Descriptors that connections leave to the operations port, the worker threads, the service's files and its own connections.
const RESERVED: usize = 512;

/// Raises the soft limit to the hard one: the soft one is kept low for programs that use select(2).
pub(crate) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Left as it is if the system refuses, since connections are limited to what there is.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
}

/// As many connections as the limit of open files allows, 16,384 at most.
pub(crate) fn default_max_connections() -> usize {
    max_connections(limit()).min(MAX_CONNECTIONS)
}

/// The configured number, or as many as the limit of open files allows, with a warning.
pub(crate) fn cap_connections(configured: usize) -> usize {
    let max = max_connections(limit());
    if configured > max {
        tracing::warn!(
            configured,
            used = max,
            "MAX_CONNECTIONS exceeds the limit of open files; raise it with ulimit -n"
        );
    }
    configured.min(max)
}

fn limit() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Half of them are reserved where the limit is low.
fn max_connections(limit: usize) -> usize {
    (limit - RESERVED.min(limit / 2)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserves_descriptors() {
        assert_eq!(max_connections(2048), 1536);
        assert_eq!(max_connections(100), 50);
        assert_eq!(max_connections(0), 1);
    }
}
