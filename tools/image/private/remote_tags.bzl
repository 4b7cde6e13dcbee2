"""The rule that writes the tags of pushed images."""

# Only Bash builtins, because the action has no other tool among its inputs.
_WRITE = """\
set -o errexit -o nounset -o pipefail
printf 'latest\\n' > "$2"
while read -r key value; do
  case "$key" in
    STABLE_GIT_COMMIT | STABLE_GIT_VERSION) printf '%s\\n' "${value//+/-}" >> "$2" ;;
  esac
done < "$1"
"""

def _remote_tags_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    if ctx.attr.stamped:
        ctx.actions.run_shell(
            arguments = [ctx.info_file.path, out.path],
            command = _WRITE,
            inputs = [ctx.info_file],
            mnemonic = "RemoteTags",
            outputs = [out],
            progress_message = "Stamping %{output}",
        )
    else:
        ctx.actions.write(out, "latest\n")
    return [DefaultInfo(files = depset([out]))]

remote_tags = rule(
    doc = """Writes tags to `<name>.txt`, one per line, for the attribute `remote_tags` of `oci_push`.

The first tag is `latest`. With `stamped`, `STABLE_GIT_COMMIT` and `STABLE_GIT_VERSION` of the workspace status follow
(`tools/workspace_status.sh`), with `-` instead of `+`, which a tag must not contain.

```starlark
load("//tools/image:defs.bzl", "remote_tags")

remote_tags(
    name = "remote_tags",
    stamped = False,
)
```
""",
    implementation = _remote_tags_impl,
    attrs = {
        "stamped": attr.bool(
            doc = "Whether the commit and the version are tags, too.",
            mandatory = True,
        ),
    },
)
