"""What a stamped image says of its build, in a file of its own."""

# Bash alone: the workspace status is read with nothing of the machine's.
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

    # Of the stable status: a commit that is another runs this again, and the layer above it; the clock does not.
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
    doc = """The file `<name>.txt`: lines `commit=` and, if there is a tag, `version=`, as `tools/workspace_status.sh`
says them. The chassis reads it at `/etc/build-info`. Fails without a commit, so it is for `--config=release` only.

```starlark
build_info(
    name = "build_info",
    tags = ["manual"],
)
```
""",
    implementation = _build_info_impl,
)
