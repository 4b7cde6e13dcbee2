"""`[profile.release]` as codegen options of rustc.

Source: https://doc.rust-lang.org/cargo/reference/profiles.html.
"""

_OPTIONS = ["codegen-units", "debug", "debug-assertions", "lto", "opt-level", "overflow-checks", "panic", "strip"]

# Keys that do not change a static program without debug information, or that apply to tools of the build.
_WITHOUT_EFFECT = ["build-override", "incremental", "rpath", "split-debuginfo"]

RELEASE_KEYS = sorted(_OPTIONS + _WITHOUT_EFFECT)

# The values of booleans for options that rustc does not accept `yes` and `no` for.
_BOOLS = {
    "debug": {True: "full", False: "none"},
    "lto": {True: "fat", False: "off"},
    "strip": {True: "symbols", False: "none"},
}

# All that cargo passes, because rustc derives others from `opt-level` and `debug-assertions`.
_DEFAULTS = {
    "codegen-units": 16,
    "debug": "none",
    "debug-assertions": False,
    "lto": "off",
    "opt-level": 3,
    "overflow-checks": False,
    "panic": "unwind",
    "strip": "none",
}

def check_release_keys(file, profile, errors):
    """Reports keys that the macros do not support.

    Args:
        file: name of the file for the messages.
        profile: dict of the table `[profile.release]`.
        errors: list of error messages, which is extended.
    """
    for key in profile:
        if key == "package":
            errors.append(("{}: unsupported key \"profile.release.package\": expected `rustc_flags` of `crate.annotation` in MODULE.bazel, or of " +
                           "the BUILD file of a member").format(file))
        elif key not in RELEASE_KEYS:
            errors.append("{}: unsupported key \"profile.release.{}\": expected one of {}".format(file, key, ", ".join(RELEASE_KEYS)))

def linker_plugin_lto(profile):
    """Returns the value of `-Clinker-plugin-lto` for libraries, "yes" or "no".

    Args:
        profile: result of `release_profile`.
    """
    return "yes" if profile["lto"] in ["fat", "thin"] else "no"

def llvm_flags(profile, arguments):
    """Returns rustc flags that change the cost limits of LLVM. Those of other levels than 2 are unchanged.

    Args:
        profile: result of `release_profile`.
        arguments: list of arguments of LLVM that override limits of `opt-level` 2.
    """
    return ["-Cllvm-args=" + argument for argument in arguments] if profile["opt-level"] == "2" else []

def release_profile(profile):
    """Converts a profile to codegen options.

    Args:
        profile: dict of the table `[profile.release]`.

    Returns:
        A dict from a key to its value for rustc, a string, sorted by key. Missing keys have the defaults of cargo.
    """
    options = _DEFAULTS | profile
    values = {}
    for key in _OPTIONS:
        value = options[key]
        if type(value) == "bool":
            value = _BOOLS.get(key, {True: "yes", False: "no"})[value]
        values[key] = str(value)
    return values
