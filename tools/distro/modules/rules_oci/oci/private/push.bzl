"""The rule that sends an image to a registry."""

load(":launcher.bzl", "LAUNCHER_ATTRS", "launcher_info")
load(":repository_name.bzl", "check_repository")
load(":tool.bzl", "PUSH_TOOL_ATTRS", "display_label")

_DOC = """Pushes an image or an image index at `bazel run`: what it is made of, it by its digest, then each tag.

The last line on standard output is `<repository>@sha256:...`. What the registry has already is not sent again.

Flags after `--`:

- `-r NAME`, `--repository NAME`: another repository.
- `-t TAG`, `--tag TAG`: one more tag; may be repeated.
- `--insecure`: plain HTTP; a registry on this machine is spoken to so without it.
- `--allow-nondistributable-artifacts`: layers that are marked as not to be distributed are sent, too.
- `-v`, `--verbose`: prints what the registry has already.
- `--platform PLATFORM`: changes nothing.
- `--digest-file FILE`: where the digest is written, with a newline.
- `--json FILE`: where `reference`, `repository`, `digest`, `mediaType`, `size` and `tags` are written as one object.

Credentials come from the first of these files that has some for the registry: `$DOCKER_CONFIG/config.json`,
`$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`, `~/.docker/config.json`.
"""

def _oci_push_impl(ctx):
    if ctx.attr.repository and ctx.file.repository_file:
        fail("%s: `repository` and `repository_file` are both set; set one of them" % display_label(ctx.label))
    if not ctx.file.image.is_directory:
        fail("%s: `image` = %s is not a directory that a rule made; give an oci_image or an oci_image_index" % (
            display_label(ctx.label),
            display_label(ctx.attr.image.label),
        ))
    check_repository(ctx)
    return [launcher_info(
        ctx,
        "push",
        files = {
            "repository-file": ctx.file.repository_file,
            "tags": ctx.file.remote_tags,
        },
        options = {"repository": ctx.attr.repository},
    )]

oci_push = rule(
    implementation = _oci_push_impl,
    doc = _DOC,
    attrs = {
        "remote_tags": attr.label(
            doc = "Label of a file of tags as in `latest`, one a line, default none; it may be a stamped one.",
            allow_single_file = True,
        ),
        "repository": attr.string(
            doc = "String: the repository as in `ghcr.io/my-team/my-service`, without tag or digest. Without this and " +
                  "`repository_file`, `bazel run` needs `--repository`.",
        ),
        "repository_file": attr.label(
            doc = "Label of a file that holds the repository, in place of `repository`.",
            allow_single_file = True,
        ),
    } | LAUNCHER_ATTRS | PUSH_TOOL_ATTRS,
    executable = True,
)
