//! What was acknowledged survives the process, however it ends.

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

use common::Folder;
use program::{request, Program};

const CLIENTS: usize = 8;

/// Killed after so many acknowledged writes, while more are under way.
const ROUNDS: [usize; 4] = [1, 40, 200, 500];

#[test]
fn sigkill_under_load_loses_no_acknowledged_link() {
    let folder = Folder::new("kill");
    let mut acknowledged = Vec::new();
    for wanted in ROUNDS {
        let mut program = Program::start(&folder.database());
        let (tell, told) = mpsc::channel();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (tell, address) = (tell.clone(), program.address.clone());
                thread::spawn(move || {
                    let body = r#"{"url": "http://example.org/"}"#;
                    while let Some((201, link)) = request(&address, "POST", "/links", body) {
                        let link: serde_json::Value = serde_json::from_str(&link).unwrap();
                        tell.send(link["code"].as_str().unwrap().to_owned()).unwrap();
                    }
                })
            })
            .collect();
        drop(tell);
        acknowledged.extend(told.iter().take(wanted));
        program.kill();
        for client in clients {
            client.join().unwrap();
        }
        // Those that came between the last that was waited for and the kill.
        acknowledged.extend(told.iter());
    }

    let program = Program::start(&folder.database());
    assert!(acknowledged.len() >= ROUNDS.iter().sum());
    for code in &acknowledged {
        let found = request(&program.address, "GET", &format!("/{code}"), "").expect("an answer");
        assert_eq!(found.0, 302, "{code} was acknowledged and is lost");
    }
}
