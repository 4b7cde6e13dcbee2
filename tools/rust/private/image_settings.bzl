"""The rule that writes the values of an image to files for rules_oci: one target for all files of an image."""

# The files: name of the attribute of rules_oci, content, and the rule with that attribute, `oci_image` or `oci_load`.
_FILES = [
    struct(name = "annotations", doc = "File of the annotations, `KEY=VALUE` lines.", rule = "image"),
    struct(name = "cmd", doc = "File of the arguments, one per line.", rule = "image"),
    struct(name = "created", doc = "File of the time of creation.", rule = "image"),
    struct(name = "debug_repo_tags", doc = "File of the name and tag of the debug image in an engine.", rule = "load"),
    struct(name = "entrypoint", doc = "File of the entrypoint.", rule = "image"),
    struct(name = "env", doc = "File of the environment variables, `KEY=VALUE` lines.", rule = "image"),
    struct(name = "exposed_ports", doc = "File of the ports, separated by commas, as in `8888/tcp,9090/tcp`.", rule = "image"),
    struct(name = "labels", doc = "File of the labels, `KEY=VALUE` lines.", rule = "image"),
    struct(name = "repo_tags", doc = "File of the name and tag of the image in an engine.", rule = "load"),
    struct(name = "volumes", doc = "File of the volumes, separated by commas.", rule = "image"),
]

def settings_files(name, rule, **values):
    """Returns the files of `image_settings` as attributes.

    Args:
        name: name of the image.
        rule: "output" for the attributes of `image_settings`, "image" or "load" for those of `oci_image` or `oci_load`.
        **values: values by attribute. The attribute of an empty value is omitted.

    Returns:
        A dict from an attribute to the name of a file.
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

# The label of the `rust_image`, which the user wrote.
def _image_label(ctx):
    return "//{}:{}".format(ctx.label.package, ctx.attr.image)

def _check_ports(ctx):
    for index, port in enumerate(ctx.attr.ports):
        if port < 1 or port > 65535:
            fail("{}: invalid attribute 'ports': {}: expected a TCP port, 1 to 65535".format(_image_label(ctx), port))
        if port in ctx.attr.ports[:index]:
            fail("{}: invalid attribute 'ports': {}: duplicate port: expected each port once".format(_image_label(ctx), port))

def _image_settings_impl(ctx):
    _check_ports(ctx)
    lines = {
        ctx.outputs.annotations_out: ("annotations", _pairs(ctx.attr.annotations)),
        ctx.outputs.cmd_out: ("args", ctx.attr.args),
        ctx.outputs.debug_repo_tags_out: ("name", [ctx.attr.image + ":debug"]),
        ctx.outputs.entrypoint_out: ("name", [ctx.attr.entrypoint]),
        ctx.outputs.env_out: ("env", _pairs(ctx.attr.env)),
        ctx.outputs.labels_out: ("labels", _pairs(ctx.attr.labels)),
        ctx.outputs.repo_tags_out: ("name", [ctx.attr.image + ":latest"]),
    }
    for file, (attribute, values) in lines.items():
        ctx.actions.write(file, "".join([_checked(ctx, attribute, value, "\n", "line break") + "\n" for value in values]))

    # rules_oci reads `created` verbatim and splits the other files at commas only, so a line break would become part of a value.
    lists = {
        ctx.outputs.created_out: ("created", [ctx.attr.created]),
        ctx.outputs.exposed_ports_out: ("ports", ["{}/tcp".format(port) for port in ctx.attr.ports]),
        ctx.outputs.volumes_out: ("volumes", ctx.attr.volumes),
    }
    for file, (attribute, values) in lists.items():
        ctx.actions.write(file, ",".join([
            _checked(ctx, attribute, _checked(ctx, attribute, value, "\n", "line break"), ",", "comma")
            for value in values
        ]))
    return [DefaultInfo(files = depset(lines.keys() + lists.keys()))]

def _checked(ctx, attribute, value, separator, name):
    if separator in value:
        fail("{}: invalid attribute '{}': {}: expected a value without a {}, which separates values in the files of rules_oci".format(
            _image_label(ctx),
            attribute,
            repr(value),
            name,
        ))
    return value

image_settings = rule(
    doc = "Writes the values of an image to the files that `oci_image` and `oci_load` read.",
    implementation = _image_settings_impl,
    attrs = {
        "annotations": attr.string_dict(doc = "Annotations of the manifest. Default: none."),
        "args": attr.string_list(doc = "Arguments of the program. Default: none."),
        "created": attr.string(doc = "Time of creation, RFC 3339. Default: that of the base."),
        "entrypoint": attr.string(
            doc = "Absolute path of the program in the image.",
            mandatory = True,
        ),
        "env": attr.string_dict(doc = "Environment variables. Default: none."),
        "image": attr.string(
            doc = "Name of the image in an engine, without a tag.",
            mandatory = True,
        ),
        "labels": attr.string_dict(doc = "Labels of the configuration. Default: none."),
        "ports": attr.int_list(doc = "TCP ports to expose, 1 to 65535. Default: none."),
        "volumes": attr.string_list(doc = "Absolute paths of the volumes. Default: none."),
    } | {
        file.name + "_out": attr.output(doc = file.doc, mandatory = True)
        for file in _FILES
    },
)
