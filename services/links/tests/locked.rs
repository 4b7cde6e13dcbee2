//! The program while another process holds SQLite's lock.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs
)]

mod common;
#[path = "common/program.rs"]
mod program;

use std::thread;
use std::time::{Duration, Instant};

use common::database;
use program::{post, Links};
use rusqlite::Connection;
use tempfile::{tempdir, TempDir};

const LINK: &str = r#"{"url": "http://example.org/"}"#;

fn lock(directory: &TempDir) -> Connection {
    let connection = Connection::open(database(directory)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[test]
fn rejects_queued_changes_after_busy_timeout() {
    let directory = tempdir().unwrap();
    let links = Links::start(&database(&directory));
    let lock = lock(&directory);
    let start = Instant::now();
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let address = links.address();
            thread::spawn(move || post(address, LINK).unwrap())
        })
        .collect();
    for client in clients {
        let detail = client.join().unwrap().assert_problem(503);
        assert!(detail.contains("the database is busy"), "{detail}");
    }
    assert!(
        start.elapsed() < Duration::from_millis(6500),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(links.readiness().status, 200);

    drop(lock);
    assert_eq!(links.post(LINK).status, 201);
    let page = links.get("/links").body;
    assert_eq!(page.matches("code").count(), 1, "{page}");
}

#[test]
fn signals_end_the_start() {
    let directory = tempdir().unwrap();
    Links::start(&database(&directory)).terminate();
    let lock = Connection::open(database(&directory)).unwrap();
    lock.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    let mut links = Links::spawn(&database(&directory), &[], None);
    links.wait_for_handler();
    let start = Instant::now();
    assert_eq!(links.terminate().code(), Some(143));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn shuts_down_within_drain_timeout() {
    for (drain_timeout, max) in [
        ("6s", Duration::from_millis(6500)),
        ("1s", Duration::from_millis(2500)),
    ] {
        let directory = tempdir().unwrap();
        let mut links = Links::start_with(&database(&directory), &[("DRAIN_TIMEOUT", drain_timeout)], None);
        let _lock = lock(&directory);
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let address = links.address();
                thread::spawn(move || post(address, LINK))
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        links.terminate();
        assert!(
            start.elapsed() < max,
            "DRAIN_TIMEOUT={drain_timeout}: {:?}",
            start.elapsed()
        );
        for client in clients {
            client.join().unwrap();
        }
    }
}
