"""Turns values written in a BUILD file into the files that the rules take."""

load("@bazel_skylib//lib:types.bzl", "types")
load("@bazel_skylib//rules:write_file.bzl", "write_file")

_FORWARDED = [
    "compatible_with",
    "deprecation",
    "exec_compatible_with",
    "exec_properties",
    "features",
    "restricted_to",
    "target_compatible_with",
    "testonly",
    "visibility",
]

def forwarded(kwargs):
    """Picks what side targets share with the target they belong to.

    Args:
        kwargs: Dict, the attributes of that target.

    Returns:
        Dict of attributes.
    """
    shared = {key: kwargs[key] for key in _FORWARDED if key in kwargs}
    tags = kwargs.get("tags") or []
    shared["tags"] = tags if "manual" in tags else tags + ["manual"]
    return shared

def inline_arguments(name, attribute, value, common):
    """Writes a list of strings, one a line. A newline inside one is written as `%5Cn`.

    Args:
        name: String, the target that the value belongs to.
        attribute: String, the attribute.
        value: List of strings; anything else (a label, a select, None) is handed on as it is.
        common: Dict, from `forwarded`.

    Returns:
        What to set the rule's attribute to.
    """
    if not types.is_list(value):
        return value
    return _write(name, attribute, [item.replace("\n", "%5Cn") for item in value], common)

def inline_tags(name, value, common):
    """Writes a list of tags, one a line.

    Args:
        name: String, the target that the value belongs to.
        value: List of strings; anything else is handed on as it is.
        common: Dict, from `forwarded`.

    Returns:
        What to set the rule's attribute to.
    """
    return _write(name, "tags", value, common) if types.is_list(value) else value

def inline_names(name, attribute, value, common):
    """Writes a list of strings, separated by commas.

    Args:
        name: String, the target that the value belongs to.
        attribute: String, the attribute.
        value: List of strings; anything else is handed on as it is.
        common: Dict, from `forwarded`.

    Returns:
        What to set the rule's attribute to.
    """
    if not types.is_list(value):
        return value
    for item in value:
        if not item or item != item.strip() or "\n" in item:
            fail("`%s` of //%s:%s: invalid name %r: expected one without line breaks and without spaces around it" % (
                attribute,
                native.package_name(),
                name,
                item,
            ))
    return _write(name, attribute, [",".join(value)], common)

def inline_pairs(name, attribute, value, common):
    """Writes a dict, one KEY=VALUE a line.

    Args:
        name: String, the target that the value belongs to.
        attribute: String, the attribute.
        value: Dict; anything else is handed on as it is.
        common: Dict, from `forwarded`.

    Returns:
        What to set the rule's attribute to.
    """
    if not types.is_dict(value):
        return value
    lines = []
    for key, item in value.items():
        key, item = str(key), str(item)
        if not key or "=" in key or "\n" in key + item:
            fail("`%s` of //%s:%s: %r: %r can't be written as KEY=VALUE on one line; give a key without '=' and a value without newlines" % (
                attribute,
                native.package_name(),
                name,
                key,
                item,
            ))
        lines.append("%s=%s" % (key, item))
    return _write(name, attribute, lines, common)

def _write(name, attribute, lines, common):
    target = "%s_write_%s" % (name, attribute)
    write_file(
        name = target,
        out = "%s.%s.txt" % (name, attribute),
        content = lines,
        newline = "unix",
        **common
    )
    return ":" + target
