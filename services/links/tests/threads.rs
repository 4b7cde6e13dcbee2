//! The program while no thread can be started.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs
)]

mod common;
#[path = "common/program.rs"]
mod program;

use common::database;
use program::Links;
use tempfile::tempdir;

#[test]
fn reads_recover_after_thread_exhaustion() {
    let directory = tempdir().unwrap();
    let links = Links::start_with(&database(&directory), &[("WORKER_THREADS", "1")], None);
    links.limit_threads(true);
    // More than the number of read connections.
    for _ in 0..6 {
        let detail = links.get("/links").assert_problem(503);
        assert!(detail.contains("unavailable"), "{detail}");
    }
    let line = links.wait_for("the database is unavailable, nothing was changed");
    assert_eq!(line["error"], "cannot start a thread");
    links.limit_threads(false);
    assert_eq!(links.get("/links").status, 200);
}
