"""What an image says of itself, as the files that the image rules read: one target a service instead of one a value."""

# `OPS_PORT` of the chassis, by default.
_OPERATIONS_PORT = 9090

def _image_settings_impl(ctx):
    values = {
        ctx.outputs.entrypoint_out: ["/" + ctx.attr.service],
        ctx.outputs.exposed_ports_out: ["{}/tcp".format(port) for port in [ctx.attr.port, _OPERATIONS_PORT]],
        ctx.outputs.labels_out: ["{}={}".format(key, value) for key, value in ctx.attr.labels.items()],
        ctx.outputs.remote_tags_out: ["latest"],
        ctx.outputs.tags_out: [ctx.attr.service + ":latest"],
        ctx.outputs.debug_tags_out: [ctx.attr.service + ":debug"],
        ctx.outputs.volumes_out: ctx.attr.volumes,
    }
    for file, lines in values.items():
        for line in lines:
            if "\n" in line:
                fail("{}: {} has a line break in it; write it on one line".format(ctx.label, repr(line)))
        ctx.actions.write(file, "".join([line + "\n" for line in lines]))
    return [DefaultInfo(files = depset(values.keys()))]

image_settings = rule(
    doc = "Writes the files of values that `oci_image`, `oci_load` and `oci_push` of a service take.",
    implementation = _image_settings_impl,
    attrs = {
        "debug_tags_out": attr.output(
            doc = "The debug image's name for an engine.",
            mandatory = True,
        ),
        "entrypoint_out": attr.output(
            doc = "The program, as the entrypoint.",
            mandatory = True,
        ),
        "exposed_ports_out": attr.output(
            doc = "The ports, as in `8888/tcp`.",
            mandatory = True,
        ),
        "labels": attr.string_dict(doc = "Labels of the config."),
        "labels_out": attr.output(
            doc = "The labels, as `KEY=VALUE` lines.",
            mandatory = True,
        ),
        "port": attr.int(
            doc = "The TCP port that the service listens on; the operations port is exposed besides.",
            mandatory = True,
        ),
        "remote_tags_out": attr.output(
            doc = "The image's tags in a registry.",
            mandatory = True,
        ),
        "service": attr.string(
            doc = "The service: the program in the image, and the image's repository.",
            mandatory = True,
        ),
        "tags_out": attr.output(
            doc = "The image's name for an engine.",
            mandatory = True,
        ),
        "volumes": attr.string_list(doc = "Folders that the service writes to, as absolute paths."),
        "volumes_out": attr.output(
            doc = "The volumes, a line each.",
            mandatory = True,
        ),
    },
)
