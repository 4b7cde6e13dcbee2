//! The command line.

use std::ffi::OsString;
use std::io::Write;
use std::time::Duration;

use lexopt::{Arg, Parser};

use crate::open_loop::Load;
use crate::{constant, floods, idle, knee, restarts, startup, Error};

mod values;

use values::{number, positional, positive, required, string, usage};

const HELP: &str = "\
Measures a service under load. PROGRAM is started on free ports of the loopback.

load startup PROGRAM [--rounds N] [--max-first-response MS] [--max-rss BYTES]
    Time from spawn to the first response, and memory after it. Default: 20 rounds.
load restarts PROGRAM [--rounds N] [--clients N] [--grace DURATION]
    Restarts two instances alternately behind a load balancer that polls /readyz and never retries; fails if a
    request fails. Default: 200 restarts, 4 clients, DRAIN_GRACE=200ms.
load idle PROGRAM [--connections N] [--slow N] [--seconds N] [--max-ratio N] [--max-rss BYTES]
    Good requests alone, then alongside idle connections and slow senders. Bounds the ratio of their p99s and the
    resident memory. Default: 10000 idle, 500 slow, 10 s each, ratio 2, 10000000 bytes and 32000 for each connection.
load floods PROGRAM [--kinds NAME,...] [--seconds N] [--path PATH] [--flood-path PATH] [--max-failed N] [--max-ratio N]
            [--max-rss BYTES]
    Good requests for PATH alone, then alongside each kind of flood, with MAX_REQUESTS=256: rapid-reset, continuation,
    empty-continuation, settings, ping, empty-data, window-zero, window-one, slow-bodies. Default: all kinds, 3 s each,
    both paths /, 0 failed requests, p99 ratio 2, 32000000 bytes.
load constant PROGRAM --rate N [--connections N] [--seconds N] [--path PATH]
    Latency at a constant request rate, measured from the time at which each request was due. Default: 64 connections, 4 s, /.
load knee PROGRAM [--connections N] [--seconds N] [--path PATH] [--max-ratio N]
    Highest rate whose p90 is at most --max-ratio times the p50 at a low rate. Default: 64 connections, 1 s, /, 10.

Prints a table. Exits 0 on success, 1 if a bound was exceeded or a request failed, 64 on a usage error.
";

/// Runs a command; the first argument is the program's name. Returns false if a bound was exceeded.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<bool, Error> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next().map_err(usage)? {
        Some(Arg::Value(command)) => match command.to_str() {
            Some("startup") => startup::run(&startup_options(&mut parser)?, out),
            Some("restarts") => restarts::run(&restarts_options(&mut parser)?, out),
            Some("constant") => constant::run(&constant_options(&mut parser)?, out),
            Some("knee") => knee::run(&knee_options(&mut parser)?, out),
            Some("floods") => floods::run(&floods_options(&mut parser)?, out),
            Some("idle") => idle::run(&idle_options(&mut parser)?, out),
            _ => Err(Error::Usage(format!("unknown command \"{}\"", command.display()))),
        },
        Some(Arg::Long("help") | Arg::Short('h')) => {
            out.write_all(HELP.as_bytes()).map_err(Error::system("print"))?;
            Ok(true)
        }
        Some(argument) => Err(usage(argument.unexpected())),
        None => Err(Error::Usage("missing argument COMMAND".to_owned())),
    }
}

fn startup_options(parser: &mut Parser) -> Result<startup::Options, Error> {
    let (mut program, mut rounds, mut max_first_response, mut max_rss) = (None, 20, None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("rounds") => rounds = positive(parser, "--rounds")?,
            Arg::Long("max-first-response") => {
                max_first_response = Some(Duration::from_millis(number(parser, "--max-first-response")?));
            }
            Arg::Long("max-rss") => max_rss = Some(number(parser, "--max-rss")?),
            other => positional(&mut program, other)?,
        }
    }
    Ok(startup::Options {
        program: required(program)?,
        rounds,
        max_first_response,
        max_rss,
    })
}

fn restarts_options(parser: &mut Parser) -> Result<restarts::Options, Error> {
    let (mut program, mut rounds, mut clients, mut grace) = (None, 200, 4, "200ms".to_owned());
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("rounds") => rounds = positive(parser, "--rounds")?,
            Arg::Long("clients") => clients = positive(parser, "--clients")?,
            Arg::Long("grace") => grace = string(parser)?,
            other => positional(&mut program, other)?,
        }
    }
    Ok(restarts::Options {
        program: required(program)?,
        rounds,
        clients,
        grace,
    })
}

fn idle_options(parser: &mut Parser) -> Result<idle::Options, Error> {
    let (mut program, mut connections, mut slow) = (None, 10_000, 500);
    let (mut seconds, mut max_ratio, mut max_rss) = (10, 2.0, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("connections") => connections = positive(parser, "--connections")?,
            Arg::Long("slow") => slow = number(parser, "--slow")?,
            Arg::Long("seconds") => seconds = number(parser, "--seconds")?,
            Arg::Long("max-ratio") => max_ratio = number(parser, "--max-ratio")?,
            Arg::Long("max-rss") => max_rss = Some(number(parser, "--max-rss")?),
            other => positional(&mut program, other)?,
        }
    }
    Ok(idle::Options {
        program: required(program)?,
        connections,
        slow,
        time: Duration::from_secs(seconds),
        max_ratio,
        max_rss: max_rss.unwrap_or_else(|| idle::default_max_rss(connections + slow)),
    })
}

