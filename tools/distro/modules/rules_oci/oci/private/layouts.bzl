"""Shared code of rules that consume a layout."""

def layout_runfiles(target):
    """Returns the files that the blobs of a layout link to.

    Args:
        target: Target, value of an attribute.

    Returns:
        List of runfiles; empty for a source directory, which contains its blobs.
    """
    runfiles = target[DefaultInfo].default_runfiles
    return [runfiles] if runfiles else []

def layout_inputs(file, target):
    """Returns the inputs of an action that reads a layout's blobs.

    Args:
        file: File, the layout's directory.
        target: Target of the layout.

    Returns:
        Depset of files.
    """
    return depset([file], transitive = [runfiles.files for runfiles in layout_runfiles(target)])
