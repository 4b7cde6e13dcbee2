#!/usr/bin/env bash
# Debian's rules_rust with tools/distro/modules/rules_rust copied over it, and edits to its own files. Runs in the root.
# Usage: rules_rust.sh DIR
set -o errexit -o nounset -o pipefail

readonly rules="$1/rust/private/rust.bzl"
readonly extension="$1/crate_universe/extension.bzl"

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

# add_workspace_tags: workspace_tags.bzl says what they are.
add_workspace_tags() {
  sed -i \
    -e '0,/^load(/s//load(":workspace_tags.bzl", "platforms_template", "render_config_tag", "workspace_manifests")\nload(/' \
    -e 's/^\( *\)regen_command = .*/&\n\1platforms_template = platforms_template(module_ctx, cfg.name),/' \
    -e 's/manifests = {str(module_ctx\.path(m)).*/manifests = workspace_manifests(module_ctx, cfg.manifests)/' \
    -e 's/^\( *\)tag_classes = dict($/&\n\1    render_config = render_config_tag,/' \
    "$extension"
  if [[ "$(grep --count --extended-regexp 'platforms_template\(|workspace_manifests\(|= render_config_tag|workspace_tags' "$extension")" != 4 ]]; then
    printf 'rules_rust.sh: cannot add tags to %s: Debian has another release of rules_rust\n' "$extension" >&2
    exit 1
  fi
}

main() {
  cp -r /usr/share/bazel/rules/rust/. "$1/"
  cp -r /thimble/distro/modules/rules_rust/. "$1/"
  add_link_deps
  add_workspace_tags
}

main "$@"
