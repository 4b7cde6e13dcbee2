"""The placeholder that rules_rust replaces in environment variables."""

_PLACEHOLDER = "${pwd}"

def placeholder_errors(key, value):
    """Reports a value that rules_rust would change.

    Args:
        key: path of the key.
        value: value of an environment variable, or None.

    Returns:
        A list of error messages.
    """
    if not value or _PLACEHOLDER not in value:
        return []
    return ["unsupported \"{}\" \"{}\": rules_rust replaces {} by a path".format(key, value, _PLACEHOLDER)]
