//! The command line.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};

#[cfg(target_os = "linux")]
use crate::boot;
use crate::{all, debug, digest, elf, extract, list, size, structure, Error};

const HELP: &str = "\
Checks of an image in an OCI layout, without a container engine.

image_check elf FILE [--machine x86_64|aarch64] [--allow-non-pie] [--forbid-string TEXT]...
                [--image LAYOUT] [--platform OS/ARCH]
    Checks that FILE is a static, position-independent, hardened and stripped executable. With --image, FILE is a path in
    that image.
image_check structure LAYOUT --expect FILE [--mtree FILE] [--base LAYOUT]... [--expect-platform OS/ARCH]
                 [--update] [--update-command TEXT] [--platform OS/ARCH]
    Verifies all blobs, checks the rules for production images, and compares the config with --expect (JSON) and the
    files above the base with --mtree. --update writes both files. --expect-platform replaces the platform of a file
    that several platforms share. TEXT is the command that a failure names for updating the files.
image_check size LAYOUT [--max-unpacked BYTES] [--max-compressed BYTES] [--max-binary PATH BYTES]...
                 [--record FILE PATH] [--network NAME] [--base LAYOUT]... [--update] [--symbols FILE]
                 [--crates FILE] [--platform OS/ARCH]
    Compares the image with budgets; prints a table of layers and files. --record compares the program PATH in the image
    and the layers above the base with the sizes in FILE under NAME; --update writes them. --symbols is the unstripped
    program: a failure prints the sizes of its crates. --crates is a JSON file of its crates: --update records them,
    and a failure prints the crates and features that are new.
image_check size-report FILE [--crates FILE]
    Prints the sizes of all crates of FILE, a program with symbols. With --crates, a JSON file of its crates, also prints
    the features of each crate and the Cargo.toml files that request them.
