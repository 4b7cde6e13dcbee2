//! Command-line arguments and environment variables.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::process::Output;

use common::{command, output};

/// The variables of the chassis, which `--help` lists before those of the service.
const CHASSIS_VARIABLES: usize = 22;

/// The exit code and standard error; standard output must be empty.
fn failure(output: Output) -> (Option<i32>, String) {
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn invalid_variables_are_reported_together() {
    let bad = [
        ("HOST", "localhost"),
        ("PORT", "65536"),
        ("REQUEST_TIMEOUT", "5"),
        ("DRAIN_GRACE", "61m"),
        ("MAX_REQUESTS", "0"),
        ("MAX_HEADER_BYTES", "8191"),
        ("MAX_HEADERS", "16385"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("OPS_PORT", "none"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ("WORKER_THREADS", "257"),
    ];
    for arguments in [&[][..], &["healthcheck"]] {
        let (code, stderr) = failure(output(arguments, &bad));
        assert_eq!(code, Some(64), "{stderr}");
        assert_eq!(stderr.lines().count(), bad.len() + 1, "{stderr}");
        assert!(stderr.ends_with("\n  fixture --help\n"), "{stderr}");
        for (name, value) in bad {
            let line = format!("fixture: invalid {name} {value:?}: expected ");
            assert!(
                stderr.lines().any(|stderr| stderr.starts_with(&line)),
                "{line}\n{stderr}"
            );
        }
    }
}

#[test]
fn invalid_utf8_is_reported() {
    for name in ["PORT", "START"] {
        let value = OsStr::from_bytes(b"80\xff");
        let (code, stderr) = failure(command(&[]).env(name, value).output().unwrap());
        assert_eq!(code, Some(64), "{stderr}");
        assert!(
            stderr.starts_with(&format!("fixture: invalid {name} {value:?}: ")),
            "{stderr}"
        );
    }
}

#[test]
fn unknown_arguments_are_reported() {
    for (arguments, why) in [
        (&["serve"][..], "unknown command \"serve\""),
        (&[""], "unknown command \"\""),
        (&["healthcheck", "now"], "unexpected argument \"now\""),
    ] {
        let (code, stderr) = failure(output(arguments, &[]));
        assert_eq!(code, Some(64), "{stderr}");
        assert!(
            stderr.contains(why) && stderr.contains("\n  fixture --help\n"),
            "{stderr}"
        );
    }
}

#[test]
fn ports_in_use_name_their_variable() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap();
    for name in ["PORT", "OPS_PORT"] {
        let variables = [(name, &*address.port().to_string()), ("LOG_LEVEL", "warn")];
        let (code, stderr) = failure(output(&[], &variables));
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.starts_with(&format!("fixture: cannot listen on {address}: ")),
            "{stderr}"
        );
        assert!(
            stderr.contains(&format!("; set {name} to another port")),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn foreign_addresses_name_their_variable() {
    // An address for documentation (RFC 5737).
    const FOREIGN: &str = "192.0.2.1";

    for (variables, hint) in [
        ([("HOST", FOREIGN), ("LOG_LEVEL", "warn")], "OPS_HOST, or HOST,"),
        (
            [("OPS_HOST", FOREIGN), ("LOG_LEVEL", "warn")],
            "OPS_HOST, or HOST,",
        ),
        ([("HOST", FOREIGN), ("OPS_PORT", "off")], "HOST"),
    ] {
        let output = output(&[], &variables);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let hint = format!("; set {hint} to an address of this machine\n");
        assert!(stderr.ends_with(&hint), "{stderr}");
    }
}

#[test]
fn equal_ports_conflict() {
    let conflict = "fixture: conflicting PORT \"8080\" and OPS_PORT \"8080\": expected different ports";
    for (variables, errors) in [
        (&[("PORT", "8080")][..], &[conflict][..]),
        (&[("PORT", "8080"), ("HOST", "::")], &[conflict]),
        (
            &[("PORT", "many")],
            &["fixture: invalid PORT \"many\": expected an integer from 0 to 65535"],
        ),
    ] {
        let variables: Vec<_> = [("OPS_PORT", "8080"), ("START", "fail")]
            .iter()
            .chain(variables)
            .copied()
            .collect();
        let (code, stderr) = failure(output(&[], &variables));
        assert_eq!(code, Some(64), "{stderr}");
        assert_eq!(stderr, format!("{}\n  fixture --help\n", errors.join("\n")));
    }
}

#[test]
fn failed_starts_are_reported() {
    let (code, stderr) = failure(output(&[], &[("START", "fail"), ("LOG_LEVEL", "warn")]));
    assert_eq!(
        (code, stderr.as_str()),
        (Some(1), "fixture: no database: connection refused\n")
    );
}

#[test]
fn panics_at_start_are_reported() {
    let output = output(&[], &[("START", "panic")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "fixture: panicked\n");
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains("requested panic"), "{log}");
}

#[test]
fn version_matches_the_crate() {
    let output = output(&["--version"], &[]);
    let version = format!("fixture {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), version);
}

/// The name and the default of each variable in `--help`.
fn help() -> Vec<(String, String)> {
    // An invalid variable does not affect --help.
    let output = output(&["--help"], &[("PORT", "http")]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    let rows = help
        .split_once("environment variables with their defaults:\n")
        .unwrap()
        .1
        .lines();
    rows.map(|row| {
        let mut cells = row.split_whitespace();
        (cells.next().unwrap().to_owned(), cells.next().unwrap().to_owned())
    })
    .collect()
}

#[test]
fn help_lists_service_variables() {
    let listed: Vec<_> = help().split_off(CHASSIS_VARIABLES);
    let row = |name: &str, default: &str| (name.to_owned(), default.to_owned());
    let rows = [
        row("START", "ok"),
        row("READY", "yes"),
        row("TASK", "none"),
        row("RELEASE", "ok"),
        row("TOKEN", "none"),
        row("TOKEN_FILE", "none"),
    ];
    assert_eq!(listed, rows);
}

#[test]
fn documented_variables_match_help() {
    let document = include_str!("../../../docs/chassis.md");
    let table: Vec<Vec<_>> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            line.split('|')
                .map(|cell| cell.trim().trim_matches('`'))
                .collect()
        })
        .take_while(|cells: &Vec<_>| cells.len() == 6)
        .collect();
    let mut help = help();
    help.truncate(CHASSIS_VARIABLES);
    assert_eq!(table.len(), help.len());
    for (row, (name, default)) in table.iter().zip(help) {
        let [_, documented, documented_default, _, tests, _] = row[..] else {
            panic!("{row:?}");
        };
        assert_eq!(documented, name);
        match name.as_str() {
            // These depend on the machine.
            "WORKER_THREADS" => assert_eq!(documented_default, "two per core"),
            "MAX_CONNECTIONS" => assert_eq!(documented_default, "16384"),
            "HOST" | "OPS_HOST" => assert!(["::", "0.0.0.0"].contains(&default.as_str()), "{default}"),
            _ => assert_eq!(documented_default, default, "{name}"),
        }
        assert!(is_test(tests), "{tests}");
    }
}

#[test]
fn documented_tests_exist() {
    let document = include_str!("../../../docs/chassis.md");
    for name in document.split('`').filter(|code| code.contains("::")) {
        let (file, _) = name.split_once("::").unwrap();
        assert!(source(file).is_none() || is_test(name), "{name}");
    }
}

/// Whether a test has this name, such as `config::documented_tests_exist`.
fn is_test(name: &str) -> bool {
    let Some((file, test)) = name.split_once("::") else {
        return false;
    };
    source(file).is_some_and(|source| source.contains(&format!("fn {test}()")))
}

fn source(file: &str) -> Option<&'static str> {
    Some(match file {
        "responses" => include_str!("responses.rs"),
        "config" => include_str!("config.rs"),
        "drain" => include_str!("drain.rs"),
        "early" => include_str!("early.rs"),
        "grpc" => include_str!("grpc.rs"),
        "http2" => include_str!("http2.rs"),
        "job" => include_str!("job.rs"),
        "limits" => include_str!("limits.rs"),
        "logs" => include_str!("logs.rs"),
        "operations" => include_str!("operations.rs"),
        _ => return None,
    })
}
