//! The program, over a database file.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use links::{Code, Store};
use rustix::fs::{mknodat, FileType, Mode, CWD};
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/example.jsonl");

/// A directory that is removed with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = env::temp_dir().join(format!("links-import-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn command(&self, files: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_links-import"));
        command
            .args(files)
            .env_clear()
            .env("LINKS_DATABASE", self.0.join("links.db"));
        command
    }

    fn run(&self, files: &[&str]) -> Output {
        self.command(files).output().unwrap()
    }

    fn write(&self, text: &str) -> String {
        let path = self.0.join("links.jsonl");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn store(&self) -> Store {
        Store::open(&self.0.join("links.db")).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The line of the log with a message.
fn line(output: &Output, message: &str) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["message"] == message).expect(&text)
}

fn counts(output: &Output) -> (u64, u64) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let line = line(output, "imported");
    (
        line["added"].as_u64().unwrap(),
        line["unchanged"].as_u64().unwrap(),
    )
}

async fn target(store: &Store, code: &str) -> Option<String> {
    store.target(Code::new(code.to_owned()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn second_import_changes_nothing() {
    let directory = Directory::new("twice");
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (3, 0));
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (0, 3));
    let found = target(&directory.store(), "sqlite").await;
    assert_eq!(found.as_deref(), Some("https://www.sqlite.org/wal.html"));
}

#[tokio::test]
async fn imports_while_the_database_is_open() {
    let directory = Directory::new("open");
    let store = directory.store();
    assert_eq!(target(&store, "tokio").await, None);
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (3, 0));
    assert!(target(&store, "tokio").await.is_some());
}

#[test]
fn imports_more_than_a_batch() {
    let directory = Directory::new("batches");
    let mut text = String::new();
    for number in 0..1000 {
        writeln!(
            text,
            "{{\"code\": \"c{number}\", \"url\": \"http://example.org/{number}\"}}\n"
        )
        .unwrap();
    }
    let file = directory.write(&text);
    assert_eq!(counts(&directory.run(&[EXAMPLE, &file])), (1003, 0));
}

#[tokio::test]
async fn errors_name_file_and_line() {
    let directory = Directory::new("errors");
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (3, 0));
    let good = r#"{"code": "a", "url": "http://example.org/"}"#;
    for (line_2, error) in [
        (r#"{"code": "b"}"#.to_owned(), "missing field `url` at column 13"),
        (
            r#"{"code": "tokio", "url": "http://example.org/"}"#.to_owned(),
            "code \"tokio\" is taken by another url",
        ),
        (" ".repeat(20_000), "more than 16384 bytes"),
    ] {
        let file = directory.write(&format!("{good}\n{line_2}\n{good}\n"));
        let output = directory.run(&[&file]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(line(&output, "job failed")["error"], format!("{file}:2: {error}"));
    }
}

#[tokio::test]
async fn invalid_lines_keep_the_database() {
    let directory = Directory::new("invalid");
    let file = directory.write("{}\n");
    assert_eq!(directory.run(&[EXAMPLE, &file]).status.code(), Some(1));
    assert_eq!(target(&directory.store(), "tokio").await, None);
}

#[test]
fn missing_files_are_named() {
    let directory = Directory::new("missing");
    let output = directory.run(&["/nowhere.jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = line(&output, "job failed")["error"].to_string();
    assert!(error.contains("cannot read \\\"/nowhere.jsonl\\\": "), "{error}");
}

#[test]
fn missing_arguments_exit_with_64() {
    let output = Directory::new("arguments").run(&[]);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "links-import: missing argument FILE\n  links-import --help\n"
    );
}

#[test]
fn signals_stop_the_import() {
    let directory = Directory::new("signal");
    // Opening it for reading waits for a writer: the job blocks until the timeout ends it.
    let pipe = directory.0.join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let mut child = directory
        .command(&[pipe.to_str().unwrap()])
        .envs([("STOP_TIMEOUT", "100ms"), ("LOG_FORMAT", "json")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The database is created before the files are read.
    while !directory.0.join("links.db").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("after STOP_TIMEOUT")));
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
