//! Calls that are wrong.

use crate::common::image_check;

#[test]
fn usage_errors_exit_64() {
    for (arguments, message) in [
        (&[][..], "a subcommand is missing"),
        (&["bake"], "unknown subcommand bake"),
        (&["elf"], "FILE is missing"),
        (&["elf", "a", "b"], "unexpected argument \"b\""),
        (
            &["elf", "--machine", "vax", "a"],
            "--machine \"vax\": allowed are x86_64 and aarch64",
        ),
        (&["structure", "a"], "--expect FILE is missing"),
        (
            &["size", "a", "--max-unpacked", "2MB"],
            "--max-unpacked \"2MB\": invalid digit",
        ),
        (&["debug", "a"], "--of LAYOUT is missing"),
        (&["extract", "a"], "PATH is missing"),
        (&["extract", "a", "/b"], "--output FILE is missing"),
        (&["list"], "LAYOUT is missing"),
        (&["digest"], "LAYOUT is missing"),
        (&["digest", "a"], "--output FILE is missing"),
        (
            &["boot", "a", "--probe-path", "/"],
            "--probe-body TEXT is missing",
        ),
        (
            &["boot", "a", "--probe-body", "/"],
            "--probe-path PATH is missing",
        ),
        (&["boot", "a"], "the probe is missing: either --probe-path PATH"),
        (
            &["boot", "a", "--probe-path", "/", "--grpc-health", ""],
            "--grpc-health: excludes --probe-path and --probe-body",
        ),
        (&["boot", "a", "--arg", "b"], "invalid option '--arg'"),
        (&["run"], "LAYOUT is missing"),
        (
            &["run", "a", "--probe-path", "/"],
            "invalid option '--probe-path'",
        ),
        (
            &["run", "a", "--expect-exit-code", "none"],
            "--expect-exit-code \"none\": invalid digit",
        ),
        (&["output"], "LAYOUT is missing"),
        (
            &["output", "--emulator", "b"],
            "--emulator comes after the LAYOUT",
        ),
        (&["boot", "a", "--ready-timeout", "-1"], "--ready-timeout -1: "),
    ] {
        let outcome = image_check(arguments);
        outcome.expect(64, &[message]);
        assert!(outcome.stdout.is_empty(), "{outcome:?}");
    }
}

#[test]
fn unreadable_files_exit_2() {
    for (arguments, message) in [
        (["elf", "/nonexistent"], "cannot read /nonexistent: "),
        (["size", "/nonexistent"], "cannot read /nonexistent/index.json: "),
        (["run", "/nonexistent"], "cannot read /nonexistent/index.json: "),
    ] {
        image_check(&arguments).expect(2, &[message]);
    }
}

#[test]
fn help_names_every_subcommand() {
    image_check(&["--help"]).expect(
        0,
        &[
            "elf FILE",
            "structure LAYOUT",
            "size LAYOUT",
            "size-report FILE",
            "boot LAYOUT",
            "run LAYOUT",
            "output (LAYOUT",
            "debug LAYOUT",
            "extract LAYOUT",
            "list LAYOUT",
            "digest LAYOUT",
            "all CHECK",
        ],
    );
}
