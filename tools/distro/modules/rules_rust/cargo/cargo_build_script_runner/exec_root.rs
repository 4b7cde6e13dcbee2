//! The path of the execution root that is compiled into build scripts.
//!
//! The value of `env!("CARGO_MANIFEST_DIR")` starts with a placeholder, because each sandbox has another path. A copy of the build
//! script contains a path of the same length instead, which is valid while the runner runs.

use std::path::{Path, PathBuf};
use std::{fs, io, process};

/// `CARGO_MANIFEST_DIR` of compile actions for the execution platform starts with it: see rules_rust.sh.
const PLACEHOLDER: &str = "/proc/self/cwd/./.";

/// Returns the path of the execution root, the working directory of this process, with the length of the placeholder.
///
/// Unlike the placeholder, it is valid in processes with another working directory, such as make.
pub fn exec_root() -> String {
    let path = format!("/proc/{}/cwd", process::id());
    format!("{:/<width$}", path, width = PLACEHOLDER.len())
}

/// Writes a copy of the program in which `exec_root` replaces the placeholder.
///
/// Returns the path of the program to run: that of the copy, or the program's if it does not contain the placeholder.
///
/// # Errors
///
/// Reading or writing fails.
pub fn replace_placeholder(program: &Path, copy: &Path) -> io::Result<PathBuf> {
    let mut content = fs::read(program)?;
    if !replace(&mut content, PLACEHOLDER.as_bytes(), exec_root().as_bytes()) {
        return Ok(program.to_owned());
    }
    fs::write(copy, content)?;
    fs::set_permissions(copy, fs::metadata(program)?.permissions())?;
    Ok(copy.to_owned())
}

/// Replaces all occurrences of `from` by `to`, of the same length; returns whether there were any.
fn replace(content: &mut [u8], from: &[u8], to: &[u8]) -> bool {
    let mut found = false;
    let mut start = 0;
    while let Some(slash) = content[start..].iter().position(|byte| *byte == from[0]) {
        start += slash;
        if content[start..].starts_with(from) {
            content[start..start + to.len()].copy_from_slice(to);
            found = true;
        }
        start += 1;
    }
    found
}
