"""`[profile.release]` as codegen options of rustc.

Source: https://doc.rust-lang.org/cargo/reference/profiles.html.
"""

RELEASE_OPTIONS = ["codegen-units", "debug-assertions", "lto", "opt-level", "overflow-checks", "panic", "strip"]

# The values of booleans for options that rustc does not accept `yes` and `no` for.
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
    """Converts a profile to codegen options.

    Args:
        profile: dict of the table `[profile.release]`.
        errors: list of error messages, which is extended.

    Returns:
        A dict from an option to its value, a string, sorted by option. Missing keys have the defaults of cargo.
    """
    for key in profile:
        if key not in RELEASE_OPTIONS:
            errors.append("Cargo.toml: unsupported key \"profile.release.{}\": expected one of {}".format(key, ", ".join(RELEASE_OPTIONS)))
    options = _DEFAULTS | profile
    values = {}
    for key in sorted(options):
        value = options[key]
        if type(value) == "bool":
            value = _BOOLS.get(key, {True: "yes", False: "no"})[value]
        values[key] = str(value)
    return values
