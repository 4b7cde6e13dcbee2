//! `boot`, on images whose service is this test's own binary.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs, process};

use crate::common::{layout, Layer, Outcome, Pack, Scratch, BINARY};
use serde_json::{json, Value};

const GOOD: &str = "user 65532; root ReadOnlyFilesystem; data ok; HI there; in /srv";

/// The service: runs in the images below alone, where FIXTURE says how it should behave.
#[test]
fn fixture() {
    let Ok(kind) = env::var("FIXTURE") else { return };
    eprintln!("this is {kind}");
    if kind == "crash" {
        process::exit(7);
    }
    if kind == "row" {
        process::exit(0);
    }
    let stop = Arc::new(AtomicBool::new(false));
    if kind != "deaf" {
        signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&stop)).unwrap();
    }
    if kind != "mute" {
        let listener = TcpListener::bind("0.0.0.0:8080").unwrap();
        std::thread::spawn(move || {
            listener
                .incoming()
                .for_each(|stream| answer(&mut stream.unwrap()));
        });
    }
    while !stop.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(2));
    }
    process::exit(if kind == "sore" { 3 } else { 0 });
}

fn answer(stream: &mut (impl Read + Write)) {
    let mut request = [0; 1024];
    let length = stream.read(&mut request).unwrap();
    if !request.get(..length).unwrap().starts_with(b"GET / ") {
        return write!(stream, "HTTP/1.0 404 Not Found\r\n\r\n").unwrap();
    }
    let file = Path::new(&env::var("DATA").unwrap()).join("file");
    let written = fs::write(&file, "");
    let user = written
        .as_ref()
        .map_or(0, |()| fs::metadata(&file).unwrap().uid());
    let root = fs::write("/file", "").map_or_else(|error| error.kind(), |()| ErrorKind::Other);
    let data = written.map_or_else(|error| format!("{:?}", error.kind()), |()| "ok".to_owned());
    let hi = env::var("HI").unwrap_or_default();
    let dir = env::current_dir().unwrap();
    write!(
        stream,
        "HTTP/1.0 200 OK\r\n\r\nuser {user}; root {root:?}; data {data}; HI {hi}; in {}",
        dir.display()
    )
    .unwrap();
}

/// An image of this binary with the shared libraries that it has loaded, if any.
fn image(dir: &Path, fixture: &str, run: &Value) {
    let mut layer = Layer::new()
        .dir("tmp", 0o1777)
        .dir("srv", 0o755)
        .owned_dir("data", 0o700, 65532);
    let exe = env::current_exe().unwrap();
    layer = layer.file("fixture", 0o555, fs::read(&exe).unwrap());
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut libraries: Vec<_> = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]))
        .collect();
    libraries.retain(|path| path.contains(".so"));
    libraries.dedup();
    for library in libraries {
        let name = Path::new(library).file_name().unwrap().to_str().unwrap();
        // Where the interpreter is looked for depends on the machine.
        for dir in if name.starts_with("ld-") {
            &["lib", "lib64"][..]
        } else {
            &["lib"]
        } {
            layer = layer.file(&format!("{dir}/{name}"), 0o555, fs::read(library).unwrap());
        }
    }
    let mut config = json!({
        "User": "65532:65532",
        "Entrypoint": ["/fixture", "--exact", "boot::fixture", "--nocapture"],
        "Env": ["LD_LIBRARY_PATH=/lib", "HI=there", "DATA=/tmp", format!("FIXTURE={fixture}")],
        "WorkingDir": "/srv",
        "ExposedPorts": {"9090/udp": {}, "8080/tcp": {}},
    });
    config
        .as_object_mut()
        .unwrap()
        .extend(run.as_object().unwrap().clone());
    layout(dir, &config, vec![(layer, Pack::None)]);
}

fn command(scratch: &Scratch, arguments: &[&str]) -> Command {
    let tmp = scratch.0.join("tmp");
    fs::create_dir_all(&tmp).unwrap();
    let mut command = Command::new(BINARY);
    command
        .env("TEST_TMPDIR", tmp)
        .arg("boot")
        .arg(scratch.0.join("layout"))
        .args(["--get", "/"])
        .args(arguments);
    command
}

