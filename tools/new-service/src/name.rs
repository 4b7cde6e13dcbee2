//! Names of packages, which are also names of directories, crates, programs, targets, image repositories and proto packages.

use std::path::Path;

use crate::{lock, Error};

const MAX_LENGTH: usize = 40;

/// Rust's keywords and the crates in every crate's namespace.
const RESERVED: [&str; 48] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
    "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "self", "static", "std", "struct", "super", "test", "trait", "true", "try", "type", "use",
];

/// Short names of a service's targets and tests, which a package's target must not duplicate.
const TARGETS: [&str; 16] = [
    "arm64",
    "boot",
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
    "size_report",
    "structure",
];

/// Returns the crate name of a package.
pub(crate) fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}

pub(crate) fn check(name: &str, path: &str, workspace: &Path, lock: &str) -> Result<(), Error> {
    let reject = |problem: String| {
        Err(Error::Name {
            name: name.to_owned(),
            problem,
        })
    };
    if let Some(problem) = problem(name) {
        return reject(problem.to_owned());
    }
    // symlink_metadata also finds a dangling link.
    if workspace.join(path).symlink_metadata().is_ok() {
        return reject(format!("{path} already exists"));
    }
    let crate_name = crate_name(name);
    if lock::package_names(lock).any(|package| self::crate_name(package) == crate_name) {
        return reject("Cargo.lock already has a crate of that name".to_owned());
    }
    Ok(())
}

fn problem(name: &str) -> Option<&'static str> {
    let separator = |c: char| c == '-' || c == '_';
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || separator(c);
    if name.len() < 2 || name.len() > MAX_LENGTH {
        Some("expected 2 to 40 characters")
    } else if !name.chars().all(allowed) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("expected a-z, 0-9, - and _, starting with a letter")
    } else if name.split(separator).any(str::is_empty) {
        Some("expected a letter or digit before and after each - and _, as in image repositories")
    } else if RESERVED.contains(&name) {
        Some("reserved keyword or crate")
    } else if TARGETS.contains(&name) {
        Some("reserved target name")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_valid_names() {
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
    fn rejects_invalid_names() {
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
