//! `run`, on images whose program is this test.

use crate::common::Outcome;
use crate::fixture::check;
use serde_json::{json, Value};

fn run(job: &str, config: &Value, arguments: &[&str]) -> Outcome {
    let variable = format!("JOB={job}");
    let mut config = config.clone();
    // A job has no port.
    let fields = config.as_object_mut().unwrap();
    fields.insert("ExposedPorts".to_owned(), Value::Null);
    check(
        "run",
        "job",
        &config,
        &[&["--env", &variable], arguments].concat(),
    )
}

#[test]
fn accepts_successful_job() {
    run(
        "",
        &json!({}),
        &[
            "--expect-output",
            "this is job",
            "--expect-output",
            "arguments []",
        ],
    )
    .expect(
        0,
        &[
            "exit exit 0 within 60 s exit 0 after",
            "output \"this is job\" present ok",
            "peak resident bytes any",
        ],
    );
}

#[test]
fn arguments_replace_cmd() {
    let cmd = json!({"Cmd": ["one", "two"]});
    run("", &cmd, &["--expect-output", "arguments [\"one\", \"two\"]"]).expect(0, &[]);
    let three = "arguments [\"three\"]";
    run("", &cmd, &["--arg", "three", "--expect-output", three]).expect(0, &[]);
    run("", &cmd, &["--expect-output", three]).expect(
        1,
        &[
            "output: expected \"arguments [\\\"three\\\"]\", found absent",
            "output of the program:",
            "arguments [\"one\", \"two\"]",
        ],
    );
}

#[test]
fn compares_exit_code() {
    run("fail", &json!({}), &[]).expect(1, &["exit: expected exit 0 within 60 s, found exit 3 after"]);
    run("fail", &json!({}), &["--expect-exit-code", "3"]).expect(0, &[]);
}

#[test]
fn reports_signal() {
    run("abort", &json!({}), &[]).expect(1, &["found killed by signal: "]);
}

#[test]
fn rejects_hanging_job() {
    run("hang", &json!({}), &["--timeout", "0.3"]).expect(
        1,
        &[
            "exit: expected exit 0 within 0.3 s, found still running",
            "this is job",
        ],
    );
}

#[test]
fn limits_peak_memory() {
    run("memory", &json!({}), &["--max-rss", "100000000"]).expect(0, &["peak resident bytes at most"]);
    run("memory", &json!({}), &["--max-rss", "50000000"])
        .expect(1, &["peak resident bytes: expected at most 50,000,000, found"]);
}

#[test]
fn rejects_image_without_program() {
    run("", &json!({"Entrypoint": null}), &[]).expect(1, &["neither entrypoint nor cmd"]);
}
