"""A layer of an image."""

def _checked_path(ctx, attribute, path):
    parts = path.split("/")
    if not path.startswith("/") or [part for part in parts[1:] if part in ["", ".", ".."]]:
        fail("{}: invalid path {} in '{}': expected an absolute path, as in \"/app\"".format(
            ctx.label,
            repr(path),
            attribute,
        ))
    return path[1:]

def _file_entries(ctx):
    entries = []
    for target, path in ctx.attr.files.items():
        files = target[DefaultInfo].files.to_list()
        if len(files) != 1:
            fail("{}: {} in 'files' must have one output, found {}".format(ctx.label, target.label, len(files)))
        entries.append(struct(
            mode = ctx.attr.mode,
            owner = "0.0",
            path = _checked_path(ctx, "files", path),
            source = files[0].path,
            type = "file",
        ))
    return entries

def _image_layer_impl(ctx):
    entries = _file_entries(ctx) + [
        struct(
            mode = ctx.attr.directory_mode,
            owner = ctx.attr.directory_owner,
            path = _checked_path(ctx, "directories", path),
            type = "directory",
        )
        for path in ctx.attr.directories
    ] + [
        struct(
            path = _checked_path(ctx, "symlinks", path),
            target = target,
            type = "symlink",
        )
        for path, target in ctx.attr.symlinks.items()
    ]
    spec = ctx.actions.declare_file(ctx.label.name + ".json")

    # By path, so that a directory comes before what it contains.
    ctx.actions.write(spec, json.encode(sorted(entries, key = lambda entry: entry.path)))
    out = ctx.actions.declare_file(ctx.label.name + ".tar.gz")
    ctx.actions.run(
        executable = ctx.executable._layer_tool,
        arguments = [spec.path, out.path],
        inputs = [spec] + ctx.files.files,
        mnemonic = "ImageLayer",
        outputs = [out],
        progress_message = "Writing layer %{output}",
    )
    return [DefaultInfo(files = depset([out]))]

image_layer = rule(
    doc = """A layer of an image: `<name>.tar.gz`, for `tars` of `oci_image`.

The archive depends on nothing but the attributes and the contents of the files: all times are zero, entries are sorted by path,
and no user has a name. Directories that are not listed are made by the engine, with mode 0755 and owned by root, also where a
layer below has them with another mode or owner: list those.

```starlark
load("//tools/image:defs.bzl", "image_layer")

image_layer(
    name = "layer",
    directories = ["/data"],
    directory_mode = "0700",
    directory_owner = "65532.65532",
    files = {":server": "/server"},
)
```
""",
    implementation = _image_layer_impl,
    attrs = {
        "directories": attr.string_list(doc = "Absolute paths of directories; default none."),
        "directory_mode": attr.string(
            doc = "Permissions of the directories, octal.",
            default = "0755",
        ),
        "directory_owner": attr.string(
            doc = "Owner of the directories, `UID.GID`.",
            default = "0.0",
        ),
        "files": attr.label_keyed_string_dict(
            doc = "Absolute path of each file in the image, by the target of one output that is its content. Owner: root.",
            allow_files = True,
        ),
        "mode": attr.string(
            doc = "Permissions of the files, octal.",
            default = "0555",
        ),
        "symlinks": attr.string_dict(doc = "Target of each symbolic link, by its absolute path."),
        "_layer_tool": attr.label(
            default = "//tools/image/layer:layer_tool",
            cfg = "exec",
            executable = True,
        ),
    },
)
