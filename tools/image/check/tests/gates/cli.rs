//! Calls that are wrong.

use crate::common::image_check;

#[test]
fn wrong_calls_exit_2_and_say_what_is_wrong() {
    for (arguments, message) in [
        (&[][..], "a subcommand is missing"),
        (&["bake"], "unknown subcommand bake"),
        (&["elf"], "FILE is missing"),
        (&["elf", "a", "b"], "unexpected argument \"b\""),
        (
            &["elf", "--machine", "vax", "a"],
            "--machine \"vax\": allowed are x86_64 and aarch64",
        ),
        (&["elf", "/nonexistent"], "cannot read /nonexistent: "),
        (&["structure", "a"], "--expect FILE is missing"),
        (
            &["size", "a", "--max-unpacked", "2MB"],
            "--max-unpacked \"2MB\": invalid digit",
        ),
        (&["size", "/nonexistent"], "cannot read /nonexistent/index.json: "),
        (&["debug", "a"], "--of LAYOUT is missing"),
        (&["extract", "a"], "PATH is missing"),
        (&["extract", "a", "/b"], "--output FILE is missing"),
        (&["list"], "LAYOUT is missing"),
        (&["digest"], "LAYOUT is missing"),
        (&["digest", "a"], "--output FILE is missing"),
        (&["boot", "a", "--get", "/"], "--expect-body TEXT is missing"),
        (&["boot", "a", "--expect-body", "/"], "--get PATH is missing"),
        (&["boot", "a"], "the probe is missing: either --get PATH"),
        (
            &["boot", "a", "--get", "/", "--grpc-health", ""],
            "--grpc-health: excludes --get and --expect-body",
        ),
        (&["boot", "a", "--arg", "b"], "invalid option '--arg'"),
        (&["run"], "LAYOUT is missing"),
        (&["run", "/nonexistent"], "cannot read /nonexistent/index.json: "),
        (&["run", "a", "--get", "/"], "invalid option '--get'"),
        (
            &["run", "a", "--expect-exit-code", "none"],
            "--expect-exit-code \"none\": invalid digit",
        ),
        (&["table"], "LAYOUT is missing"),
        (&["table", "--emulator", "b"], "--emulator comes after the LAYOUT"),
        (&["boot", "a", "--ready-timeout", "-1"], "--ready-timeout -1: "),
    ] {
        let outcome = image_check(arguments);
        outcome.expect(2, &[message]);
        assert!(outcome.stdout.is_empty(), "{outcome:?}");
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
            "crates FILE",
            "boot LAYOUT",
            "run LAYOUT",
            "table (LAYOUT",
            "debug LAYOUT",
            "extract LAYOUT",
            "list LAYOUT",
            "digest LAYOUT",
            "each CHECK",
        ],
    );
}
