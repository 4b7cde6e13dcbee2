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
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use common::database;
use program::Links;
use tempfile::{tempdir, TempDir};
use test_support::service_command;

const LINK: &str = r#"{"url": "http://example.org/", "code": "existing"}"#;
const OTHER: &str = r#"{"url": "http://example.org/", "code": "other"}"#;

/// The size of `links.db-shm`, the index of the write-ahead log.
const WAL_INDEX_SIZE: u64 = 32768;

/// Checks that reads succeed, and that writes fail for a reason that `/readyz` reports.
fn check_read_only(links: &Links, reason: &str) {
    assert_eq!(links.get("/existing").status, 302);
    assert_eq!(links.get("/links").status, 200);
    for _ in 0..2 {
        let detail = links.post(OTHER).assert_problem(503);
        assert!(detail.contains("unavailable"), "{detail}");
    }
    let detail = links.readiness().assert_problem(503);
    assert!(
        detail.contains("cannot write") && detail.contains(reason),
        "{detail}"
    );
    assert_eq!(links.get("/existing").status, 302);
    assert_eq!(links.get("/other").status, 404);
}

/// Checks that the service becomes ready without another request, and that writes succeed.
fn check_writable(links: &Links) {
    let readiness = links.readiness();
    assert_eq!(readiness.status, 200, "{readiness:?}");
    assert_eq!(links.get("/other").status, 404);
    assert_eq!(links.post(OTHER).status, 201);
    assert_eq!(links.get("/other").status, 302);
    assert_eq!(links.get("/existing").status, 302);
}

#[test]
fn serves_reads_while_files_cannot_grow() {
    let directory = tempdir().unwrap();
    let links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    links.limit_files(Some(0));
    check_read_only(&links, "disk I/O error");
    links.limit_files(None);
    check_writable(&links);
}

#[test]
fn starts_while_files_cannot_grow() {
    let directory = tempdir().unwrap();
    let mut links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    assert!(links.terminate().success());
    let links = Links::start_with(&database(&directory), &[], Some(0));
    check_read_only(&links, "disk I/O error");
    links.limit_files(None);
    check_writable(&links);
}