fn floods_options(parser: &mut Parser) -> Result<floods::Options, Error> {
    let (mut program, mut kinds, mut seconds) = (None, floods::KINDS.to_vec(), 3);
    let (mut path, mut flood_path) = ("/".to_owned(), "/".to_owned());
    let (mut max_failed, mut max_ratio, mut max_rss) = (0, 2.0, 32_000_000);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("kinds") => kinds = flood_kinds(&string(parser)?)?,
            Arg::Long("seconds") => seconds = number(parser, "--seconds")?,
            Arg::Long("path") => path = string(parser)?,
            Arg::Long("flood-path") => flood_path = string(parser)?,
            Arg::Long("max-failed") => max_failed = number(parser, "--max-failed")?,
            Arg::Long("max-ratio") => max_ratio = number(parser, "--max-ratio")?,
            Arg::Long("max-rss") => max_rss = number(parser, "--max-rss")?,
            other => positional(&mut program, other)?,
        }
    }
    Ok(floods::Options {
        program: required(program)?,
        kinds,
        time: Duration::from_secs(seconds),
        path,
        flood_path,
        bounds: floods::Bounds {
            failed: max_failed,
            ratio: max_ratio,
            rss: max_rss,
        },
    })
}

fn flood_kinds(names: &str) -> Result<Vec<(&'static str, floods::Kind)>, Error> {
    let kind = |name: &str| {
        floods::KINDS
            .into_iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| {
                let known = floods::KINDS.map(|(known, _)| known).join(", ");
                Error::Usage(format!("invalid --kinds \"{name}\": expected {known}"))
            })
    };
    names.split(',').map(kind).collect()
}

fn constant_options(parser: &mut Parser) -> Result<constant::Options, Error> {
    let (mut program, mut rate, mut connections) = (None, None, 64);
    let (mut seconds, mut path) = (4, "/".to_owned());
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("rate") => rate = Some(positive(parser, "--rate")?),
            Arg::Long("connections") => connections = positive(parser, "--connections")?,
            Arg::Long("seconds") => seconds = positive(parser, "--seconds")?,
            Arg::Long("path") => path = string(parser)?,
            other => positional(&mut program, other)?,
        }
    }
    Ok(constant::Options {
        program: required(program)?,
        load: Load {
            rate: rate.ok_or_else(|| Error::Usage("missing option --rate".to_owned()))?,
            connections,
            time: Duration::from_secs(seconds),
            path,
        },
    })
}

fn knee_options(parser: &mut Parser) -> Result<knee::Options, Error> {
    let (mut program, mut connections, mut max_ratio) = (None, 64, 10);
    let (mut seconds, mut path) = (1, "/".to_owned());
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("connections") => connections = positive(parser, "--connections")?,
            Arg::Long("seconds") => seconds = positive(parser, "--seconds")?,
            Arg::Long("path") => path = string(parser)?,
            Arg::Long("max-ratio") => max_ratio = positive(parser, "--max-ratio")?,
            other => positional(&mut program, other)?,
        }
    }
    Ok(knee::Options {
        program: required(program)?,
        load: Load {
            rate: knee::LOW_RATE,
            connections,
            time: Duration::from_secs(seconds),
            path,
        },
        max_ratio,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(arguments: &[&str]) -> String {
        let arguments = ["load"].iter().chain(arguments).map(OsString::from);
        run(arguments, &mut Vec::new()).unwrap_err().to_string()
    }

    #[test]
    fn rejects_invalid_command_lines() {
        assert!(message(&[]).starts_with("missing argument COMMAND"));
        assert!(message(&["fly"]).starts_with("unknown command \"fly\""));
        assert!(message(&["idle"]).starts_with("missing argument PROGRAM"));
        assert!(message(&["startup", "a", "--rounds", "0"]).starts_with("invalid --rounds \"0\": expected"));
        assert!(message(&["startup", "a", "--rounds", "x"]).starts_with("invalid --rounds \"x\": expected"));
        assert!(message(&["constant", "a"]).starts_with("missing option --rate"));
        assert!(message(&["floods", "a", "--kinds", "ping,rain"]).starts_with("invalid --kinds \"rain\""));
        assert!(message(&["restarts", "a", "b"]).contains("unexpected argument \"b\""));
    }

    #[test]
    fn help_lists_every_command() {
        let mut out = Vec::new();
        assert!(run(["load", "--help"].map(OsString::from), &mut out).unwrap());
        let out = String::from_utf8(out).unwrap();
        for command in ["startup", "restarts", "idle", "floods", "constant", "knee"] {
            assert!(out.contains(&format!("load {command} PROGRAM")), "{out}");
        }
    }
}
