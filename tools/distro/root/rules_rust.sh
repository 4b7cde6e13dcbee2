#!/usr/bin/env bash
# Debian's rules_rust with tools/distro/modules/rules_rust copied over it, and `link_deps`. Runs in the root. Usage: rules_rust.sh DIR
set -o errexit -o nounset -o pipefail

readonly rules="$1/rust/private/rust.bzl"

# rules_rust 0.73 has native libraries in `link_deps` and warns of them in `deps`, the only place that 0.54 knows.
add_link_deps() {
  sed -i \
    -e 's/transform_deps(ctx\.attr\.deps)/transform_deps(ctx.attr.deps + ctx.attr.link_deps)/' \
    -e '/^    "edition": attr\.string(/i\    "link_deps": attr.label_list(\n        doc = "Native libraries to link.",\n        providers = [[CcInfo], [rust_common.crate_info]],\n    ),' \
    "$rules"
  if [[ "$(grep --count 'ctx\.attr\.link_deps)' "$rules")/$(grep --count '^    "link_deps": ' "$rules")" != 3/1 ]]; then
    printf 'rules_rust.sh: cannot add link_deps to %s: Debian has another release of rules_rust\n' "$rules" >&2
    exit 1
  fi
}

main() {
  cp -r /usr/share/bazel/rules/rust/. "$1/"
  cp -r /thimble/distro/modules/rules_rust/. "$1/"
  add_link_deps
}

main "$@"
