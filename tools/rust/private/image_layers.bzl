"""The layers of a program's image."""

load("//tools/image:defs.bzl", "image_layer")
load(":release.bzl", "image_platform_binary")

def image_layers(name, binary, programs, files, volumes, user):
    """Declares the layers with the files, the programs and the volumes.

    Targets created: the private `<name>.program_layer`, and `<name>.files_layer` if there are files.

    Args:
        name: name of the image and of its program.
        binary: label of the program.
        programs: dict from the name of another program to its label.
        files: dict from a label to the absolute path in the image.
        volumes: list of directories, absolute paths.
        user: owner of the volumes, `UID` or `UID:GID`, numeric.

    Returns:
        A list of labels, the lowest layer first.
    """
    layers = []
    if files:
        image_layer(
            name = name + ".files_layer",
            files = files,
            mode = "0444",
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        layers.append(name + ".files_layer")

    # The layer that changes most often is the last one.
    image_layer(
        name = name + ".program_layer",
        # Container engines copy owner and mode of the directory to a new volume.
        directories = volumes,
        directory_mode = "0700",
        directory_owner = _owner(name, user),
        files = _program_files(name, {name: binary} | programs),
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    return layers + [name + ".program_layer"]

def _program_files(name, programs):
    files = {}
    for program, label in programs.items():
        absolute = native.package_relative_label(label)
        if absolute in files:
            fail("//{}:{}: invalid attribute 'programs': {}: already at {} in the image: expected each program once".format(
                native.package_name(),
                name,
                repr(program),
                files[absolute],
            ))
        files[absolute] = "/" + program
    return files

def _owner(name, user):
    parts = user.split(":")
    if len(parts) > 2 or not all([part.isdigit() for part in parts]):
        fail("//{}:{}: invalid attribute 'user': {}: expected UID or UID:GID, numeric, as in \"65532\"".format(
            native.package_name(),
            name,
            repr(user),
        ))
    return "{}.{}".format(parts[0], parts[-1])

def debug_program_layer(name, debug_binary):
    """Declares the layer of the debug image that replaces the program with `-c dbg`.

    Targets created: the private `<name>.debug_program` and `<name>.debug_program_layer`.

    Args:
        name: name of the image and of its program.
        debug_binary: label of the program. With None there is no layer.

    Returns:
        A list of labels, or a select of lists.
    """
    if not debug_binary:
        return []
    image_platform_binary(
        name = name + ".debug_program",
        actual = debug_binary,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    image_layer(
        name = name + ".debug_program_layer",
        files = {name + ".debug_program": "/" + name},
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    return select({
        Label("//tools/rust:dbg"): [name + ".debug_program_layer"],
        "//conditions:default": [],
    })
