"""Reads the tags of `rust.repository_set`: calls with the same name form one set of toolchains."""

load("//rust/platform:triple_mappings.bzl", "triple_to_constraint_set")
load(":tags.bzl", "REPOSITORY_SET_ATTRS", "REPOSITORY_SET_DEFAULTS", "check_supported")

# Attributes that calls after the first of a name may set; all others are shared by the set.
_PER_TARGET_ATTRS = ["name", "opt_level", "strip_level", "target_compatible_with", "target_triple"]

def _check_repeated_call(tag):
    for attribute in REPOSITORY_SET_ATTRS:
        value = getattr(tag, attribute)
        if attribute not in _PER_TARGET_ATTRS and value and value != REPOSITORY_SET_DEFAULTS.get(attribute):
            fail("rust.repository_set '{name}': You must only set `{attribute}` on the first call, found {value} on another".format(
                name = tag.name,
                attribute = attribute,
                value = repr(value),
            ))

def check_versions(kind, versions):
    """Fails if a channel has several versions; rules_rust accepts one.

    Args:
        kind: the tag, for the error.
        versions: list of strings.

    Returns:
        Whether a stable version is among them.
    """
    channels = {}
    for version in versions:
        channel = version.partition("/")[0] if version.startswith(("beta", "nightly")) else "stable"
        if channel in channels:
            fail("{}: Duplicate {} channels in 'versions', expected one version of each, found {}".format(kind, channel, versions))
        channels[channel] = version
    return "stable" in channels

def _labels(labels):
    return [str(label) for label in labels]

def _toolchain(name, target_triple, shared, call, constraints):
    return {
        "edition": shared.edition,
        "exec_compatible_with": shared.exec_compatible_with,
        "extra_exec_rustc_flags": shared.extra_exec_rustc_flags,
        "extra_rustc_flags": shared.extra_rustc_flags,
        "name": "{}__{}__stable".format(name, target_triple),
        "opt_level": call.opt_level if call else {},
        "strip_level": call.strip_level if call else {},
        "target_compatible_with": constraints,
        "target_settings": shared.target_settings,
        "target_triple": target_triple,
    }

def _set(name, shared, calls):
    """Returns a set. If no call has its exec triple as target, that toolchain gets the constraints of the triple."""
    toolchains = []
    if shared.exec_triple not in calls:
        toolchains.append(_toolchain(name, shared.exec_triple, shared, None, triple_to_constraint_set(shared.exec_triple)))
    for target_triple, call in calls.items():
        toolchains.append(_toolchain(name, target_triple, shared, call, _labels(call.target_compatible_with)))
    return struct(exec_triple = shared.exec_triple, toolchains = toolchains)

def read_repository_sets(tags):
    """Groups the calls by name.

    Args:
        tags: the tags of `rust.repository_set`, in order.

    Returns:
        A dict from name to a struct of `exec_triple` and `toolchains`, a list of dicts for `debian_rust_toolchains`.
    """
    first, calls = {}, {}
    for tag in tags:
        check_supported("repository_set", tag)
        if tag.name in first:
            _check_repeated_call(tag)
        first.setdefault(tag.name, tag)
        calls.setdefault(tag.name, {})[tag.target_triple] = tag

    sets = {}
    for name, tag in first.items():
        # As in rules_rust: without a version the set has no toolchains, but still replaces a default set of its name.
        if not check_versions("rust.repository_set '{}'".format(name), tag.versions):
            sets[name] = struct(exec_triple = tag.exec_triple, toolchains = [])
            continue
        shared = struct(
            edition = tag.edition,
            exec_compatible_with = _labels(tag.exec_compatible_with) or triple_to_constraint_set(tag.exec_triple),
            exec_triple = tag.exec_triple,
            extra_exec_rustc_flags = tag.extra_exec_rustc_flags,
            extra_rustc_flags = tag.extra_rustc_flags,
            target_settings = _labels(tag.target_settings),
        )
        sets[name] = _set(name, shared, calls[name])
    return sets

def default_set(name, exec_triple, toolchain):
    """Returns the set that rules_rust creates from `rust.toolchain`.

    Args:
        name: name of the set.
        exec_triple: triple of the execution platform.
        toolchain: the tag of `rust.toolchain`.

    Returns:
        A struct, as in the result of `read_repository_sets`.
    """
    if not check_versions("rust.toolchain", toolchain.versions):
        return struct(exec_triple = exec_triple, toolchains = [])
    shared = struct(
        edition = toolchain.edition,
        exec_compatible_with = triple_to_constraint_set(exec_triple),
        exec_triple = exec_triple,
        extra_exec_rustc_flags = toolchain.extra_exec_rustc_flags,
        extra_rustc_flags = toolchain.extra_rustc_flags,
        target_settings = _labels(toolchain.target_settings),
    )
    return struct(
        exec_triple = exec_triple,
        toolchains = [
            _toolchain(name, target_triple, shared, toolchain, triple_to_constraint_set(target_triple))
            for target_triple in [exec_triple] + [it for it in toolchain.extra_target_triples if it != exec_triple]
        ],
    )
