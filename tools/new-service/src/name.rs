//! What a service may be called: it is a folder, a crate, a target and an image's repository.

use std::path::Path;

use crate::Error;

const LONGEST: usize = 40;

/// Rust's keywords, and the crates that every crate has.
const RESERVED: [&str; 48] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
    "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "self", "static", "std", "struct", "super", "test", "trait", "true", "try", "type", "use",
];

/// Targets that every service has, or what they are named by: with one of these names a target would be there twice.
const TARGETS: [&str; 25] = [
    "arm64",
    "boot",
    "crate_list",
    "crates",
    "debug",
    "elf",
    "gates",
    "image",
    "image_arm64",
    "image_debug",
    "image_index",
    "image_layer",
    "image_oci",
    "image_settings",
    "load",
    "load_arm64",
    "load_debug",
    "push",
    "push_bills",
    "push_index",
    "sbom",
    "sbom_bills",
    "sbom_referrers",
    "size",
    "structure",
];

pub(crate) fn check(name: &str, workspace: &Path, lock: &str) -> Result<(), Error> {
    let refuse = |problem: String| {
        Err(Error::Name {
            name: name.to_owned(),
            problem,
        })
    };
    if let Some(problem) = problem(name) {
        return refuse(problem.to_owned());
    }
    let folder = format!("services/{name}");
    // A broken link is in the way, too.
    if workspace.join(&folder).symlink_metadata().is_ok() {
        return refuse(format!("{folder} is there already"));
    }
    let taken = |line: &str| {
        let package = line
            .strip_prefix("name = \"")
            .and_then(|rest| rest.strip_suffix('"'));
        package.is_some_and(|package| package.replace('-', "_") == name)
    };
    if lock.lines().any(taken) {
        return refuse("Cargo.lock has a crate of that name".to_owned());
    }
    Ok(())
}

fn problem(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.len() < 2 || name.len() > LONGEST {
        Some("it has 2 to 40 characters")
    } else if !name.chars().all(allowed) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("allowed are a-z, 0-9 and _, and the first is a letter")
    } else if name.ends_with('_') || name.contains("__") {
        Some("an underscore stands between two other characters, as an image's repository has it")
    } else if RESERVED.contains(&name) {
        Some("it is a word of Rust")
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
        for name in ["payments", "a1", "user_accounts", &"x".repeat(40)] {
            assert_eq!(problem(name), None, "{name}");
        }
    }

    #[test]
    fn bad_names() {
        for name in [
            "",
            "a",
            "Payments",
            "pay-ments",
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
            &"x".repeat(41),
        ] {
            assert!(problem(name).is_some(), "{name:?}");
        }
    }
}
