"""What rules that consume a layout have in common."""

def layout_runfiles(target):
    """Gives what the blobs of a layout link to.

    Args:
        target: Target, an attribute's.

    Returns:
        List of runfiles: none for a plain directory, which holds its blobs itself.
    """
    runfiles = target[DefaultInfo].default_runfiles
    return [runfiles] if runfiles else []

def layout_inputs(file, target):
    """Gives what an action needs that reads a layout's blobs.

    Args:
        file: File, the layout's directory.
        target: Target that it comes from.

    Returns:
        Depset of files.
    """
    return depset([file], transitive = [runfiles.files for runfiles in layout_runfiles(target)])
