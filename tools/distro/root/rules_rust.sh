#!/usr/bin/env bash
# Debian's rules_rust with tools/distro/modules/rules_rust copied over it. Runs in the root. Usage: rules_rust.sh DIR
set -o errexit -o nounset -o pipefail

cp -r /usr/share/bazel/rules/rust/. "$1/"
cp -r /thimble/distro/modules/rules_rust/. "$1/"
