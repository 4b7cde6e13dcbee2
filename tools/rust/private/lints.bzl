"""Lint flags: `[workspace.lints]` of Cargo.toml, for Rust targets that no macro makes."""

load("@thimble_workspaces//:defs.bzl", "ROOT_WORKSPACE")

LINT_FLAGS = ROOT_WORKSPACE.lints

# What tools may use and services may not: clippy.toml says why. Cargo has tools/clippy.toml for the same.
TOOL_EXEMPTIONS = [
    "--allow=clippy::disallowed_macros",
    "--allow=clippy::disallowed_methods",
]

TOOL_LINT_FLAGS = LINT_FLAGS + TOOL_EXEMPTIONS