#[test]
fn recovers_while_files_cannot_grow() {
    let directory = tempdir().unwrap();
    let mut links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    // The index is rebuilt at each start.
    while fs::metadata(directory.path().join("links.db-wal")).unwrap().len() < WAL_INDEX_SIZE {
        assert_eq!(links.post(r#"{"url": "http://example.org/"}"#).status, 201);
    }
    links.kill();
    let links = Links::start_with(&database(&directory), &[], Some(WAL_INDEX_SIZE));
    check_read_only(&links, "disk I/O error");
    links.limit_files(None);
    check_writable(&links);
}

#[test]
fn reports_unwritable_volume_without_requests() {
    let directory = tempdir().unwrap();
    let links = Links::start(&database(&directory));
    links.limit_files(Some(0));
    assert_eq!(links.readiness().status, 503);
    links.limit_files(None);
    assert_eq!(links.readiness().status, 200);
}

#[test]
fn rejects_changes_while_the_file_is_missing() {
    let directory = tempdir().unwrap();
    let links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    let moved = directory.path().join("moved.db");
    fs::rename(database(&directory), &moved).unwrap();
    assert!(links.post(OTHER).assert_problem(503).contains("unavailable"));
    let detail = links.readiness().assert_problem(503);
    assert!(detail.contains("unable to open database file"), "{detail}");
    fs::rename(&moved, database(&directory)).unwrap();
    check_writable(&links);
}

#[test]
fn rejects_the_log_of_a_replaced_file() {
    let directory = tempdir().unwrap();
    check_replaced_file(&directory, &database(&directory));
}

#[test]
fn rejects_the_log_of_a_replaced_target() {
    let directory = tempdir().unwrap();
    check_replaced_file(&directory, &link_to_database(&directory));
}

/// A symbolic link to the database.
fn link_to_database(directory: &TempDir) -> PathBuf {
    let link = directory.path().join("current.db");
    symlink("links.db", &link).unwrap();
    link
}

/// Replaces the database of a service whose `LINKS_DATABASE` is `path`.
fn check_replaced_file(directory: &TempDir, path: &Path) {
    let (database, log) = (database(directory), directory.path().join("links.db-wal"));
    let mut links = Links::start(path);
    assert_eq!(links.post(LINK).status, 201);
    assert_eq!(links.terminate().code(), Some(0));
    let [backup, moved] = ["backup.db", "moved.db"].map(|name| directory.path().join(name));
    fs::copy(&database, &backup).unwrap();
    let links = Links::start(path);
    assert_eq!(links.post(OTHER).status, 201);
    assert_eq!(links.get("/other").status, 302);
    fs::rename(&database, &moved).unwrap();
    fs::rename(&backup, &database).unwrap();
    for _ in 0..2 {
        let detail = links.post(OTHER).assert_problem(503);
        assert!(detail.contains("unavailable"), "{detail}");
        let detail = links.readiness().assert_problem(503);
        assert!(
            detail.contains("the database file was replaced, but not its log"),
            "{detail}"
        );
        // Not read from the previous file.
        assert_eq!(links.get("/other").status, 503);
    }
    fs::remove_file(&log).unwrap();
    check_writable(&links);
}

#[test]
fn writes_the_log_to_the_file_at_exit() {
    let directory = tempdir().unwrap();
    let database = database(&directory);
    let mut links = Links::start(&database);
    assert_eq!(links.post(LINK).status, 201);
    assert_eq!(links.terminate().code(), Some(0));
    assert!(!database.with_extension("db-wal").exists());
}

#[test]
fn keeps_changes_after_the_log_is_removed() {
    let directory = tempdir().unwrap();
    check_removed_log(&directory, &database(&directory));
}

#[test]
fn keeps_changes_after_the_log_of_a_target_is_removed() {
    let directory = tempdir().unwrap();
    check_removed_log(&directory, &link_to_database(&directory));
}

fn check_removed_log(directory: &TempDir, path: &Path) {
    let mut links = Links::start(path);
    assert_eq!(links.post(LINK).status, 201);
    fs::remove_file(directory.path().join("links.db-wal")).unwrap();
    assert_eq!(links.post(OTHER).status, 201);
    let check = |links: &Links| {
        assert_eq!(links.get("/existing").status, 302);
        assert_eq!(links.get("/other").status, 302);
        assert_eq!(links.readiness().status, 200);
    };
    check(&links);
    links.kill();
    check(&Links::start(path));
}

#[test]
fn reads_after_the_log_is_removed() {
    let directory = tempdir().unwrap();
    let mut links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    // No connection for reading is open.
    fs::remove_file(directory.path().join("links.db-wal")).unwrap();
    assert_eq!(links.get("/existing").status, 302);
    assert_eq!(links.readiness().status, 200);
    links.kill();
    assert_eq!(Links::start(&database(&directory)).get("/existing").status, 302);
}

#[test]
fn reports_a_corrupt_file() {
    let directory = tempdir().unwrap();
    let mut links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    assert!(links.terminate().success());
    let mut file = fs::read(database(&directory)).unwrap();
    // The pages after the schema and the table: the index of codes.
    file[8192..].fill(0xff);
    fs::write(database(&directory), file).unwrap();
    let links = Links::start(&database(&directory));
    assert_eq!(links.get("/links").status, 200);
    assert_eq!(links.post(OTHER).status, 500);
    let detail = links.readiness().assert_problem(503);
    assert!(detail.contains("malformed"), "{detail}");
}

#[test]
fn starts_without_a_creatable_log() {
    let directory = tempdir().unwrap();
    let mut links = Links::start(&database(&directory));
    assert_eq!(links.post(LINK).status, 201);
    assert!(links.terminate().success());
    let log = directory.path().join("links.db-wal");
    // Unlike the permissions of the directory, this also applies to root.
    fs::create_dir(&log).unwrap();
    let links = Links::start(&database(&directory));
    check_read_only(&links, "unable to open database file");
    fs::remove_dir(&log).unwrap();
    check_writable(&links);
}

#[test]
fn failed_starts_name_the_reason() {
    let directory = tempdir().unwrap();
    let start = |database: &str| {
        let mut command = service_command(env!("CARGO_BIN_EXE_links"), &[("LINKS_DATABASE", database)]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let stderr = start("missing/links.db");
    assert!(stderr.ends_with("its directory must be writable\n"), "{stderr}");
    fs::write(database(&directory), "other content".repeat(100)).unwrap();
    let stderr = start(database(&directory).to_str().unwrap());
    assert!(
        stderr.contains("file is not a database") && !stderr.contains("writable"),
        "{stderr}"
    );
}
