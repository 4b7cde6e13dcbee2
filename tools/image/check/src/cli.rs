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
Checks of an image in an OCI layout directory, without a container engine.

image_check elf FILE [--machine x86_64|aarch64] [--allow-non-pie] [--forbid-string TEXT]...
                [--image LAYOUT] [--platform OS/ARCH]
    FILE is a static, position independent, hardened and stripped executable. With --image it is a path in that image.
image_check structure LAYOUT --expect FILE [--mtree FILE] [--base LAYOUT]... [--expect-platform OS/ARCH]
                 [--update] [--update-command TEXT] [--platform OS/ARCH]
    The image's blobs are intact, it keeps the rules, and its config is what the first FILE (JSON) says and its files
    above those of a base what the second (mtree) lists. --update writes the files that would pass. --expect-platform stands
    for the JSON file's platform where that file serves images of several. TEXT is how a failure says to update.
image_check size LAYOUT [--max-unpacked BYTES] [--max-compressed BYTES] [--max-binary PATH BYTES]...
                 [--record FILE PATH] [--network NAME] [--base LAYOUT]... [--update] [--symbols FILE]
                 [--crates FILE] [--platform OS/ARCH]
    The image keeps its budgets; prints a ledger of layers and files. With --record the program PATH in the image and
    the layers above the base are near the sizes in FILE under NAME; --update writes them. With --symbols a failure prints the
    crates that most of the bytes of FILE come from, the program as it was before it was stripped. With --crates, the
    JSON file of its crates, --update also writes these, and a failure prints which crates and features are new.
image_check size-report FILE [--crates FILE]
    Prints all crates that the code of FILE, a program with its symbols, comes from. With --crates, the JSON file of its
    crates, also the features of each and the Cargo.toml files that ask for them.
image_check boot LAYOUT (--probe-path PATH --probe-body TEXT | --grpc-health SERVICE) [--port PORT] [--env NAME=VALUE]...
                 [--ready-timeout SECONDS] [--stop-timeout SECONDS] [--expect-exit CODE | --no-stop-check]
                 [--max-rss BYTES] [--platform OS/ARCH] [--emulator FILE]
    The image starts in namespaces, answers on PORT (default: the lowest TCP port that it exposes), and ends with CODE
    (default: 0) on its stop signal (SIGTERM, unless the image's config has a StopSignal). --grpc-health calls
    grpc.health.v1.Health/Check over HTTP/2 without TLS; the empty SERVICE is the whole server. --no-stop-check is for a
    program that handles no signal and that an engine therefore kills. FILE is a static program that runs programs of
    the image's CPU (qemu's user mode); under it --max-rss is not checked, and the timeouts are six times as long.
image_check run LAYOUT [--arg ARG]... [--expect-exit-code CODE] [--expect-output TEXT]... [--timeout SECONDS]
                [--max-rss BYTES] [--env NAME=VALUE]... [--platform OS/ARCH] [--emulator FILE]
    The image runs to its end as `boot` starts it, with the ARGs in place of its cmd, if there are any. It ends with CODE
    (default: 0) within SECONDS (default: 60); its standard output and standard error together contain each TEXT; its
    peak of resident memory, sampled every millisecond, is at most BYTES. FILE is as for `boot`.
image_check output (LAYOUT [--emulator FILE])... [--expect FILE]
    The images run to their end and write a line each: FILE, from its second line on. Without FILE, prints the lines.
image_check debug LAYOUT --of LAYOUT [--platform OS/ARCH]
    The first image is the debug variant of the second one: the same with layers on top.
image_check extract LAYOUT PATH --output FILE [--platform OS/ARCH]
    Writes the image's file PATH to FILE.
image_check list LAYOUT [--platform OS/ARCH]
    Prints the image's files as podman and docker unpack them, in the format of mtree(5), also with sha256digest,
    device=MAJOR,MINOR, hardlink (the first of the file's names) and xattr.NAME (hexadecimal).
image_check digest LAYOUT --output FILE
    Writes the digest of the image, or of the image index, to FILE.
image_check all CHECK ARGUMENT... [-- CHECK ARGUMENT...]...
    Runs each of these subcommands; fails if one does. The last line names each with its outcome.

Exits with 0 if all checks pass, 1 if a check fails, 2 if a file cannot be read, 64 after a usage error.
";

/// Runs the subcommand that the arguments name; false if a check failed.
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
                "{linux} needs Linux, whose namespaces it runs the image in"
            ))),
            _ => Err(Error::Usage(format!("unknown subcommand {}", command.display()))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => {
            out.write_all(HELP.as_bytes())?;
            Ok(true)
        }
        Some(argument) => Err(usage(argument.unexpected())),
        None => Err(Error::Usage("a subcommand is missing".to_owned())),
    }
}

fn elf_options(parser: &mut Parser) -> Result<elf::Options, Error> {
    let (mut options, mut file) = (elf::Options::default(), None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("machine") => {
                let name = string(parser)?;
                let machine = elf::Machine::parse(&name).ok_or_else(|| {
                    Error::Usage(format!("--machine {name:?}: allowed are x86_64 and aarch64"))
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
        return Err(Error::Usage("--record: --network NAME is missing".to_owned()));
    }
    if options.update && options.record.is_none() {
        return Err(Error::Usage(
            "--update: there is nothing to write without --record FILE PATH".to_owned(),
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

pub(crate) fn required<T>(value: Option<T>, what: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::Usage(format!("{what} is missing")))
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
        .map_err(|error| Error::Usage(format!("{option} {value:?}: {error}")))
}
