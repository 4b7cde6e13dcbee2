//! What the two halves of `boot` tell each other over a socket.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the init half is to make and run.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Plan {
    pub(super) layout: PathBuf,
    pub(super) platform: Option<String>,
    /// An empty directory to mount the root filesystem on.
    pub(super) root: PathBuf,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Supplementary groups.
    pub(super) groups: Vec<u32>,
    /// A static program that runs programs of the image's CPU.
    pub(super) emulator: Option<PathBuf>,
    pub(super) argv: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) working_dir: String,
    /// Writable directories, each a filesystem in memory.
    pub(super) volumes: Vec<String>,
}

/// What the init half says before it turns into the service.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Reply {
    /// All is made; the socket closes as the service starts.
    Ready {
        /// How `/proc` came to be.
        proc: String,
        /// When, by the clock that both halves read.
        at: Duration,
    },
    /// Something could not be made, or the service could not be started.
    Failed(String),
}
