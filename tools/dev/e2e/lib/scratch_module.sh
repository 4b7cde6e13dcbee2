# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# A Bazel module in the scratch directory, built with the workspace's launcher and its own server. Sourced.

readonly module="$scratch/module"

# in_module COMMAND [ARG...]: runs Bazel in the module.
in_module() { (cd "$module" && "$workspace/tools/bazel" "$@"); }

expunge_module() { in_module clean --expunge > /dev/null 2>&1; }

# workspace_dependencies: the bazel_dep lines of the workspace. The build root overrides these modules, so each module must have them.
workspace_dependencies() { grep '^bazel_dep' "$workspace/MODULE.bazel"; }
