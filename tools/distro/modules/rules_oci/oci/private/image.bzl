"""The rule that assembles an image."""

load(":layouts.bzl", "layout_inputs", "layout_runfiles")
load(":providers.bzl", "OciLayoutInfo")
load(":resource_set.bzl", "RESOURCE_SET_ATTRS", "get_resource_set")
load(":tool.bzl", "TOOL_ATTRS", "display_label", "run_tool")

_DOC = """Assembles an OCI image, as a layout: a directory with `oci-layout`, `index.json` and `blobs/sha256`.

Blobs of the base and of layers are relative symbolic links to files outside the directory, so consuming rules must depend on the
image's files and default runfiles.

The image depends only on the content of its inputs, not on their names or paths.
"""

# Attributes whose value is a file that the tool reads, with their docs.
_FILE_ATTRS = {
    "annotations": "Label of a file of `KEY=VALUE` lines, default none: annotations, merged into the manifest.",
    "cmd": "Label of a file of arguments, one per line, default none: default arguments of the entrypoint. " +
           "Empty lines are dropped; a newline inside an argument is written `%5Cn`.",
    "created": "Label of a file with a timestamp, without a line break, default: the base's, or 1970-01-01T00:00:00Z: the creation " +
               "time.",
    "entrypoint": "Label of a file of arguments, default none: the program to run, encoded as in `cmd`. Clears the " +
                  "base's Cmd.",
    "env": "Label of a file of `KEY=VALUE` lines, default none: environment variables, merged with the base's. `$KEY` and `${KEY}` " +
           "are expanded from the base and earlier lines; unknown names expand to nothing. Other braces after `$` are an error.",
    "exposed_ports": "Label of a file of ports as in `8888/tcp`, separated only by commas, without a final line break, " +
                     "default none: merged with the base's.",
    "labels": "Label of a file of `KEY=VALUE` lines, default none: labels, merged into the config.",
    "volumes": "Label of a file of paths, separated as in `exposed_ports`, default none: merged with the base's.",
}

_TAR_EXTENSIONS = [".tar", ".tgz", ".tar.gz", ".tzst", ".tar.zst"]

def _oci_image_impl(ctx):
    _check_platform(ctx)
    output = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add_all("--output", [output], expand_directories = False)
    direct, transitive = [], []

    if ctx.attr.base:
        args.add_all("--base", [ctx.file.base], expand_directories = False)
        if OciLayoutInfo not in ctx.attr.base:
            args.add("--verify-base")
        transitive.append(layout_inputs(ctx.file.base, ctx.attr.base))
    for name in ["os", "architecture", "variant", "user", "workdir"]:
        if getattr(ctx.attr, name):
            args.add("--" + name, getattr(ctx.attr, name))
    descriptions = _describe_layers(ctx)
    for tar in ctx.files.tars:
        args.add("--tar", tar)
        args.add("--layer", descriptions[tar])
    direct.extend(descriptions.keys() + descriptions.values())
    for name in _FILE_ATTRS:
        file = getattr(ctx.file, name)
        if file:
            args.add("--" + name.replace("_", "-"), file)
            direct.append(file)

    run_tool(
        ctx,
        "image",
        args,
        inputs = depset(direct, transitive = transitive),
        mnemonic = "OCIImage",
        outputs = [output],
        progress_message = "Assembling OCI image %{label}",
        resource_set = get_resource_set(ctx),
    )
    return [
        DefaultInfo(
            files = depset([output]),
            runfiles = _runfiles(ctx, output),
        ),
        OciLayoutInfo(is_index = False, layout = output),
    ]

def _describe_layers(ctx):
    """Reads each tar in a separate action, so that only changed tars are read again."""
    descriptions = {}
    for tar in ctx.files.tars:
        if tar in descriptions:
            continue
        description = ctx.actions.declare_file("%s.layer_%d.json" % (ctx.label.name, len(descriptions)))
        args = ctx.actions.args()
        args.add("--tar", tar)
        args.add("--output", description)
        run_tool(
            ctx,
            "layer",
            args,
            inputs = [tar],
            mnemonic = "OCILayer",
            outputs = [description],
            progress_message = "Reading layer %{input}",
            resource_set = get_resource_set(ctx),
        )
        descriptions[tar] = description
    return descriptions

def _check_platform(ctx):
    label = display_label(ctx.label)
    if not ctx.attr.base:
        if not ctx.attr.os or not ctx.attr.architecture:
            fail("%s: missing attributes 'os' and 'architecture': expected both for an image without a base; set both, or set 'base'" % label)
        return
    for name in ["os", "architecture", "variant"]:
        if getattr(ctx.attr, name):
            fail("%s: invalid attribute '%s': %r: the base defines it; remove it, or remove 'base'" % (label, name, getattr(ctx.attr, name)))

def _runfiles(ctx, output):
    """Returns the image and the files that its blobs link to."""
    runfiles = ctx.runfiles(files = [output] + ctx.files.tars + ctx.files.base)
    return runfiles.merge_all(layout_runfiles(ctx.attr.base)) if ctx.attr.base else runfiles

oci_image = rule(
    implementation = _oci_image_impl,
    doc = _DOC,
    attrs = {
        "architecture": attr.string(
            doc = "String, default none: GOARCH of the platform, as in `amd64`. Required without a base, an error with one.",
        ),
        "base": attr.label(
            doc = "Label of an OCI layout directory, default none: the image to build on. An error if it is not a layout, " +
                  "contains several images, or a blob does not match its digest.",
            allow_single_file = True,
        ),
        "os": attr.string(
            doc = "String, default none: GOOS of the platform, as in `linux`. Required without a base, an error with one.",
        ),
        "tars": attr.label_list(
            doc = "List of labels of tar archives (`.tar`, `.tgz`, `.tar.gz`, `.tzst`, `.tar.zst`), default empty: the " +
                  "layers, in order, after the base's. The compression is detected from the content and kept. An error if " +
                  "an archive is truncated or damaged, or contains entries that no container engine unpacks: sparse files, names of more " +
                  "than 1 MiB. A warning if it contains a name twice.",
            allow_files = _TAR_EXTENSIONS,
        ),
        "user": attr.string(
            doc = "String, default: the base's: user and group of the program, as in `65532:65532`.",
        ),
        "variant": attr.string(
            doc = "String, default none: CPU variant, as in `v8`. An error with a base.",
        ),
        "workdir": attr.string(
            doc = "String, default: the base's: working directory of the program.",
        ),
    } | {
        name: attr.label(doc = doc, allow_single_file = True)
        for name, doc in _FILE_ATTRS.items()
    } | RESOURCE_SET_ATTRS | TOOL_ATTRS,
    provides = [DefaultInfo, OciLayoutInfo],
)
