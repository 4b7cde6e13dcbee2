//! The options of `boot` and `table`.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser};

use super::{Options, TableImage, TableOptions};
use crate::cli::{number, path, positional, required, string, usage};
use crate::Error;

pub(crate) fn options(parser: &mut Parser) -> Result<Options, Error> {
    let (mut options, mut layout, mut get, mut body) = (Options::default(), None, None, None);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("get") => get = Some(string(parser)?),
            Arg::Long("expect-body") => body = Some(string(parser)?),
            Arg::Long("port") => options.port = Some(number(parser, "--port")?),
            Arg::Long("env") => options.env.push(string(parser)?),
            Arg::Long("ready-timeout") => options.ready_timeout = seconds(parser, "--ready-timeout")?,
            Arg::Long("stop-timeout") => options.stop_timeout = seconds(parser, "--stop-timeout")?,
            Arg::Long("expect-exit") => options.expect_exit = number(parser, "--expect-exit")?,
            Arg::Long("max-rss") => options.max_rss = Some(number(parser, "--max-rss")?),
            Arg::Long("emulator") => options.emulator = Some(path(parser)?),
            Arg::Long("platform") => options.platform = Some(string(parser)?),
            other => positional(&mut layout, other)?,
        }
    }
    options.layout = required(layout, "LAYOUT")?;
    options.get = required(get, "--get PATH")?;
    options.expect_body = required(body, "--expect-body TEXT")?;
    Ok(options)
}

pub(crate) fn table_options(parser: &mut Parser) -> Result<TableOptions, Error> {
    let mut options = TableOptions::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("expect") => options.expect = Some(path(parser)?),
            Arg::Long("emulator") => {
                let emulator = path(parser)?;
                let image = options.images.last_mut().ok_or_else(|| {
                    Error::Usage("--emulator comes after the LAYOUT that it is for".to_owned())
                })?;
                image.emulator = Some(emulator);
            }
            Arg::Value(layout) => options.images.push(TableImage {
                layout: PathBuf::from(layout),
                emulator: None,
            }),
            other => return Err(usage(other.unexpected())),
        }
    }
    if options.images.is_empty() {
        return Err(Error::Usage("LAYOUT is missing".to_owned()));
    }
    Ok(options)
}

fn seconds(parser: &mut Parser, option: &str) -> Result<Duration, Error> {
    let value: f64 = number(parser, option)?;
    Duration::try_from_secs_f64(value).map_err(|error| Error::Usage(format!("{option} {value}: {error}")))
}
