"""The values of an image, as the files that the image rules read: one target an image instead of one a value."""

# The files: attribute of `image_settings` that names each, what of, and the attribute of rules_oci that reads it, by rule.
_FILES = [
    struct(name = "annotations", doc = "The annotations, as `KEY=VALUE` lines.", rule = "image"),
    struct(name = "cmd", doc = "The arguments.", rule = "image"),
    struct(name = "created", doc = "The time of creation.", rule = "image"),
    struct(name = "debug_repo_tags", doc = "The debug image's name for an engine.", rule = "load"),
    struct(name = "entrypoint", doc = "The program, as the entrypoint.", rule = "image"),
    struct(name = "env", doc = "The environment, as `KEY=VALUE` lines.", rule = "image"),
    struct(name = "exposed_ports", doc = "The ports, separated by commas, as in `8888/tcp,9090/tcp`.", rule = "image"),
    struct(name = "labels", doc = "The labels, as `KEY=VALUE` lines.", rule = "image"),
    struct(name = "repo_tags", doc = "The image's name for an engine.", rule = "load"),
    struct(name = "volumes", doc = "The volumes, separated by commas.", rule = "image"),
]

def settings_files(name, rule, **values):
    """Names of the files of `image_settings`.

    Args:
        name: the image.
        rule: "output" for the attributes of `image_settings`, "image" or "load" for those of `oci_image` or `oci_load`.
        **values: values by attribute; the file of one that is empty is left out.

    Returns:
        A dict of file names by attribute.
    """
    if rule == "output":
        return {file.name + "_out": "{}.{}.txt".format(name, file.name) for file in _FILES}
    return {
        file.name: "{}.{}.txt".format(name, file.name)
        for file in _FILES
        if file.rule == rule and values.get(file.name, True)
    }

def _pairs(values):
    return ["{}={}".format(key, value) for key, value in values.items()]

def _check_ports(ctx):
    for index, port in enumerate(ctx.attr.ports):
        if port < 1 or port > 65535:
            fail("{}: invalid port {}: expected an integer from 1 to 65535".format(ctx.label, port))
        if port in ctx.attr.ports[:index]:
            fail("{}: port {} is exposed twice, in {}: expected each port once".format(ctx.label, port, ctx.attr.ports))

def _image_settings_impl(ctx):
    _check_ports(ctx)
    lines = {
        ctx.outputs.annotations_out: _pairs(ctx.attr.annotations),
        ctx.outputs.cmd_out: ctx.attr.args,
        ctx.outputs.debug_repo_tags_out: [ctx.attr.image + ":debug"],
        ctx.outputs.entrypoint_out: [ctx.attr.entrypoint],
        ctx.outputs.env_out: _pairs(ctx.attr.env),
        ctx.outputs.labels_out: _pairs(ctx.attr.labels),
        ctx.outputs.repo_tags_out: [ctx.attr.image + ":latest"],
    }
    for file, values in lines.items():
        ctx.actions.write(file, "".join([_checked(ctx, value, "\n", "a line break") + "\n" for value in values]))

    # rules_oci takes the first verbatim and splits the others at commas alone: a line break would become part of the value.
    lists = {
        ctx.outputs.created_out: [ctx.attr.created],
        ctx.outputs.exposed_ports_out: ["{}/tcp".format(port) for port in ctx.attr.ports],
        ctx.outputs.volumes_out: ctx.attr.volumes,
    }
    for file, values in lists.items():
        ctx.actions.write(file, ",".join([
            _checked(ctx, _checked(ctx, value, "\n", "a line break"), ",", "a comma")
            for value in values
        ]))
    return [DefaultInfo(files = depset(lines.keys() + lists.keys()))]

def _checked(ctx, value, separator, name):
    if separator in value:
        fail("{}: {} contains {}, which separates values in the files of rules_oci; remove it".format(
            ctx.label,
            repr(value),
            name,
        ))
    return value

image_settings = rule(
    doc = "Writes the files of values that `oci_image` and `oci_load` take.",
    implementation = _image_settings_impl,
    attrs = {
        "annotations": attr.string_dict(doc = "Annotations of the manifest."),
        "args": attr.string_list(doc = "Arguments of the program."),
        "created": attr.string(doc = "Time of creation, RFC 3339."),
        "entrypoint": attr.string(
            doc = "Absolute path of the program.",
            mandatory = True,
        ),
        "env": attr.string_dict(doc = "Environment variables."),
        "image": attr.string(
            doc = "The image's name for an engine.",
            mandatory = True,
        ),
        "labels": attr.string_dict(doc = "Labels of the config."),
        "ports": attr.int_list(doc = "TCP ports."),
        "volumes": attr.string_list(doc = "Directories, as absolute paths."),
    } | {
        file.name + "_out": attr.output(doc = file.doc, mandatory = True)
        for file in _FILES
    },
)
