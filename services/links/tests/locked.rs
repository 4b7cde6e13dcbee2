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

use common::Directory;
use program::{request, Program};
use rusqlite::Connection;

const LINK: &str = r#"{"url": "http://example.org/"}"#;

fn lock(directory: &Directory) -> Connection {
    let connection = Connection::open(directory.database()).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[test]
fn answers_queued_changes_within_one_wait() {
    let directory = Directory::new("locked-queue");
    let program = Program::start(&directory.database());
    let lock = lock(&directory);
    let begun = Instant::now();
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let address = program.address.clone();
            thread::spawn(move || request(&address, "POST", "/links", LINK).unwrap())
        })
        .collect();
    for client in clients {
        let (status, body) = client.join().unwrap();
        assert_eq!(status, 503, "{body}");
        assert!(body.contains("the database is busy"), "{body}");
    }
    assert!(
        begun.elapsed() < Duration::from_millis(6500),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(program.readiness().0, 200);

    drop(lock);
    assert_eq!(program.post(LINK).0, 201);
    let (_, page) = program.get("/links");
    assert_eq!(page.matches("code").count(), 1, "{page}");
}

#[test]
fn shuts_down_within_drain_timeout() {
    for (drain, most) in [
        ("6s", Duration::from_millis(6500)),
        ("1s", Duration::from_millis(2500)),
    ] {
        let directory = Directory::new("locked-shutdown");
        let mut program = Program::start_with(&directory.database(), &[("DRAIN_TIMEOUT", drain)], None);
        let _lock = lock(&directory);
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let address = program.address.clone();
                thread::spawn(move || request(&address, "POST", "/links", LINK))
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        program.terminate();
        assert!(
            begun.elapsed() < most,
            "DRAIN_TIMEOUT={drain}: {:?}",
            begun.elapsed()
        );
        for client in clients {
            client.join().unwrap();
        }
    }
}
