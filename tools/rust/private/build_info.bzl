"""The rule that writes the commit and the version of a stamped image to a file."""

# Only Bash builtins, because the action has no other tool among its inputs.
_WRITE = """\
set -o errexit -o nounset -o pipefail
commit=
version=
while read -r key value; do
  case "$key" in
    STABLE_GIT_COMMIT) commit="$value" ;;
    STABLE_GIT_VERSION) version="$value" ;;
  esac
done < "$1"
if [[ -z "$commit" ]]; then
  echo "a stamped image needs STABLE_GIT_COMMIT, which tools/workspace_status.sh prints; instead of --stamp:" >&2
  echo "    --config=release" >&2
  exit 1
fi
printf 'commit=%s\n' "$commit" > "$2"
if [[ -n "$version" ]]; then printf 'version=%s\n' "$version" >> "$2"; fi
"""

def _build_info_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")

    # Only the stable status: another commit runs this action again, another time does not.
    ctx.actions.run_shell(
        arguments = [ctx.info_file.path, out.path],
        command = _WRITE,
        inputs = [ctx.info_file],
        mnemonic = "BuildInfo",
        outputs = [out],
        progress_message = "Stamping %{output}",
    )
    return [DefaultInfo(files = depset([out]))]

build_info = rule(
    doc = """Writes `<name>.txt` with the line `commit=<commit>` and, if there is a version tag, the line `version=<version>`.

The values are `STABLE_GIT_COMMIT` and `STABLE_GIT_VERSION` of the workspace status (`tools/workspace_status.sh`). The chassis reads the
file at `/etc/build-info`. The build fails without a commit, so tag the target `manual` and build it with `--config=release`.

```starlark
load("//tools/rust/private:build_info.bzl", "build_info")

build_info(
    name = "build_info",
    tags = ["manual"],
)
```
""",
    implementation = _build_info_impl,
)
