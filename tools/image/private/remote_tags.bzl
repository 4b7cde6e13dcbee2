"""The tags of pushed images."""

# Bash alone: the workspace status is read with nothing of the machine's.
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
    doc = """Writes the tags for `remote_tags` of `oci_push`: `latest`, and, stamped, the commit and the version, as
`tools/workspace_status.sh` prints them. A `+` of a version, which tags may not have, becomes `-`.""",
    implementation = _remote_tags_impl,
    attrs = {
        "stamped": attr.bool(
            doc = "Whether the build is stamped.",
            mandatory = True,
        ),
    },
)
