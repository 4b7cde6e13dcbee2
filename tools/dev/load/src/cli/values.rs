//! Parsing of option values and PROGRAM.

use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};

use crate::Error;

pub(super) fn positional(program: &mut Option<PathBuf>, argument: Arg<'_>) -> Result<(), Error> {
    match argument {
        Arg::Value(value) if program.is_none() => {
            *program = Some(value.into());
            Ok(())
        }
        other => Err(usage(other.unexpected())),
    }
}

pub(super) fn required(program: Option<PathBuf>) -> Result<PathBuf, Error> {
    program.ok_or_else(|| Error::Usage("missing argument PROGRAM".to_owned()))
}

pub(super) fn string(parser: &mut Parser) -> Result<String, Error> {
    parser.value().and_then(ValueExt::string).map_err(usage)
}

pub(super) fn number<T: FromStr>(parser: &mut Parser, option: &str) -> Result<T, Error> {
    parse(parser, option, "a number", |_| true)
}

pub(super) fn positive<T: FromStr + Default + PartialOrd>(
    parser: &mut Parser,
    option: &str,
) -> Result<T, Error> {
    parse(parser, option, "a number above 0", |value| *value > T::default())
}

fn parse<T: FromStr>(
    parser: &mut Parser,
    option: &str,
    expected: &str,
    accepts: fn(&T) -> bool,
) -> Result<T, Error> {
    let value = parser.value().map_err(usage)?;
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .filter(accepts)
        .ok_or_else(|| {
            Error::Usage(format!(
                "invalid {option} \"{}\": expected {expected}",
                value.display()
            ))
        })
}

#[allow(clippy::needless_pass_by_value)] // for map_err
pub(super) fn usage(error: lexopt::Error) -> Error {
    Error::Usage(error.to_string())
}
