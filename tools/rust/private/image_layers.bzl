"""The layers of a program's image."""

load("//tools/image:defs.bzl", "image_layer")
load(":release.bzl", "image_platform_binary")

def image_layers(name, binary, programs, files, volumes, user):
    """The layers above those that the caller has.

    Targets created: `<name>.program_layer`, and `<name>.files_layer` if there are files.

    Args:
        name: the image, and its program.
        binary: label of the program.
        programs: dict of labels of further programs by name.
        files: dict of absolute paths by label.
        volumes: directories, as absolute paths.
        user: `UID` or `UID:GID`.

    Returns:
        A list of labels, lowest first.
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

    # Above the files, which change less often.
    image_layer(
        name = name + ".program_layer",
        # Engines copy owner and mode to a new volume.
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
            fail("rust_image '{}': {} is both {} and /{} in the image: expected each program once".format(name, absolute, files[absolute], program))
        files[absolute] = "/" + program
    return files

def _owner(name, user):
    parts = user.split(":")
    if len(parts) > 2 or not all([part.isdigit() for part in parts]):
        fail("rust_image '{}': invalid 'user' {}: expected UID or UID:GID, numeric, as in \"65532\"".format(name, repr(user)))
    return "{}.{}".format(parts[0], parts[-1])

def debug_program_layer(name, debug_binary):
    """The layer of the debug image that replaces the program with `-c dbg`.

    Targets created: the private `<name>.debug_program` and `<name>.debug_program_layer`.

    Args:
        name: the image, and its program.
        debug_binary: label of the program; None: no layer.

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
