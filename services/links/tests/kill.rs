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

use common::database;
use program::{post, Links};
use tempfile::tempdir;

const CLIENTS: usize = 8;

/// The number of acknowledged links before each SIGKILL; more requests are in flight.
const ROUNDS: [usize; 4] = [1, 40, 200, 500];

#[test]
fn keeps_acknowledged_links_after_sigkill() {
    let directory = tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for wanted in ROUNDS {
        let mut links = Links::start(&database(&directory));
        let (sender, receiver) = mpsc::channel();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (sender, address) = (sender.clone(), links.address());
                thread::spawn(move || {
                    let body = r#"{"url": "http://example.org/"}"#;
                    while let Some(response) = post(address, body).filter(|response| response.status == 201) {
                        let code = response.json()["code"].as_str().unwrap().to_owned();
                        sender.send(code).unwrap();
                    }
                })
            })
            .collect();
        drop(sender);
        acknowledged.extend(receiver.iter().take(wanted));
        links.kill();
        for client in clients {
            client.join().unwrap();
        }
        // Links that were acknowledged before the signal took effect.
        acknowledged.extend(receiver.iter());
    }

    let links = Links::start(&database(&directory));
    assert!(acknowledged.len() >= ROUNDS.iter().sum());
    for code in &acknowledged {
        let response = links.get(&format!("/{code}"));
        assert_eq!(response.status, 302, "lost the acknowledged link {code}");
    }
}
