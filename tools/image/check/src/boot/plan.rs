//! Messages between the parent and the init process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The root filesystem and the program to execute.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Plan {
    pub(super) layout: PathBuf,
    pub(super) platform: Option<String>,
    /// An empty directory to mount the root filesystem on.
    pub(super) root: PathBuf,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
    /// A static program that runs programs of the image's CPU.
    pub(super) emulator: Option<PathBuf>,
    pub(super) argv: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) working_dir: String,
    /// Writable directories, each a filesystem in memory.
    pub(super) volumes: Vec<String>,
}

/// The reply of the init process.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Reply {
    /// The root filesystem is complete. The socket closes on execution of the program.
    Ready {
        /// Origin of `/proc`.
        proc: String,
        /// Time of `monotonic_time`.
        at: Duration,
    },
    /// The program could not be started.
    Failed(String),
}
