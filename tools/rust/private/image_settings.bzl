"""What an image says of itself, as the files that the image rules read: one target a service instead of one a value."""

# `OPS_PORT` of the chassis, by default.
_OPERATIONS_PORT = 9090

# The files that it writes, and what is in each.
_OUTPUTS = {
    "debug_tags_out": "The debug image's name for an engine.",
    "entrypoint_out": "The program, as the entrypoint.",
    "exposed_ports_out": "The ports, separated by commas, as in `8888/tcp,9090/tcp`.",
    "labels_out": "The labels, as `KEY=VALUE` lines.",
    "remote_tags_out": "The image's tags in a registry.",
    "tags_out": "The image's name for an engine.",
    "volumes_out": "The volumes, separated by commas.",
}

def _image_settings_impl(ctx):
    ports = ["{}/tcp".format(port) for port in [ctx.attr.port, _OPERATIONS_PORT]]
    lines = {
        ctx.outputs.debug_tags_out: [ctx.attr.service + ":debug"],
        ctx.outputs.entrypoint_out: ["/" + ctx.attr.service],
        ctx.outputs.labels_out: ["{}={}".format(key, value) for key, value in ctx.attr.labels.items()],
        ctx.outputs.remote_tags_out: ["latest"],
        ctx.outputs.tags_out: [ctx.attr.service + ":latest"],
    }
    for file, values in lines.items():
        ctx.actions.write(file, "".join([_checked(ctx, value, "\n", "a line break") + "\n" for value in values]))

    # rules_oci splits these two at commas alone: a line break would become part of a name.
    lists = {
        ctx.outputs.exposed_ports_out: ports,
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
    doc = "Writes the files of values that `oci_image`, `oci_load` and `oci_push` of a service take.",
    implementation = _image_settings_impl,
    attrs = {
        "labels": attr.string_dict(doc = "Labels of the config."),
        "port": attr.int(
            doc = "The TCP port that the service listens on; the operations port is exposed besides.",
            mandatory = True,
        ),
        "service": attr.string(
            doc = "The service: the program in the image, and the image's repository.",
            mandatory = True,
        ),
        "volumes": attr.string_list(doc = "Directories that the service writes to, as absolute paths."),
    } | {
        output: attr.output(doc = doc, mandatory = True)
        for output, doc in _OUTPUTS.items()
    },
)
