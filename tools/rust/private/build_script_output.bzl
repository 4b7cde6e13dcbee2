"""The rule that handles the output of a build script that rules_rust ignores."""

load("@rules_rust//rust:rust_common.bzl", "BuildInfo")

# Arguments: the build script, the prefix of its metadata, then the files with the metadata and the flags, before and after. rules_rust takes
# unknown keys for metadata. Only Bash builtins, because the action has no other tool among its inputs.
_SPLIT = """\
set -o errexit -o nounset -o pipefail
readonly script="$1" prefix="$2"
is_rejected=
reject() {
  printf '%s: %s\\n' "$script" "$1" >&2
  is_rejected=1
}
reject_key() {
  reject "unsupported output \\"cargo::$1\\", which rules_rust ignores: expected $2"
}
readonly link_arg="\\"cargo::rustc-link-arg\\", or 'rustc_flags' in BUILD.bazel"
readonly link_lib='"cargo::rustc-link-lib" and "cargo::rustc-link-search"'

: > "$5"
: > "$6"
while IFS= read -r line || [[ -n "$line" ]]; do
  value="${line#*=}"
  case "${line%%=*}" in
    "${prefix}ERROR") reject "error: $value" ;;
    "${prefix}RUSTC_CHECK_CFG") printf -- '--check-cfg=%s\\n' "$value" >> "$6" ;;
    # Dynamic libraries are skipped, as cargo does for musl.
    "${prefix}RUSTC_LINK_ARG_CDYLIB") ;;
    "${prefix}RUSTC_LINK_ARG_BENCHES") reject_key rustc-link-arg-benches "$link_arg" ;;
    "${prefix}RUSTC_LINK_ARG_EXAMPLES") reject_key rustc-link-arg-examples "$link_arg" ;;
    "${prefix}RUSTC_LINK_ARG_TESTS") reject_key rustc-link-arg-tests "$link_arg" ;;
    *) printf '%s\\n' "$line" >> "$5" ;;
  esac
done < "$3"
while IFS= read -r line || [[ -n "$line" ]]; do
  case "$line" in
    -l* | -L*) reject_key rustc-flags "$link_lib" ;;
    *) printf '%s\\n' "$line" >> "$6" ;;
  esac
done < "$4"
# rules_rust prints a warning for these keys, but only when it runs the script.
while IFS= read -r line || [[ -n "$line" ]]; do
  if [[ ! "$line" =~ ^[[:space:]]*// && "$line" =~ rustc-link-arg-bins? ]]; then
    reject_key "${BASH_REMATCH[0]}" "$link_arg"
  fi
done < "$script"
[[ -z "$is_rejected" ]]
"""

def _build_script_output_impl(ctx):
    info = ctx.attr.run[BuildInfo]
    dep_env = ctx.actions.declare_file(ctx.label.name + ".depenv")
    flags = ctx.actions.declare_file(ctx.label.name + ".flags")
    ctx.actions.run_shell(
        arguments = [
            ctx.file.script.path,
            "DEP_{}_".format(ctx.attr.links.upper().replace("-", "_")),
            info.dep_env.path,
            info.flags.path,
            dep_env.path,
            flags.path,
        ],
        command = _SPLIT,
        inputs = [ctx.file.script, info.dep_env, info.flags],
        mnemonic = "BuildScriptOutput",
        outputs = [dep_env, flags],
        progress_message = "Checking the output of %{label}",
    )
    return [
        ctx.attr.run[DefaultInfo],
        BuildInfo(**(_fields(info) | {"dep_env": dep_env, "flags": flags})),
    ]

def _fields(info):
    return {name: getattr(info, name) for name in dir(info) if name not in ["to_json", "to_proto"]}

build_script_output = rule(
    doc = """Passes the output of a `cargo_build_script` on, with `rustc-check-cfg`, which rules_rust drops.

The build fails if the script reports an error by `cargo::error`, or prints a key that rules_rust ignores.
""",
    implementation = _build_script_output_impl,
    attrs = {
        "links": attr.string(doc = "The key `links` of Cargo.toml. Default: none."),
        "run": attr.label(
            doc = "The `cargo_build_script`.",
            mandatory = True,
            providers = [BuildInfo],
        ),
        "script": attr.label(
            doc = "The source of the build script.",
            allow_single_file = True,
            mandatory = True,
        ),
    },
)

def _build_script_program_output_impl(ctx):
    return [
        ctx.attr.output[DefaultInfo],
        BuildInfo(**(_fields(ctx.attr.output[BuildInfo]) | {"linker_flags": None})),
    ]

build_script_program_output = rule(
    doc = """The output of a build script without `rustc-link-lib`.

As in cargo, only the library of a package links the native libraries, so the linker finds them once.
""",
    implementation = _build_script_program_output_impl,
    attrs = {
        "output": attr.label(
            doc = "The `build_script_output`.",
            mandatory = True,
            providers = [BuildInfo],
        ),
    },
)
