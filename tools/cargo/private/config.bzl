"""`.cargo/config.toml` of a Cargo workspace: `[env]` and `[profile.release]`. Other keys that affect a build are errors.

Source: https://doc.rust-lang.org/cargo/reference/config.html.
"""

load(":placeholder.bzl", "placeholder_errors")
load(":profile.bzl", "check_release_keys")

CONFIG_FILE = ".cargo/config.toml"

# Keys for cargo itself, and tools that Bazel selects by toolchains.
_WITHOUT_EFFECT = [
    "alias",
    "cache",
    "cargo-new",
    "credential-alias",
    "doc",
    "future-incompat-report",
    "http",
    "install",
    "net",
    "registries",
    "registry",
    "resolver",
    "source",
    "term",
]
_BUILD_WITHOUT_EFFECT = [
    "build-dir",
    "dep-info-basedir",
    "incremental",
    "jobs",
    "rustc",
    "rustc-workspace-wrapper",
    "rustc-wrapper",
    "rustdoc",
    "target",
    "target-dir",
]
_TARGET_WITHOUT_EFFECT = ["linker", "runner"]

_UNSUPPORTED = """\
{file}: unsupported key "{key}": Bazel does not read it; remove it, or set the equivalent for Bazel (docs/cargo.md) and list the key in \
thimble.workspace of MODULE.bazel:
    ignored_cargo_config = ["{key}"],"""

def _keys(config):
    """Returns the keys that can affect a build and that are neither `env` nor `profile`."""
    keys = []
    for name, value in config.items():
        if name in _WITHOUT_EFFECT + ["env", "profile"]:
            continue
        if name == "build":
            keys.extend(["build." + key for key in value if key not in _BUILD_WITHOUT_EFFECT])
        elif name == "target":
            for target, table in value.items():
                keys.extend(["target.{}.{}".format(target, key) for key in table if key not in _TARGET_WITHOUT_EFFECT])
        else:
            keys.append(name)
    return keys

def _custom_options(config, ignored):
    """Returns the names of the options that `--cfg` sets in ignored flags of rustc."""
    tables = {"build": config.get("build", {})} | {"target." + key: table for key, table in config.get("target", {}).items()}
    names = []
    for path, table in tables.items():
        if path + ".rustflags" in ignored:
            flags = table.get("rustflags", [])
            text = flags if type(flags) == "string" else " ".join(flags)
            options = text.replace("--cfg=", "--cfg ").split("--cfg ")[1:]
            names.extend([option.partition(" ")[0].partition("=")[0] for option in options])
    return names

def _variable(name, entry, directory, errors):
    table = {"value": entry} if type(entry) == "string" else entry
    if type(table) != "dict" or type(table.get("value")) != "string":
        errors.append("{}: invalid \"env.{}\": expected a string, or a table with the string \"value\"".format(CONFIG_FILE, name))
        return None
    for key in table:
        if key not in ["force", "relative", "value"]:
            errors.append("{}: unsupported key \"env.{}.{}\": expected \"value\", \"force\" or \"relative\"".format(CONFIG_FILE, name, key))
    value = table["value"]
    errors.extend(["{}: {}".format(CONFIG_FILE, error) for error in placeholder_errors("env." + name, value)])
    if not table.get("relative", False) or value.startswith("/"):
        return {"relative": False, "value": value}
    return {"relative": True, "value": directory + "/" + value if directory else value}

def read_config(config, directory, ignored, errors):
    """Reads a configuration of cargo.

    Args:
        config: parsed `.cargo/config.toml`.
        directory: Bazel package of the directory of the Cargo workspace.
        ignored: keys that are set for Bazel in another way, such as "build.rustflags".
        errors: list of error messages, which is extended.

    Returns:
        A struct with `custom_options`, the names of the options that `--cfg` sets in ignored flags of rustc, `env`, a dict from the name of a
        variable to a dict of `value` and `relative` (whether the value is a path relative to the root of the Bazel workspace), and
        `release`, the dict of `[profile.release]`.
    """
    keys = _keys(config)
    for key in keys:
        if key not in ignored:
            errors.append(_UNSUPPORTED.format(file = CONFIG_FILE, key = key))
    for key in ignored:
        if key not in keys:
            errors.append("thimble.workspace: invalid attribute 'ignored_cargo_config': \"{}\": expected an unsupported key of {}".format(key, CONFIG_FILE))
    env = {}
    for name, entry in config.get("env", {}).items():
        variable = _variable(name, entry, directory, errors)
        if variable:
            env[name] = variable
    release = config.get("profile", {}).get("release", {})
    check_release_keys(CONFIG_FILE, release, errors)
    return struct(
        custom_options = _custom_options(config, ignored),
        env = env,
        release = release,
    )
