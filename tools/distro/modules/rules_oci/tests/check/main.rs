//! Holds what a rule made to a file of what it should be: `golden FILE MADE [DIGEST_FILE]`.
//!
//! MADE is a layout, whose documents are printed as JSON, or a tar archive, whose entries are listed.

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
    let (Some(golden), Some(made)) = (arguments.next(), arguments.next()) else {
        return Err("usage: golden FILE MADE [DIGEST_FILE]".into());
    };
    let found = if made.is_dir() {
        layout::describe(&made, arguments.next().as_deref())?
    } else {
        archive::list(&made)?
    };
    compare(&fs::read_to_string(&golden)?, &found)
        .map_err(|difference| format!("{}: {difference}\nfound:\n{found}", golden.display()).into())
}

fn compare(wanted: &str, found: &str) -> std::result::Result<(), String> {
    let (mut wanted, mut found) = (wanted.lines(), found.lines());
    for number in 1.. {
        match (wanted.next(), found.next()) {
            (None, None) => break,
            (wanted, found) if wanted == found => {}
            (wanted, found) => {
                return Err(format!(
                    "line {number} differs\n  expected: {}\n  found:    {}",
                    wanted.unwrap_or("(the end)"),
                    found.unwrap_or("(the end)"),
                ));
            }
        }
    }
    Ok(())
}
