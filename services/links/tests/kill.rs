//! Acknowledged links survive SIGKILL.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;
#[path = "common/program.rs"]
mod program;

use std::sync::mpsc;
use std::thread;

use common::Directory;
use program::{request, Program};

const CLIENTS: usize = 8;

/// Acknowledged writes before each kill; more are in flight.
const ROUNDS: [usize; 4] = [1, 40, 200, 500];

#[test]
fn keeps_acknowledged_links_after_sigkill() {
    let directory = Directory::new("kill");
    let mut acknowledged = Vec::new();
    for wanted in ROUNDS {
        let mut program = Program::start(&directory.database());
        let (sender, receiver) = mpsc::channel();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (sender, address) = (sender.clone(), program.address.clone());
                thread::spawn(move || {
                    let body = r#"{"url": "http://example.org/"}"#;
                    while let Some((201, link)) = request(&address, "POST", "/links", body) {
                        let link: serde_json::Value = serde_json::from_str(&link).unwrap();
                        sender.send(link["code"].as_str().unwrap().to_owned()).unwrap();
                    }
                })
            })
            .collect();
        drop(sender);
        acknowledged.extend(receiver.iter().take(wanted));
        program.kill();
        for client in clients {
            client.join().unwrap();
        }
        // Those acknowledged since.
        acknowledged.extend(receiver.iter());
    }

    let program = Program::start(&directory.database());
    assert!(acknowledged.len() >= ROUNDS.iter().sum());
    for code in &acknowledged {
        let found = request(&program.address, "GET", &format!("/{code}"), "").expect("a response");
        assert_eq!(found.0, 302, "{code} was acknowledged and is missing");
    }
}
