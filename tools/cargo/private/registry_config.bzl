"""The part of `.cargo/config.toml` that cargo needs to download crates, for `cargo_config` of crate_universe.

Source: https://doc.rust-lang.org/cargo/reference/config.html.
"""

load(":config.bzl", "CONFIG_FILE")
load(":toml.bzl", "parse_toml")

_KEYS = ["http", "net", "registries", "registry", "source"]

# More than the entries of a configuration.
_MAX_ENTRIES = 10000

def _is_local(source):
    return "directory" in source or "local-registry" in source

def registry_config(config):
    """Returns the registries and network settings of a configuration of cargo.

    Keys that affect a build, such as `build.rustc-wrapper`, are omitted, as are registries without `index`, which crate_universe rejects,
    and `source` if it replaces a registry by a directory, because Bazel downloads crates.

    Args:
        config: parsed `.cargo/config.toml`.

    Returns:
        A string, the content of a `.cargo/config.toml`.
    """
    kept = {key: config[key] for key in _KEYS if key in config}
    if "registries" in kept:
        kept["registries"] = {name: registry for name, registry in kept["registries"].items() if "index" in registry}
    if any([_is_local(source) for source in kept.get("source", {}).values()]):
        kept.pop("source")
    pending = [([key], value) for key, value in kept.items()]
    lines = []
    for _ in range(_MAX_ENTRIES):
        if not pending:
            break
        path, value = pending.pop(0)
        if type(value) == "dict":
            pending.extend([(path + [key], nested) for key, nested in value.items()])
        else:
            # JSON's strings and lists are TOML's, too.
            lines.append("{} = {}\n".format(".".join([json.encode(key) for key in path]), json.encode(value)))
    return "".join(lines)

def read_registry_config(module_ctx, cargo_toml):
    """Reads `.cargo/config.toml` of a Cargo workspace; fails if it is not TOML.

    Args:
        module_ctx: the context of an extension.
        cargo_toml: label of the Cargo.toml in the same directory as `.cargo`.

    Returns:
        A string, the content of a `.cargo/config.toml` with the registries and network settings only. Empty without the file.
    """
    file = module_ctx.path(cargo_toml).dirname.get_child(*CONFIG_FILE.split("/"))
    module_ctx.watch(file)
    if not file.exists:
        return ""
    parsed = parse_toml(module_ctx.read(file))
    if parsed.error:
        fail("\n{}: {}".format(file, parsed.error))
    return registry_config(parsed.value)
