//! Images whose program is this test.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;
use std::{env, fs, process};

use crate::common::{layout, Layer, Outcome, Pack, Scratch, BINARY};
use crate::grpc_server;
use serde_json::{json, Value};

/// The program: runs only in an image, whose variable FIXTURE selects its behavior.
#[test]
fn program() {
    let Ok(kind) = env::var("FIXTURE") else { return };
    eprintln!("this is {kind}");
    if kind == "crash" {
        process::exit(7);
    }
    if kind == "line" {
        process::exit(0);
    }
    if kind == "job" {
        job();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let signal = match kind.as_str() {
        "ignores_sigterm" => None,
        "quit" => Some(signal_hook::consts::SIGQUIT),
        _ => Some(signal_hook::consts::SIGTERM),
    };
    if let Some(signal) = signal {
        signal_hook::flag::register(signal, Arc::clone(&stop)).unwrap();
    }
    if kind == "grpc" {
        std::thread::spawn(grpc_server::serve);
    } else if kind != "no_listener" {
        let listener = TcpListener::bind("0.0.0.0:8080").unwrap();
        std::thread::spawn(move || {
            listener
                .incoming()
                .for_each(|stream| respond(&mut stream.unwrap()));
        });
    }
    while !stop.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(2));
    }
    process::exit(if kind == "failing" { 3 } else { 0 });
}

fn job() -> ! {
    println!("arguments {:?}", env::args().skip(4).collect::<Vec<_>>());
    match env::var("JOB").as_deref() {
        Ok("fail") => process::exit(3),
        Ok("abort") => process::abort(),
        Ok("hang") => sleep(Duration::from_mins(10)),
        Ok("memory") => {
            drop(std::hint::black_box(vec![1_u8; 64 << 20]));
            sleep(Duration::from_millis(50));
        }
        _ => {}
    }
    process::exit(0);
}

fn respond(stream: &mut (impl Read + Write)) {
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

/// Writes an image of this program with the shared libraries that it has loaded.
pub(crate) fn image(dir: &Path, fixture: &str, run: &Value) {
    let mut layer = Layer::new()
        .dir("tmp", 0o1777)
        .dir("srv", 0o755)
        .owned_dir("data", 0o700, 65532)
        .owned_dir("shared", 0o070, 50)
        .file("etc/passwd", 0o444, "app:x:65532:65532::/:\n")
        .file("etc/group", 0o444, "shared:x:50:app\n");
    let exe = env::current_exe().unwrap();
    layer = layer.file("the-fixture", 0o555, fs::read(&exe).unwrap());
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut libraries: Vec<_> = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]))
        .collect();
    libraries.retain(|path| path.contains(".so"));
    libraries.dedup();
    for library in libraries {
        let name = Path::new(library).file_name().unwrap().to_str().unwrap();
        // The path of the interpreter depends on the CPU.
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
        "Entrypoint": ["/the-fixture", "--exact", "fixture::program", "--nocapture"],
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

/// The subcommand, applied to the image in the scratch directory.
pub(crate) fn command(subcommand: &str, scratch: &Scratch, arguments: &[&str]) -> Command {
    let tmp = scratch.0.join("tmp");
    fs::create_dir_all(&tmp).unwrap();
    let mut command = Command::new(BINARY);
    command
        .env("TEST_TMPDIR", tmp)
        .arg(subcommand)
        .arg(scratch.0.join("layout"))
        .args(arguments);
    command
}

/// Writes an image and applies the subcommand to it.
pub(crate) fn check(subcommand: &str, fixture: &str, run: &Value, arguments: &[&str]) -> Outcome {
    let scratch = Scratch::new();
    image(&scratch.0.join("layout"), fixture, run);
    let outcome = command(subcommand, &scratch, arguments).output().unwrap().into();
    let left: Vec<_> = fs::read_dir(scratch.0.join("tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    outcome
}
