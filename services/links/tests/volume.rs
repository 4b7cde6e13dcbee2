//! The program while its database cannot be written.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs
)]

mod common;
#[path = "common/program.rs"]
mod program;

use std::fs;

use common::Directory;
use program::Program;

const LINK: &str = r#"{"url": "http://example.org/", "code": "kept"}"#;
const OTHER: &str = r#"{"url": "http://example.org/", "code": "other"}"#;

/// The size of `links.db-shm`.
const LOG_INDEX: u64 = 32768;

/// Reads work, writes fail, and `/readyz` says why.
fn check_read_only(program: &Program, reason: &str) {
    assert_eq!(program.get("/kept").0, 302);
    assert_eq!(program.get("/links").0, 200);
    for _ in 0..2 {
        let (status, body) = program.post(OTHER);
        assert_eq!(status, 503, "{body}");
        assert!(body.contains("unavailable"), "{body}");
    }
    let (status, body) = program.readiness();
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("cannot write") && body.contains(reason), "{body}");
    assert_eq!(program.get("/kept").0, 302);
    assert_eq!(program.get("/other").0, 404);
}

/// Readiness returns without any other request.
fn check_writable(program: &Program) {
    let (status, body) = program.readiness();
    assert_eq!(status, 200, "{body}");
    assert_eq!(program.get("/other").0, 404);
    assert_eq!(program.post(OTHER).0, 201);
    assert_eq!(program.get("/other").0, 302);
    assert_eq!(program.get("/kept").0, 302);
}

#[test]
fn serves_reads_while_files_cannot_grow() {
    let directory = Directory::new("volume-full");
    let program = Program::start(&directory.database());
    assert_eq!(program.post(LINK).0, 201);
    program.limit_files(0);
    check_read_only(&program, "disk I/O error");
    program.unlimit_files();
    check_writable(&program);
}

#[test]
fn starts_while_files_cannot_grow() {
    let directory = Directory::new("volume-start");
    let mut program = Program::start(&directory.database());
    assert_eq!(program.post(LINK).0, 201);
    assert!(program.terminate().success());
    let program = Program::start_with(&directory.database(), &[], Some(0));
    check_read_only(&program, "disk I/O error");
    program.unlimit_files();
    check_writable(&program);
}

#[test]
fn recovers_while_files_cannot_grow() {
    let directory = Directory::new("volume-recovery");
    let mut program = Program::start(&directory.database());
    assert_eq!(program.post(LINK).0, 201);
    // The log's index is made anew at each start.
    while fs::metadata(directory.0.join("links.db-wal")).unwrap().len() < LOG_INDEX {
        assert_eq!(program.post(r#"{"url": "http://example.org/"}"#).0, 201);
    }
    program.kill();
    let program = Program::start_with(&directory.database(), &[], Some(LOG_INDEX));
    check_read_only(&program, "disk I/O error");
    program.unlimit_files();
    check_writable(&program);
}

#[test]
fn reports_an_unwritable_volume_before_any_request() {
    let directory = Directory::new("volume-probe");
    let program = Program::start(&directory.database());
    program.limit_files(0);
    assert_eq!(program.readiness().0, 503);
    program.unlimit_files();
    assert_eq!(program.readiness().0, 200);
}

#[test]
fn starts_where_no_log_can_be_created() {
    let directory = Directory::new("volume-no-log");
    let mut program = Program::start(&directory.database());
    assert_eq!(program.post(LINK).0, 201);
    assert!(program.terminate().success());
    let log = directory.0.join("links.db-wal");
    // Unlike a mode of the directory this stops root too.
    fs::create_dir(&log).unwrap();
    let program = Program::start(&directory.database());
    check_read_only(&program, "unable to open database file");
    fs::remove_dir(&log).unwrap();
    check_writable(&program);
}
