//! Cargo.toml's `[profile.release]` and version are those that Bazel builds with.

const CARGO_TOML: &str = include_str!(env!("CARGO_TOML"));
/// Lines `option=value`, from `private/profile.bzl`.
const PROFILE: &str = env!("RELEASE_PROFILE");
const VERSION: &str = env!("WORKSPACE_VERSION");

/// The options of a section, as `option=value`, sorted.
fn section(text: &str, name: &str) -> Vec<String> {
    let mut options: Vec<String> = text
        .lines()
        .skip_while(|line| line.trim() != format!("[{name}]"))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .map(|line| line.split('#').next().unwrap_or_default())
        .filter_map(|line| line.split_once('='))
        .map(|(option, value)| format!("{}={}", option.trim(), value.trim().trim_matches('"')))
        .collect();
    options.sort();
    options
}

#[test]
fn cargo_and_bazel_agree() {
    let bazel: Vec<&str> = PROFILE.split(' ').collect();
    assert_eq!(
        section(CARGO_TOML, "profile.release"),
        bazel,
        "left: [profile.release] in Cargo.toml; right: RELEASE_PROFILE in tools/rust/private/profile.bzl"
    );
}

#[test]
fn versions_agree() {
    let cargo = section(CARGO_TOML, "workspace.package");
    assert!(
        cargo.contains(&format!("version={VERSION}")),
        "VERSION in tools/rust/private/profile.bzl is {VERSION}, [workspace.package] in Cargo.toml has {cargo:?}"
    );
}

#[test]
fn another_value_is_seen() {
    let other = "[profile.dev]\nlto = \"fat\"\n[profile.release]\nopt-level = 3 # fast\n[x]\na = 1\n";
    assert_eq!(section(other, "profile.release"), ["opt-level=3"]);
}
