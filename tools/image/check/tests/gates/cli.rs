//! Usage errors.

use crate::common::image_check;

#[test]
fn usage_errors_exit_64() {
    for (arguments, message) in [
        (&[][..], "missing subcommand"),
        (&["bake"], "unknown subcommand \"bake\""),
        (&["elf"], "missing FILE"),
        (&["elf", "a", "b"], "unexpected argument \"b\""),
        (
            &["elf", "--machine", "vax", "a"],
            "invalid --machine \"vax\": expected x86_64 or aarch64",
        ),
        (&["structure", "a"], "missing --expect FILE"),
        (
            &["size", "a", "--max-unpacked", "2MB"],
            "invalid --max-unpacked \"2MB\": invalid digit",
        ),
        (&["debug", "a"], "missing --of LAYOUT"),
        (&["extract", "a"], "missing PATH"),
        (&["extract", "a", "/b"], "missing --output FILE"),
        (&["list"], "missing LAYOUT"),
        (&["digest"], "missing LAYOUT"),
        (&["digest", "a"], "missing --output FILE"),
        (&["boot", "a", "--probe-path", "/"], "missing --probe-body TEXT"),
        (&["boot", "a", "--probe-body", "/"], "missing --probe-path PATH"),
        (&["boot", "a"], "missing probe: expected --probe-path PATH"),
        (
            &["boot", "a", "--probe-path", "/", "--grpc-health", ""],
            "--grpc-health cannot be combined with --probe-path and --probe-body",
        ),
        (&["boot", "a", "--arg", "b"], "invalid option '--arg'"),
        (&["run"], "missing LAYOUT"),
        (
            &["run", "a", "--probe-path", "/"],
            "invalid option '--probe-path'",
        ),
        (
            &["run", "a", "--expect-exit-code", "none"],
            "invalid --expect-exit-code \"none\": invalid digit",
        ),
        (&["output"], "missing LAYOUT"),
        (
            &["output", "--emulator", "b"],
            "--emulator must follow its LAYOUT",
        ),
        (
            &["boot", "a", "--ready-timeout", "-1"],
            "invalid --ready-timeout -1: ",
        ),
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
fn help_lists_every_subcommand() {
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
