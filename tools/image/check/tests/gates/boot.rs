//! `boot` and `output`, on images whose program is this test.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, process};

use crate::common::{Outcome, Scratch, BINARY};
use crate::fixture::{check, command, image};
use serde_json::{json, Value};

const GOOD: &str = "user 65532; root ReadOnlyFilesystem; data ok; HI there; in /srv";

fn boot(fixture: &str, run: &Value, arguments: &[&str]) -> Outcome {
    check(
        "boot",
        fixture,
        run,
        &[&["--probe-path", "/"], arguments].concat(),
    )
}

#[test]
fn accepts_good_image() {
    boot("good", &json!({}), &["--probe-body", GOOD]).expect(
        0,
        &[
            "ready 127.0.0.1:8080 within 10 s",
            "Uid 65532 65532 65532 65532",
            "CapEff 0000000000000000 0000000000000000 ok",
            "NoNewPrivs 1 1 ok",
            "root filesystem read-only read-only ok",
            "resident bytes any",
            "SIGTERM exit 0 within 10 s exit 0 after",
        ],
    );
}

#[test]
fn root_has_no_capabilities() {
    let body = GOOD.replace("65532", "0");
    boot("good", &json!({"User": ""}), &["--probe-body", &body])
        .expect(0, &["Uid 0 0 0 0", "CapEff 0000000000000000 0000000000000000 ok"]);
}

#[test]
fn rejects_other_body_and_status() {
    boot("good", &json!({}), &["--probe-body", "Hello"]).expect(
        1,
        &[
            "GET /: expected 200 \"Hello\", found 200 \"user 65532;",
            "this is good",
        ],
    );
    boot("good", &json!({}), &["--probe-body", "", "--probe-path", "/none"])
        .expect(1, &["GET /none: expected 200 \"\", found 404 \"\""]);
}

#[test]
fn rejects_service_without_listener() {
    boot(
        "no_listener",
        &json!({}),
        &["--probe-body", GOOD, "--ready-timeout", "0.3"],
    )
    .expect(
        1,
        &[
            "ready: expected 127.0.0.1:8080 within 0.3 s, found no connection",
            "this is no_listener",
        ],
    );
}

#[test]
fn rejects_crashing_service() {
    boot("crash", &json!({}), &["--probe-body", GOOD]).expect(1, &["found exited: exit 7", "this is crash"]);
}

#[test]
fn rejects_service_that_ignores_sigterm() {
    boot(
        "ignores_sigterm",
        &json!({}),
        &["--probe-body", GOOD, "--stop-timeout", "0.3"],
    )
    .expect(1, &["SIGTERM: expected exit 0 within 0.3 s, found still running"]);
}

#[test]
fn compares_exit_code() {
    boot("failing", &json!({}), &["--probe-body", GOOD])
        .expect(1, &["SIGTERM: expected exit 0 within 10 s, found exit 3"]);
    boot(
        "failing",
        &json!({}),
        &["--probe-body", GOOD, "--expect-exit", "3"],
    )
    .expect(0, &[]);
}

#[test]
fn sends_stop_signal_of_image() {
    let quick = ["--probe-body", GOOD, "--stop-timeout", "0.3"];
    for name in ["SIGQUIT", "QUIT", "3"] {
        boot("quit", &json!({"StopSignal": name}), &quick).expect(0, &["SIGQUIT exit 0 within"]);
    }
    boot("quit", &json!({}), &quick).expect(1, &["SIGTERM: expected exit 0", "found still running"]);
    boot("quit", &json!({"StopSignal": "SIGNOD"}), &quick).expect(
        1,
        &["invalid StopSignal \"SIGNOD\": expected one of SIGTERM, SIGQUIT"],
    );
}

#[test]
fn skips_stop_check() {
    let outcome = boot(
        "ignores_sigterm",
        &json!({}),
        &["--probe-body", GOOD, "--no-stop-check"],
    );
    outcome.expect(0, &["resident bytes"]);
    assert!(!outcome.stdout.contains("SIGTERM"), "{outcome:?}");
}

#[test]
fn probes_lowest_port() {
    let run = json!({"ExposedPorts": {"9090/tcp": {}, "8081/tcp": {}, "8080/tcp": {}, "53/udp": {}}});
    boot("good", &run, &["--probe-body", GOOD]).expect(0, &["ready 127.0.0.1:8080"]);
    let run = json!({"ExposedPorts": {"79/tcp": {}, "8080/tcp": {}}});
    let quick = ["--probe-body", GOOD, "--ready-timeout", "0.3"];
    boot("good", &run, &quick).expect(1, &["ready: expected 127.0.0.1:79"]);
    boot("good", &run, &[&quick[..], &["--port", "8080"]].concat()).expect(0, &[]);
}

