# shellcheck shell=bash disable=SC2154 # variables of the script that sources it
# One function for each linter, which prints findings and fails if there are any. Sourced; must run in the workspace.

readonly image_tool=tools/distro/modules/rules_oci/tool/Cargo.toml

# rustfmt reports a module once for each file that declares it.
lint_rustfmt() { rustfmt_all --check --files-with-diff --color=never | sort -u; }

lint_buildifier() {
  local buildifier
  buildifier="$(buildifier_program)" || return
  starlark_files | xargs -0 "$buildifier" -mode=check -lint=warn
}

# Runs rules_rust's aspect on a list of targets, because `//...` omits those with the tag `manual`, such as services' programs.
lint_clippy() {
  local targets status=0
  targets="$(mktemp)" || return
  { tools/bazel query --noshow_progress --ui_event_filters=-info "kind('rust_(binary|library|proc_macro|test) rule', //... - //tools/dev/lint/...)" > "$targets" &&
    tools/bazel build --config=lint --noshow_progress --ui_event_filters=-info --target_pattern_file="$targets"; } || status=$?
  rm -f "$targets"
  return "$status"
}

# A separate Bazel module, whose targets are external; aspects skip external targets.
lint_clippy_image_tool() {
  [[ -f "$image_tool" ]] || return 0
  in_root cargo clippy --quiet --manifest-path "$image_tool" --target-dir "$lint_cache/target" --workspace --all-targets --locked -- --deny warnings
}

# In templates, {{name}} is replaced by name.
lint_shellcheck() {
  local shellcheck expanded file status=0
  shellcheck="$(wheel_programs)" || return
  shellcheck+=/shellcheck
  shell_scripts | xargs -0 -n 8 -P 2 "$shellcheck" --external-sources || status=$?
  expanded="$(mktemp -d)" || return
  while IFS= read -r -d '' file; do
    sed 's/{{\([a-z_]*\)}}/\1/g' "$file" > "$expanded/${file##*/}"
    "$shellcheck" "$expanded/${file##*/}" || status=$?
  done < <(shell_templates)
  rm -rf "$expanded"
  return "$status"
}

# jactionlint: actionlint's own wheel downloads the program. It checks scripts in workflows with shellcheck.
lint_actionlint() {
  local wheels
  wheels="$(wheels)" || return
  files '.github/workflows/*.yml' | xargs -0 "$wheels/jactionlint/bin/jactionlint" --no-color --shellcheck="$wheels/bin/shellcheck"
}

# Validates with GitLab's schema, which check-jsonschema contains.
lint_gitlab_ci() {
  local wheels ajv
  wheels="$(wheels)" && ajv="$(package_program ajv)" || return
  files .gitlab-ci.yml | xargs -0 "$ajv" validate --strict=false --validate-formats=false --errors=line \
    --schema "$wheels/check_jsonschema/builtin_schemas/vendor/gitlab-ci.json"
}

# Validates the one object of each file with the newest schema in kubernetes-validate, which rejects unknown fields.
lint_kubernetes() {
  local wheels ajv schemas file kind version status=0
  wheels="$(wheels)" && ajv="$(package_program ajv)" || return
  schemas="$(printf '%s\n' "$wheels"/kubernetes_validate/kubernetes-json-schema/*-local-strict | sort --version-sort | tail -n 1)"
  while IFS= read -r -d '' file; do
    kind="$(sed -n 's/^kind: //p' "$file")" version="$(sed -n 's/^apiVersion: //p' "$file")"
    "$ajv" validate --strict=false --validate-formats=false --errors=line --schema "$schemas/${kind,,}-$(sed 's|\.k8s\.io||; s|/|-|' <<< "$version").json" \
      --ref-schema "$schemas/_definitions.json" -- "$file" || status=1
  done < <(files 'tools/remote/kubernetes/*.yml')
  return "$status"
}

# Advisories are not checked, because their database is a git repository on the network.
lint_deny() {
  local programs manifest manifests lock status=0
  programs="$(wheel_programs)" || return
  manifests=(Cargo.toml)
  [[ ! -f "$image_tool" ]] || manifests+=("$image_tool")
  while IFS= read -r -d '' lock; do
    manifests+=("${lock%.lock}.toml")
  done < <(files 'services/*/Cargo.lock')
  for manifest in "${manifests[@]}"; do
    in_root cargo fetch --quiet --locked --manifest-path "$manifest" &&
      in_root "$programs/cargo-deny" --offline --workspace --manifest-path "$manifest" --config "$workspace/deny.toml" \
        --log-level error check licenses bans sources ||
      status=1
  done
  return "$status"
}