image_check boot LAYOUT (--probe-path PATH --probe-body TEXT | --grpc-health SERVICE) [--port PORT]
                 [--env NAME=VALUE]... [--ready-timeout SECONDS] [--stop-timeout SECONDS]
                 [--expect-exit CODE | --no-stop-check] [--max-rss BYTES] [--platform OS/ARCH] [--emulator FILE]
    Starts the image in new namespaces, probes PORT (default: the lowest exposed TCP port), sends the stop signal
    (the image's StopSignal, default SIGTERM) and expects the exit code CODE (default 0). The probe is a GET of PATH
    with the response body TEXT, or a call of grpc.health.v1.Health/Check over HTTP/2 without TLS; the empty SERVICE is
    the whole server. Timeouts default to 10 s. --no-stop-check is for a program that does not handle the signal.
    --emulator is a static program that runs programs of the image's CPU, as qemu's user mode does; it disables --max-rss
    and multiplies the timeouts by six.
image_check run LAYOUT [--arg ARG]... [--expect-exit-code CODE] [--expect-output TEXT]... [--timeout SECONDS]
                [--max-rss BYTES] [--env NAME=VALUE]... [--platform OS/ARCH] [--emulator FILE]
    Runs the image as `boot` does, with the ARGs, if any, in place of its cmd, until it exits. Expects the exit code CODE
    (default 0) within SECONDS (default 60), each TEXT in standard output and standard error together, and a peak of
    resident memory, sampled every millisecond, of at most BYTES.
image_check output (LAYOUT [--emulator FILE])... [--expect FILE]
    Runs images that write one line each and exit, and compares the lines with FILE, whose first line is a header.
    Without --expect, prints the lines.
image_check debug LAYOUT --of LAYOUT [--platform OS/ARCH]
    Checks that the first image is the second one with further layers on top.
image_check extract LAYOUT PATH --output FILE [--platform OS/ARCH]
    Writes the image's file PATH to FILE.
image_check list LAYOUT [--platform OS/ARCH]
    Prints the image's files as podman and docker unpack them, in mtree(5) format, with the additional keywords
    sha256digest, device=MAJOR,MINOR, hardlink (the first of the file's names) and xattr.NAME (hexadecimal).
image_check digest LAYOUT --output FILE
    Writes the digest of the layout's only entry, an image or an index, to FILE.
image_check all CHECK ARGUMENT... [-- CHECK ARGUMENT...]...
    Runs each of these subcommands; fails if one fails. The last line lists the outcomes.

--platform selects an image of an index.
Exits with 0 if all checks pass, 1 if a check fails, 2 if a file cannot be read or is invalid, 64 after a usage error.
";

/// Runs the subcommand given by the arguments, the first of which is the program's name; false if a check failed.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<bool, Error> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next().map_err(usage)? {
        Some(Arg::Value(command)) => match command.to_str() {
            Some("elf") => elf::run(&elf_options(&mut parser)?, out),
            Some("structure") => structure::run(&structure_options(&mut parser)?, out),
            Some("size") => size::run(&size_options(&mut parser)?, out),
            Some("size-report") => size::crate_sizes::run(&size_report_options(&mut parser)?, out),
            Some("debug") => debug::run(&debug_options(&mut parser)?, out),
            Some("extract") => extract::run(&extract_options(&mut parser)?),
            Some("list") => list::run(&list_options(&mut parser)?, out),
            Some("digest") => digest::run(&digest_options(&mut parser)?),
            Some("all") => all::run(&parser.raw_args().map_err(usage)?.collect::<Vec<_>>(), out),
            #[cfg(target_os = "linux")]
            Some("boot") => boot::run_service(&boot::boot_options(&mut parser)?, out),
            #[cfg(target_os = "linux")]
            Some("run") => boot::run_job(&boot::run_options(&mut parser)?, out),
            #[cfg(target_os = "linux")]
            Some("output") => boot::run_output(boot::output_options(&mut parser)?, out),
            #[cfg(target_os = "linux")]
            Some(boot::INIT) => boot::run_init(),
            #[cfg(not(target_os = "linux"))]
            Some(linux @ ("boot" | "run" | "output")) => Err(Error::Usage(format!(
                "{linux} needs Linux namespaces: run it on Linux"
            ))),
            _ => Err(Error::Usage(format!(
                "unknown subcommand {:?}",
                command.to_string_lossy()
            ))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => {
            out.write_all(HELP.as_bytes())?;
            Ok(true)
        }
        Some(argument) => Err(usage(argument.unexpected())),
        None => Err(Error::Usage("missing subcommand".to_owned())),
    }
}

fn elf_options(parser: &mut Parser) -> Result<elf::Options, Error> {
    let (mut options, mut file) = (elf::Options::default(), None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("machine") => {
                let name = string(parser)?;
                let machine = elf::Machine::parse(&name).ok_or_else(|| {
                    Error::Usage(format!("invalid --machine {name:?}: expected x86_64 or aarch64"))
                })?;
                options.machine = Some(machine);
            }
            Arg::Long("image") => options.image = Some(path(parser)?),
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            Arg::Long("allow-non-pie") => options.allow_non_pie = true,
            Arg::Long("forbid-string") => options.forbidden.push(string(parser)?),
            other => positional(&mut file, other)?,
        }
    }
    options.file = required(file, "FILE")?;
    Ok(options)
}

fn structure_options(parser: &mut Parser) -> Result<structure::Options, Error> {
    let (mut options, mut layout, mut expect) = (structure::Options::default(), None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("expect") => expect = Some(path(parser)?),
            Arg::Long("mtree") => options.mtree = Some(path(parser)?),
            Arg::Long("base") => options.bases.push(path(parser)?),
            Arg::Long("expect-platform") => options.expect_platform = Some(string(parser)?),
            Arg::Long("update") => options.update = true,
            Arg::Long("update-command") => options.update_command = Some(string(parser)?),
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.layout = required(layout, "LAYOUT")?;
    options.expect = required(expect, "--expect FILE")?;
    Ok(options)
}

fn size_options(parser: &mut Parser) -> Result<size::Options, Error> {
    let (mut options, mut layout) = (size::Options::default(), None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("max-unpacked") => options.max_unpacked = Some(number(parser, "--max-unpacked")?),
            Arg::Long("max-compressed") => options.max_compressed = Some(number(parser, "--max-compressed")?),
            Arg::Long("max-binary") => {
                let path = string(parser)?;
                options
                    .max_binaries
                    .push((path, number(parser, "--max-binary PATH")?));
            }
            Arg::Long("base") => options.bases.push(path(parser)?),
            Arg::Long("network") => options.network = Some(string(parser)?),
            Arg::Long("record") => options.record = Some((path(parser)?, string(parser)?)),
            Arg::Long("update") => options.update = true,
            Arg::Long("symbols") => options.symbols = Some(path(parser)?),
            Arg::Long("crates") => options.crates = Some(path(parser)?),
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.layout = required(layout, "LAYOUT")?;
    if options.record.is_some() && options.network.is_none() {
        return Err(Error::Usage(
            "missing --network NAME: --record requires it".to_owned(),
        ));
    }
    if options.update && options.record.is_none() {
        return Err(Error::Usage(
            "missing --record FILE PATH: --update requires it".to_owned(),
        ));
    }
    Ok(options)
}

fn size_report_options(parser: &mut Parser) -> Result<size::crate_sizes::Options, Error> {
    let (mut file, mut crates) = (None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("crates") => crates = Some(path(parser)?),
            other => positional(&mut file, other)?,
        }
    }
    Ok(size::crate_sizes::Options {
        file: required(file, "FILE")?,
        crates,
    })
}

fn debug_options(parser: &mut Parser) -> Result<debug::Options, Error> {
    let (mut options, mut layout, mut of) = (debug::Options::default(), None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("of") => of = Some(path(parser)?),
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.layout = required(layout, "LAYOUT")?;
    options.of = required(of, "--of LAYOUT")?;
    Ok(options)
}

fn extract_options(parser: &mut Parser) -> Result<extract::Options, Error> {
    let (mut options, mut layout, mut file, mut output) = (extract::Options::default(), None, None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("output") => output = Some(path(parser)?),
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            other if layout.is_none() => positional(&mut layout, other)?,
            other => positional(&mut file, other)?,
        }
    }
    options.layout = required(layout, "LAYOUT")?;
    options.path = required(file, "PATH")?.to_string_lossy().into_owned();
    options.output = required(output, "--output FILE")?;
    Ok(options)
}

fn list_options(parser: &mut Parser) -> Result<list::Options, Error> {
    let (mut options, mut layout) = (list::Options::default(), None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.layout = required(layout, "LAYOUT")?;
    Ok(options)
}

fn digest_options(parser: &mut Parser) -> Result<digest::Options, Error> {
    let (mut layout, mut output) = (None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("output") => output = Some(path(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    Ok(digest::Options {
        layout: required(layout, "LAYOUT")?,
        output: required(output, "--output FILE")?,
    })
}

pub(crate) fn usage(error: impl Display) -> Error {
    Error::Usage(error.to_string())
}

pub(crate) fn positional(slot: &mut Option<PathBuf>, argument: Arg<'_>) -> Result<(), Error> {
    match argument {
        Arg::Value(value) if slot.is_none() => {
            *slot = Some(PathBuf::from(value));
            Ok(())
        }
        other => Err(usage(other.unexpected())),
    }
}

pub(crate) fn required<T>(value: Option<T>, name: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::Usage(format!("missing {name}")))
}

pub(crate) fn path(parser: &mut Parser) -> Result<PathBuf, Error> {
    Ok(PathBuf::from(parser.value().map_err(usage)?))
}

pub(crate) fn string(parser: &mut Parser) -> Result<String, Error> {
    parser.value().and_then(ValueExt::string).map_err(usage)
}

pub(crate) fn number<T: FromStr<Err: Display>>(parser: &mut Parser, option: &str) -> Result<T, Error> {
    let value = string(parser)?;
    value
        .parse()
        .map_err(|error| Error::Usage(format!("invalid {option} {value:?}: {error}")))
}
