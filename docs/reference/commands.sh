#!/usr/bin/env bash
# Prints the reference page of the commands, from their output of --help. Runs in the runfiles of the workspace.
# Usage: commands.sh COMMAND=PROGRAM...
# shellcheck disable=SC2016 # backquotes of Markdown
set -o errexit -o nounset -o pipefail

printf '<!-- Generated from the output of --help. -->\n\n# Commands\n\n'
printf 'Exit code 64 is a usage error. `tools/bazel run LABEL -- ARGUMENT...` runs a command that is a label.\n'
for entry in "$@"; do
  # Without the variable, a script runs its files in the runfiles, which this page describes.
  text="$(env --unset=BUILD_WORKSPACE_DIRECTORY "${entry#*=}" --help)"
  printf '\n## %s\n\n```text\n%s\n```\n' "${entry%%=*}" "$text"
done
