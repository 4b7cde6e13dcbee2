//! The name of a package: also a directory, a crate, a program, targets, an image's repository and a part of a proto package.

use std::path::Path;

use crate::{lock, Error};

const LONGEST: usize = 40;

/// Rust's keywords, and the crates that every crate has.
const RESERVED: [&str; 48] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
    "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "self", "static", "std", "struct", "super", "test", "trait", "true", "try", "type", "use",
];

/// Short names of a service's targets, and what tests are named by: another target of that name would be a second one.
const TARGETS: [&str; 16] = [
    "arm64",
    "boot",
    "crates",
    "debug",
    "elf",
    "gates",
    "image",
    "image_debug",
    "image_index",
    "load",
    "load_arm64",
    "load_debug",
    "push",
    "sbom",
    "size",
    "structure",
];

/// The crate of a package.
pub(crate) fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}

pub(crate) fn check(name: &str, path: &str, workspace: &Path, lock: &str) -> Result<(), Error> {
    let refuse = |problem: String| {
        Err(Error::Name {
            name: name.to_owned(),
            problem,
        })
    };
    if let Some(problem) = problem(name) {
        return refuse(problem.to_owned());
    }
    // A broken link is in the way, too.
    if workspace.join(path).symlink_metadata().is_ok() {
        return refuse(format!("{path} already exists"));
    }
    let crate_name = crate_name(name);
    if lock::package_names(lock).any(|package| self::crate_name(package) == crate_name) {
        return refuse("Cargo.lock has a crate of that name".to_owned());
    }
    Ok(())
}

fn problem(name: &str) -> Option<&'static str> {
    let separator = |c: char| c == '-' || c == '_';
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || separator(c);
    if name.len() < 2 || name.len() > LONGEST {
        Some("expected 2 to 40 characters")
    } else if !name.chars().all(allowed) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("expected a-z, 0-9, - and _, and a letter first")
    } else if name.split(separator).any(str::is_empty) {
        Some("expected a letter or digit on both sides of each - and _, as in an image's repository")
    } else if RESERVED.contains(&name) {
        Some("reserved keyword or crate")
    } else if TARGETS.contains(&name) {
        Some("every service has a target of that name")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names() {
        for name in [
            "payments",
            "a1",
            "user_accounts",
            "user-accounts",
            "a-b_c",
            &"x".repeat(40),
        ] {
            assert_eq!(problem(name), None, "{name}");
        }
    }

    #[test]
    fn bad_names() {
        for name in [
            "",
            "a",
            "Payments",
            "pay--ments",
            "pay-_ments",
            "-a",
            "a-",
            "pay ments",
            "pay.ments",
            "1st",
            "_a",
            "a_",
            "a__b",
            "../etc",
            "a/b",
            "pâyments",
            "a\nb",
            "type",
            "std",
            "image",
            "image_index",
            &"x".repeat(41),
        ] {
            assert!(problem(name).is_some(), "{name:?}");
        }
    }
}
