"""`[profile.release]` as rustc's codegen options.

Format: https://doc.rust-lang.org/cargo/reference/profiles.html.
"""

_OPTIONS = ["codegen-units", "debug-assertions", "lto", "opt-level", "overflow-checks", "panic", "strip"]

# What `true` and `false` stand for, where rustc has other words.
_BOOLS = {
    "lto": {True: "fat", False: "off"},
    "strip": {True: "symbols", False: "none"},
}

_DEFAULTS = {
    "codegen-units": 16,
    "lto": "off",
    "opt-level": 3,
    "panic": "unwind",
    "strip": "none",
}

def release_profile(profile, errors):
    """The options of a profile.

    Args:
        profile: the table `[profile.release]`.
        errors: list of messages; extended.

    Returns:
        A dict of strings by option, sorted.
    """
    for key in profile:
        if key not in _OPTIONS:
            errors.append("Cargo.toml: unsupported key \"profile.release.{}\": expected one of {}".format(key, ", ".join(_OPTIONS)))
    options = _DEFAULTS | profile
    values = {}
    for key in sorted(options):
        value = options[key]
        if type(value) == "bool":
            value = _BOOLS.get(key, {True: "yes", False: "no"})[value]
        values[key] = str(value)
    return values
