//! Compares the output of a rule with a golden file: `golden FILE ACTUAL [DIGEST_FILE]`.
//!
//! ACTUAL is a layout, whose documents are printed as JSON, or a tar archive, whose entries are listed.

mod archive;
mod layout;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(golden), Some(actual)) = (arguments.next(), arguments.next()) else {
        return Err("usage: golden FILE ACTUAL [DIGEST_FILE]".into());
    };
    let found = if actual.is_dir() {
        layout::describe(&actual, arguments.next().as_deref())?
    } else {
        archive::list(&actual)?
    };
    compare(&fs::read_to_string(&golden)?, &found)
        .map_err(|difference| format!("{}: {difference}\nfound:\n{found}", golden.display()).into())
}

fn compare(expected: &str, found: &str) -> std::result::Result<(), String> {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for number in 1.. {
        match (expected.next(), found.next()) {
            (None, None) => break,
            (expected, found) if expected == found => {}
            (expected, found) => {
                return Err(format!(
                    "line {number} differs\n  expected: {}\n  found:    {}",
                    expected.unwrap_or("(end of file)"),
                    found.unwrap_or("(end of file)"),
                ));
            }
        }
    }
    Ok(())
}
