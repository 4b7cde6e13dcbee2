"""Lint flags: `rustc_flags` of every first-party Rust target."""

load("@workspace_lints//:flags.bzl", "FLAGS")

# `[workspace.lints]` of Cargo.toml.
LINT_FLAGS = FLAGS

# Bans in clippy.toml are for services. Cargo has tools/clippy.toml for the same.
TOOL_LINT_FLAGS = FLAGS + [
    "--allow=clippy::disallowed_macros",
    "--allow=clippy::disallowed_methods",
]