#[test]
fn limits_memory() {
    boot("good", &json!({}), &["--probe-body", GOOD, "--max-rss", "4096"])
        .expect(1, &["resident bytes: expected at most 4,096, found"]);
}

#[test]
fn volume_inherits_directory_permissions() {
    let run = json!({"Volumes": {"/data": {}, "/missing": {}}});
    let arguments = ["--probe-body", GOOD, "--env"];
    boot("good", &run, &[&arguments[..], &["DATA=/data"]].concat()).expect(0, &[]);
    boot("good", &run, &[&arguments[..], &["DATA=/missing"]].concat()).expect(1, &["data PermissionDenied;"]);
    boot("good", &run, &[&arguments[..], &["DATA=/srv"]].concat()).expect(1, &["data ReadOnlyFilesystem;"]);
}

#[test]
fn supplementary_groups_grant_access() {
    let arguments = ["--probe-body", GOOD, "--env", "DATA=/shared"];
    let run = |user: &str| json!({"User": user, "Volumes": {"/shared": {}}});
    boot("good", &run("app"), &arguments).expect(0, &[]);
    boot("good", &run("app:65532"), &arguments).expect(1, &["data PermissionDenied;"]);
}

#[test]
fn reports_start_failures() {
    for (run, message) in [
        (
            json!({"Entrypoint": ["/none"]}),
            "cannot start /none as uid 65532 in /srv: No such file",
        ),
        (
            json!({"Entrypoint": ["/srv"]}),
            "cannot start /srv as uid 65532 in /srv: Permission denied",
        ),
        (json!({"WorkingDir": "/none"}), "in /none: No such file"),
        (json!({"Entrypoint": null}), "neither entrypoint nor cmd"),
        (json!({"ExposedPorts": null}), "exposes no TCP port"),
        (json!({"User": "ghost"}), "\"ghost\" is not in its /etc/passwd"),
    ] {
        boot("good", &run, &["--probe-body", GOOD]).expect(1, &[message]);
    }
}

#[test]
fn starts_emulator() {
    let scratch = Scratch::new();
    let emulator = scratch.file("emulator", "not a program");
    let emulator = emulator.to_str().unwrap();
    boot(
        "good",
        &json!({}),
        &["--probe-body", GOOD, "--emulator", emulator],
    )
    .expect(
        1,
        &[
            "cannot start /the-fixture as uid 65532",
            &format!("; the emulator {emulator} must be a static program"),
        ],
    );
    boot("good", &json!({}), &["--probe-body", GOOD, "--emulator", "/none"])
        .expect(2, &["cannot read /none: No such file"]);
}

/// A header, and the output of a fixture with the lines of the test harness.
fn expected_output(kind: &str) -> String {
    format!("header\n\nrunning 1 test\nthis is {kind}\n")
}

fn run_output(fixture: &str, expected: &str) -> Outcome {
    let scratch = Scratch::new();
    let layout = scratch.0.join("layout");
    image(&layout, fixture, &json!({}));
    let expect = scratch.file("expected", expected);
    Command::new(BINARY)
        .env("TEST_TMPDIR", &scratch.0)
        .arg("output")
        .arg(layout)
        .arg("--expect")
        .arg(expect)
        .output()
        .unwrap()
        .into()
}

#[test]
fn compares_output() {
    run_output("line", &expected_output("line")).expect(0, &["header", "this is line"]);
    run_output("line", &expected_output("another")).expect(1, &["- this is another", "+ this is line"]);
    run_output("crash", &expected_output("crash")).expect(1, &["this is crash", "layout: exit 7"]);
}

#[test]
fn leaves_no_process_when_killed() {
    let scratch = Scratch::new();
    let marker = format!("marker-{}", process::id());
    image(
        &scratch.0.join("layout"),
        "no_listener",
        &json!({"Cmd": [marker]}),
    );
    let arguments = ["--probe-path", "/", "--probe-body", "", "--ready-timeout", "600"];
    let mut child = command("boot", &scratch, &arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(|| running(&marker));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(|| !running(&marker));
}

fn running(marker: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut command_lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    command_lines.any(|line| {
        line.split(|byte| *byte == 0)
            .any(|argument| argument == marker.as_bytes())
    })
}

#[track_caller]
fn wait_until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < deadline, "timed out after 30 s");
        sleep(Duration::from_millis(5));
    }
}
