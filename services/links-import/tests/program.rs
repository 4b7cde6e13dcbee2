//! The program with a database file.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use links::{Code, Store};
use rustix::fs::{mknodat, FileType, Mode, CWD};
use serde_json::Value;
use tempfile::{tempdir, TempDir};
use test_support::Program;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/example.jsonl");

/// A directory with the database and an input file.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, files: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_links-import"));
        command
            .args(files)
            .env_clear()
            .env("LINKS_DATABASE", self.path("links.db"));
        command
    }

    fn run(&self, files: &[&str]) -> Output {
        self.command(files).output().unwrap()
    }

    fn write(&self, text: &str) -> String {
        let path = self.path("links.jsonl");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn store(&self) -> Store {
        Store::open(&self.path("links.db")).unwrap()
    }
}

/// The log line with a message.
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
    let directory = Directory::new();
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (3, 0));
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (0, 3));
    let found = target(&directory.store(), "sqlite").await;
    assert_eq!(found.as_deref(), Some("https://www.sqlite.org/wal.html"));
}

#[tokio::test]
async fn imports_while_the_database_is_open() {
    let directory = Directory::new();
    let store = directory.store();
    assert_eq!(target(&store, "tokio").await, None);
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (3, 0));
    assert!(target(&store, "tokio").await.is_some());
}

#[test]
fn imports_more_than_a_batch() {
    let directory = Directory::new();
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
    let directory = Directory::new();
    assert_eq!(counts(&directory.run(&[EXAMPLE])), (3, 0));
    let valid = r#"{"code": "a", "url": "http://example.org/"}"#;
    for (line_2, error) in [
        (r#"{"code": "b"}"#.to_owned(), "missing field `url` at column 13"),
        (
            r#"{"code": "tokio", "url": "http://example.org/"}"#.to_owned(),
            "code \"tokio\" already has another URL",
        ),
        (" ".repeat(20_000), "more than 16384 bytes"),
    ] {
        let file = directory.write(&format!("{valid}\n{line_2}\n{valid}\n"));
        let output = directory.run(&[&file]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(line(&output, "job failed")["error"], format!("{file}:2: {error}"));
    }
}

#[tokio::test]
async fn invalid_lines_keep_the_database() {
    let directory = Directory::new();
    let file = directory.write("{}\n");
    assert_eq!(directory.run(&[EXAMPLE, &file]).status.code(), Some(1));
    assert_eq!(target(&directory.store(), "tokio").await, None);
}

#[test]
fn missing_files_are_named() {
    let directory = Directory::new();
    let output = directory.run(&["/nowhere.jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = line(&output, "job failed")["error"].to_string();
    assert!(error.contains("cannot read \\\"/nowhere.jsonl\\\": "), "{error}");
}

#[test]
fn pipes_are_rejected() {
    let directory = Directory::new();
    let mut command = directory.command(&["/dev/stdin"]);
    let output = command.stdin(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        line(&output, "job failed")["error"],
        "cannot read \"/dev/stdin\": expected a regular file, which is read twice"
    );
}

#[test]
fn lines_may_have_maximum_length() {
    let directory = Directory::new();
    let entry = r#"{"code": "a", "url": "http://example.org/"}"#;
    let file = directory.write(&format!("{entry:16384}\n{entry:16384}"));
    assert_eq!(counts(&directory.run(&[&file])), (1, 1));
    let file = directory.write(&format!("{entry:16385}\n"));
    assert_eq!(directory.run(&[&file]).status.code(), Some(1));
}

#[test]
fn open_errors_name_the_cause() {
    let directory = Directory::new();
    let database = directory.write("not a database of SQLite");
    let output = directory
        .command(&[EXAMPLE])
        .env("LINKS_DATABASE", &database)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = line(&output, "job failed")["error"].to_string();
    assert!(error.contains("cannot open LINKS_DATABASE"), "{error}");
    assert!(!error.contains("writable"), "{error}");
}

#[test]
fn missing_arguments_exit_with_64() {
    let output = Directory::new().run(&[]);
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "links-import: missing argument FILE\n  links-import --help\n"
    );
}

#[test]
fn signals_stop_the_import() {
    let directory = Directory::new();
    // Opening the pipe blocks until another process opens it for writing.
    let pipe = directory.path("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let mut command = directory.command(&[pipe.to_str().unwrap()]);
    let mut job = Program::spawn(command.env("STOP_TIMEOUT", "100ms"));
    // The job creates the database before it opens the files.
    while !directory.path("links.db").exists() {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(job.terminate(), Some(143));
    let log = job.remaining_log();
    assert!(
        log.iter().any(|line| line.contains("after STOP_TIMEOUT")),
        "{log:?}"
    );
}
