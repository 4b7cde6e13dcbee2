"""The rule that writes a layer of an image."""

def _checked_path(ctx, attribute, path):
    parts = path.split("/")
    if not path.startswith("/") or [part for part in parts[1:] if part in ["", ".", ".."]]:
        fail("{}: invalid attribute '{}': {}: expected an absolute path, as in \"/app\"".format(
            ctx.label,
            attribute,
            repr(path),
        ))
    return path[1:]

def _file_entries(ctx):
    entries = []
    for target, path in ctx.attr.files.items():
        files = target[DefaultInfo].files.to_list()
        if len(files) != 1:
            fail("{}: invalid attribute 'files': {}: expected a target with one output, found {}".format(ctx.label, target.label, len(files)))
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

    # Sorting by path puts a directory before its contents.
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
    doc = """Writes a layer of an image, `<name>.tar.gz`, for the attribute `tars` of `oci_image`.

The archive is reproducible: it depends only on the attributes and the contents of the files. All times are zero, entries are
sorted by path, and owners have no names. The container engine creates parent directories that are not in `directories` with mode
0755 and owner root, and resets those of lower layers to that mode and owner; list a directory that needs another mode or owner.

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
        "directories": attr.string_list(doc = "Absolute paths of directories to create. Default: none."),
        "directory_mode": attr.string(
            doc = "Permissions of `directories`, an octal number.",
            default = "0755",
        ),
        "directory_owner": attr.string(
            doc = "Owner of `directories`, `UID.GID`, both numeric.",
            default = "0.0",
        ),
        "files": attr.label_keyed_string_dict(
            doc = "Files to add: a dict from a target with one output to the absolute path in the image. The owner is root.",
            allow_files = True,
        ),
        "mode": attr.string(
            doc = "Permissions of `files`, an octal number.",
            default = "0555",
        ),
        "symlinks": attr.string_dict(doc = "Symbolic links to create: a dict from the absolute path of the link to its target. Default: none."),
        "_layer_tool": attr.label(
            default = "//tools/image/layer:layer_tool",
            cfg = "exec",
            executable = True,
        ),
    },
)