fn boot(fixture: &str, run: &Value, arguments: &[&str]) -> Outcome {
    let scratch = Scratch::new();
    image(&scratch.0.join("layout"), fixture, run);
    let outcome = command(&scratch, arguments).output().unwrap().into();
    let left: Vec<_> = fs::read_dir(scratch.0.join("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    outcome
}

#[test]
fn a_good_image_passes() {
    boot("good", &json!({}), &["--expect-body", GOOD]).expect(
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
fn root_has_no_capabilities_either() {
    let body = GOOD.replace("65532", "0");
    boot("good", &json!({"User": ""}), &["--expect-body", &body])
        .expect(0, &["Uid 0 0 0 0", "CapEff 0000000000000000 0000000000000000 ok"]);
}

#[test]
fn another_body_or_status_fails() {
    boot("good", &json!({}), &["--expect-body", "Hello"]).expect(
        1,
        &[
            "GET /: expected 200 \"Hello\", found 200 \"user 65532;",
            "this is good",
        ],
    );
    boot("good", &json!({}), &["--expect-body", "", "--get", "/none"])
        .expect(1, &["GET /none: expected 200 \"\", found 404 \"\""]);
}

#[test]
fn a_service_that_does_not_listen_fails() {
    boot(
        "mute",
        &json!({}),
        &["--expect-body", GOOD, "--ready-timeout", "0.3"],
    )
    .expect(
        1,
        &[
            "ready: expected 127.0.0.1:8080 within 0.3 s, found no answer",
            "this is mute",
        ],
    );
}

#[test]
fn a_service_that_ends_at_once_fails() {
    boot("crash", &json!({}), &["--expect-body", GOOD]).expect(1, &["found ended: exit 7", "this is crash"]);
}

#[test]
fn a_service_that_ignores_sigterm_fails() {
    boot(
        "deaf",
        &json!({}),
        &["--expect-body", GOOD, "--stop-timeout", "0.3"],
    )
    .expect(1, &["SIGTERM: expected exit 0 within 0.3 s, found still running"]);
}

#[test]
fn another_exit_code_fails_unless_expected() {
    boot("sore", &json!({}), &["--expect-body", GOOD])
        .expect(1, &["SIGTERM: expected exit 0 within 10 s, found exit 3"]);
    boot("sore", &json!({}), &["--expect-body", GOOD, "--expect-exit", "3"]).expect(0, &[]);
}

#[test]
fn too_much_memory_fails() {
    boot("good", &json!({}), &["--expect-body", GOOD, "--max-rss", "4096"])
        .expect(1, &["resident bytes: expected at most 4,096, found"]);
}

#[test]
fn a_volume_is_writable_if_the_image_has_its_folder_so() {
    let run = json!({"Volumes": {"/data": {}, "/missing": {}}});
    let arguments = ["--expect-body", GOOD, "--env"];
    boot("good", &run, &[&arguments[..], &["DATA=/data"]].concat()).expect(0, &[]);
    boot("good", &run, &[&arguments[..], &["DATA=/missing"]].concat()).expect(1, &["data PermissionDenied;"]);
    boot("good", &run, &[&arguments[..], &["DATA=/srv"]].concat()).expect(1, &["data ReadOnlyFilesystem;"]);
}

#[test]
fn what_can_not_be_started_says_why() {
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
        (json!({"ExposedPorts": null}), "exposes no tcp port"),
        (json!({"User": "ghost"}), "\"ghost\" is not in its /etc/passwd"),
    ] {
        boot("good", &run, &["--expect-body", GOOD]).expect(1, &[message]);
    }
}

#[test]
fn an_emulator_is_what_is_started() {
    let scratch = Scratch::new();
    let emulator = scratch.file("emulator", "not a program");
    let emulator = emulator.to_str().unwrap();
    boot(
        "good",
        &json!({}),
        &["--expect-body", GOOD, "--emulator", emulator],
    )
    .expect(
        1,
        &[&format!(
            "cannot start /fixture under {emulator} (a static program?) as uid 65532"
        )],
    );
    boot(
        "good",
        &json!({}),
        &["--expect-body", GOOD, "--emulator", "/none"],
    )
    .expect(2, &["cannot read /none: No such file"]);
}

/// What the fixture of that kind writes, after the line of the harness.
fn table(kind: &str) -> String {
    format!("what it is\n\nrunning 1 test\nthis is {kind}\n")
}

fn run_table(fixture: &str, expected: &str) -> Outcome {
    let scratch = Scratch::new();
    let layout = scratch.0.join("layout");
    image(&layout, fixture, &json!({}));
    let expect = scratch.file("table", expected);
    Command::new(BINARY)
        .env("TEST_TMPDIR", &scratch.0)
        .arg("table")
        .arg(layout)
        .arg("--expect")
        .arg(expect)
        .output()
        .unwrap()
        .into()
}

#[test]
fn a_table_is_what_the_images_write() {
    run_table("row", &table("row")).expect(0, &["what it is", "this is row"]);
    run_table("row", &table("another")).expect(1, &["- this is another", "+ this is row"]);
    run_table("crash", &table("crash")).expect(1, &["this is crash", "layout: exit 7"]);
}

#[test]
fn killed_it_leaves_no_process() {
    let scratch = Scratch::new();
    let marker = format!("marker-{}", process::id());
    image(&scratch.0.join("layout"), "mute", &json!({"Cmd": [marker]}));
    let mut child = command(&scratch, &["--expect-body", "", "--ready-timeout", "600"])
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
    let mut lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines.any(|line| {
        line.split(|byte| *byte == 0)
            .any(|argument| argument == marker.as_bytes())
    })
}

#[track_caller]
fn wait_until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < deadline, "not within 30 s");
        sleep(Duration::from_millis(5));
    }
}
