"""Writes inline values of attributes to the files that the rules expect."""

load("@bazel_skylib//lib:types.bzl", "types")
load("@bazel_skylib//rules:write_file.bzl", "write_file")

_FORWARDED_ATTRS = [
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

def forwarded_attrs(kwargs):
    """Returns the attributes that side targets share with their main target.

    Args:
        kwargs: Dict, attributes of the main target.

    Returns:
        Dict of attributes.
    """
    shared = {key: kwargs[key] for key in _FORWARDED_ATTRS if key in kwargs}
    tags = kwargs.get("tags") or []
    shared["tags"] = tags if "manual" in tags else tags + ["manual"]
    return shared

def inline_arguments(name, attribute, value, common):
    """Writes a list of strings, one per line. A newline in a string is encoded as `%5Cn`.

    Args:
        name: String, the main target.
        attribute: String, the attribute.
        value: List of strings; other values (a label, a select, None) are returned unchanged.
        common: Dict, from `forwarded_attrs`.

    Returns:
        The value of the rule's attribute.
    """
    if not types.is_list(value):
        return value
    return _write(name, attribute, [item.replace("\n", "%5Cn") for item in value], common)

def inline_tags(name, value, common):
    """Writes a list of tags, one per line.

    Args:
        name: String, the main target.
        value: List of strings; other values are returned unchanged.
        common: Dict, from `forwarded_attrs`.

    Returns:
        The value of the rule's attribute.
    """
    return _write(name, "tags", value, common) if types.is_list(value) else value

def inline_names(name, attribute, value, common):
    """Writes a list of strings, separated by commas.

    Args:
        name: String, the main target.
        attribute: String, the attribute.
        value: List of strings; other values are returned unchanged.
        common: Dict, from `forwarded_attrs`.

    Returns:
        The value of the rule's attribute.
    """
    if not types.is_list(value):
        return value
    for item in value:
        if not item or item != item.strip() or "\n" in item:
            fail("//%s:%s: invalid attribute '%s': %r: expected a name without line breaks and surrounding spaces" % (
                native.package_name(),
                name,
                attribute,
                item,
            ))
    return _write(name, attribute, [",".join(value)], common)

def inline_pairs(name, attribute, value, common):
    """Writes a dict, one KEY=VALUE per line.

    Args:
        name: String, the main target.
        attribute: String, the attribute.
        value: Dict; other values are returned unchanged.
        common: Dict, from `forwarded_attrs`.

    Returns:
        The value of the rule's attribute.
    """
    if not types.is_dict(value):
        return value
    lines = []
    for key, item in value.items():
        key, item = str(key), str(item)
        if not key or "=" in key or "\n" in key + item:
            fail("//%s:%s: invalid attribute '%s': %r: %r: expected a key without '=', and no line breaks" % (
                native.package_name(),
                name,
                attribute,
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
