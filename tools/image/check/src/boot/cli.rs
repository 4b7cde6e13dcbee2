//! The options of `boot`, `run` and `output`.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser};

use super::probe::Probe;
use super::{job, output, service};
use crate::cli::{number, path, positional, required, string, usage};
use crate::Error;

pub(crate) fn boot_options(parser: &mut Parser) -> Result<service::Options, Error> {
    let (mut layout, mut probe_path, mut probe_body, mut grpc_service) = (None, None, None, None);
    let mut options = service::Options::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("probe-path") => probe_path = Some(string(parser)?),
            Arg::Long("probe-body") => probe_body = Some(string(parser)?),
            Arg::Long("grpc-health") => grpc_service = Some(string(parser)?),
            Arg::Long("port") => options.port = Some(number(parser, "--port")?),
            Arg::Long("ready-timeout") => options.ready_timeout = seconds(parser, "--ready-timeout")?,
            Arg::Long("stop-timeout") => options.stop_timeout = seconds(parser, "--stop-timeout")?,
            Arg::Long("expect-exit") => options.expect_exit = Some(number(parser, "--expect-exit")?),
            Arg::Long("no-stop-check") => options.expect_exit = None,
            Arg::Long("max-rss") => options.max_rss = Some(number(parser, "--max-rss")?),
            Arg::Long("env") => options.launch.env.push(string(parser)?),
            Arg::Long("emulator") => options.launch.emulator = Some(path(parser)?),
            Arg::Long("platform") => options.launch.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.launch.layout = required(layout, "LAYOUT")?;
    options.probe = probe(probe_path, probe_body, grpc_service)?;
    Ok(options)
}

fn probe(path: Option<String>, body: Option<String>, grpc_service: Option<String>) -> Result<Probe, Error> {
    match (path, body, grpc_service) {
        (Some(path), Some(body), None) => Ok(Probe::Http { path, body }),
        (None, None, Some(service)) => Ok(Probe::GrpcHealth { service }),
        (Some(_), None, None) => Err(Error::Usage("missing --probe-body TEXT".to_owned())),
        (None, Some(_), None) => Err(Error::Usage("missing --probe-path PATH".to_owned())),
        (None, None, None) => Err(Error::Usage(
            "missing probe: expected --probe-path PATH and --probe-body TEXT, or --grpc-health SERVICE"
                .to_owned(),
        )),
        (_, _, Some(_)) => Err(Error::Usage(
            "--grpc-health cannot be combined with --probe-path and --probe-body".to_owned(),
        )),
    }
}

pub(crate) fn run_options(parser: &mut Parser) -> Result<job::Options, Error> {
    let (mut options, mut layout) = (job::Options::default(), None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("arg") => options.launch.arguments.push(string(parser)?),
            Arg::Long("expect-exit-code") => {
                options.expect_exit_code = number(parser, "--expect-exit-code")?;
            }
            Arg::Long("expect-output") => options.expect_output.push(string(parser)?),
            Arg::Long("timeout") => options.timeout = seconds(parser, "--timeout")?,
            Arg::Long("max-rss") => options.max_rss = Some(number(parser, "--max-rss")?),
            Arg::Long("env") => options.launch.env.push(string(parser)?),
            Arg::Long("emulator") => options.launch.emulator = Some(path(parser)?),
            Arg::Long("platform") => options.launch.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.launch.layout = required(layout, "LAYOUT")?;
    Ok(options)
}

pub(crate) fn output_options(parser: &mut Parser) -> Result<output::Options, Error> {
    let mut options = output::Options::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("expect") => options.expect = Some(path(parser)?),
            Arg::Long("emulator") => {
                let emulator = path(parser)?;
                let image = options
                    .images
                    .last_mut()
                    .ok_or_else(|| Error::Usage("--emulator must follow its LAYOUT".to_owned()))?;
                image.emulator = Some(emulator);
            }
            Arg::Value(layout) => options.images.push(output::Image {
                layout: PathBuf::from(layout),
                emulator: None,
            }),
            other => return Err(usage(other.unexpected())),
        }
    }
    if options.images.is_empty() {
        return Err(Error::Usage("missing LAYOUT".to_owned()));
    }
    Ok(options)
}

fn seconds(parser: &mut Parser, option: &str) -> Result<Duration, Error> {
    let value: f64 = number(parser, option)?;
    Duration::try_from_secs_f64(value)
        .map_err(|error| Error::Usage(format!("invalid {option} {value}: {error}")))
}
