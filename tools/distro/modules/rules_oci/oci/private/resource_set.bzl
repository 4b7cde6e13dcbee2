"""The attribute `resource_set`: the local resources that an action of an image reserves."""

def _cpu_2(_os, _inputs):
    return {"cpu": 2}

def _cpu_4(_os, _inputs):
    return {"cpu": 4}

def _mem_512m(_os, _inputs):
    return {"memory": 512}

def _mem_1g(_os, _inputs):
    return {"memory": 1024}

def _mem_2g(_os, _inputs):
    return {"memory": 2048}

def _mem_4g(_os, _inputs):
    return {"memory": 4096}

def _mem_8g(_os, _inputs):
    return {"memory": 8192}

def _mem_16g(_os, _inputs):
    return {"memory": 16384}

def _mem_32g(_os, _inputs):
    return {"memory": 32768}

# Bazel accepts only top-level functions.
_FUNCTIONS = {
    "cpu_2": _cpu_2,
    "cpu_4": _cpu_4,
    "default": None,
    "mem_16g": _mem_16g,
    "mem_1g": _mem_1g,
    "mem_2g": _mem_2g,
    "mem_32g": _mem_32g,
    "mem_4g": _mem_4g,
    "mem_512m": _mem_512m,
    "mem_8g": _mem_8g,
}

RESOURCE_SET_ATTRS = {
    "resource_set": attr.string(
        doc = "String, default `default`: local CPUs or memory that each action of this target reserves.",
        default = "default",
        values = sorted(_FUNCTIONS),
    ),
}

def get_resource_set(ctx):
    """Returns the value for `resource_set` of an action.

    Args:
        ctx: The context of a rule with RESOURCE_SET_ATTRS.

    Returns:
        The function for `ctx.actions.run(resource_set = ...)`, or None for Bazel's default.
    """
    return _FUNCTIONS[ctx.attr.resource_set]
