//! The limit of open file descriptors (getrlimit(2), `RLIMIT_NOFILE`).

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

const DEFAULT_MAX_CONNECTIONS: usize = 16384;

/// Descriptors reserved for the operations port, the worker threads, and the service's files and client connections.
const RESERVED: usize = 512;

/// Raises the soft limit to the hard limit. The soft limit is low only for programs that use select(2).
pub(crate) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // An error is ignored because the number of connections is capped to the limit.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
}

pub(crate) fn default_max_connections() -> usize {
    max_connections(limit()).min(DEFAULT_MAX_CONNECTIONS)
}

/// Caps the number of connections to the limit of open files, with a warning.
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

/// Reserves half of the descriptors if the limit is low.
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
