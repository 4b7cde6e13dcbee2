"""`[workspace.lints]` of Cargo.toml as flags, for Rust targets that no macro declares."""

load("@thimble_workspaces//:defs.bzl", "ROOT_WORKSPACE")

LINT_FLAGS = ROOT_WORKSPACE.lints

# Lifts the bans in clippy.toml, which are for services only. For cargo, tools/clippy.toml does the same.
TOOL_EXEMPTIONS = [
    "--allow=clippy::disallowed_macros",
    "--allow=clippy::disallowed_methods",
]

TOOL_LINT_FLAGS = LINT_FLAGS + TOOL_EXEMPTIONS
