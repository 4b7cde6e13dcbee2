//! The limit of open file descriptors (getrlimit(2), `RLIMIT_NOFILE`).

use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

const DEFAULT_MAX_CONNECTIONS: u32 = 16384;

/// Descriptors reserved for the operations port, the worker threads, and the service's files and client connections.
const RESERVED: u32 = 512;

/// Raises the soft limit to the hard limit. The soft limit is low only for programs that use select(2).
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // An error is ignored because the number of connections is capped to the limit.
        let current = limit.maximum;
        let _ = setrlimit(Resource::Nofile, Rlimit { current, ..limit });
    }
}

pub(crate) fn default_max_connections() -> u32 {
    max_connections(limit()).min(DEFAULT_MAX_CONNECTIONS)
}

/// Caps the number of connections to the limit of open files, with a warning.
pub(crate) fn cap_connections(configured: u32) -> u32 {
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

fn limit() -> u32 {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(u32::MAX, |limit| u32::try_from(limit).unwrap_or(u32::MAX))
}

/// Reserves half of the descriptors if the limit is low.
fn max_connections(limit: u32) -> u32 {
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
