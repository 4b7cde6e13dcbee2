"""The rule that pushes an image to a registry."""

load(":launcher.bzl", "LAUNCHER_ATTRS", "launcher_info")
load(":repository_name.bzl", "check_repository")
load(":tool.bzl", "PUSH_TOOL_ATTRS", "display_label")

_DOC = """Pushes an image or an image index at `bazel run`: first its blobs, then its manifest by digest, then each tag.

The last line on standard output is `<repository>@sha256:...`. Blobs that the registry already has are skipped.

Flags after `--`:

- `-r NAME`, `--repository NAME`: another repository.
- `-t TAG`, `--tag TAG`: one more tag; may be repeated.
- `--insecure`: plain HTTP, which is the default for registries on this machine.
- `--allow-nondistributable-artifacts`: uploads nondistributable layers too.
- `-v`, `--verbose`: prints the blobs that the registry already has.
- `--platform PLATFORM`: ignored.
- `--digest-file FILE`: writes the digest and a newline to FILE.
- `--json FILE`: writes an object of `reference`, `repository`, `digest`, `mediaType`, `size` and `tags` to FILE.

Credentials are read from the first of these files that has some for the registry: `$DOCKER_CONFIG/config.json`,
`$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`, `$XDG_CONFIG_HOME/containers/auth.json` (default:
`~/.config/containers/auth.json`), `~/.docker/config.json`.
"""

def _oci_push_impl(ctx):
    if ctx.attr.repository and ctx.file.repository_file:
        fail("%s: conflicting attributes 'repository' and 'repository_file': set only one" % display_label(ctx.label))
    if not ctx.file.image.is_directory:
        fail("%s: invalid attribute 'image': %s: expected a directory created by a rule, such as oci_image or oci_image_index" % (
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
            doc = "Label of a file of tags as in `latest`, one per line, default none; it may be stamped.",
            allow_single_file = True,
        ),
        "repository": attr.string(
            doc = "String: the repository as in `ghcr.io/my-team/my-service`, without tag or digest. If this and " +
                  "`repository_file` are unset, `bazel run` requires `--repository`.",
        ),
        "repository_file": attr.label(
            doc = "Label of a file with the repository, instead of `repository`.",
            allow_single_file = True,
        ),
    } | LAUNCHER_ATTRS | PUSH_TOOL_ATTRS,
    executable = True,
)
