"""Evaluates the `cfg(...)` expressions of `[target.*]` for a Rust target.

Source: https://doc.rust-lang.org/reference/conditional-compilation.html.
"""

# Options that rustc sets and crate_universe ignores, so their value is None: unknown. Cargo, too, advises against `debug_assertions`, whose
# value it does not take from the profile.
_UNSUPPORTED = ["debug_assertions", "target_feature"]

def _options(triple):
    """Returns the options that rustc sets for one of `TRIPLES`, as `name` and `key=value`."""
    parts = triple.split("-")
    os = "macos" if parts[2] == "darwin" else parts[2]
    options = [
        "unix",
        "target_abi=",
        "target_arch=" + parts[0],
        "target_endian=little",
        "target_env=" + (parts[3] if len(parts) > 3 else ""),
        "target_family=unix",
        "target_os=" + os,
        "target_pointer_width=64",
        "target_vendor=" + parts[1],
        "target_has_atomic",
        "panic=unwind",
        "true",
    ]
    widths = ["8", "16", "32", "64", "ptr"] + (["128"] if parts[0] == "aarch64" else [])
    return options + ["target_has_atomic=" + width for width in widths]

def _tokens(expression):
    for character in ["(", ")", ",", "="]:
        expression = expression.replace(character, " {} ".format(character))
    return [token for token in expression.split(" ") if token.strip()]

def _combined(values, deciding):
    """Returns `deciding` if it is one of the values; otherwise None if a value is unknown."""
    return deciding if deciding in values else None if None in values else not deciding

_COMBINE = {
    "all": lambda values: _combined(values, False),
    "any": lambda values: _combined(values, True),
    "cfg": lambda values: values[0],
    "not": lambda values: None if values[0] == None else not values[0],
}

def cfg_matches(expression, triple, custom = []):
    """Reports whether a `[target.*]` table applies to a Rust target.

    Args:
        expression: key of the table, as in `cfg(unix)` or `x86_64-unknown-linux-musl`.
        triple: Rust target, one of `TRIPLES`.
        custom: names of options that flags of rustc set. crate_universe ignores these, too.

    Returns:
        A struct with `matches`, a bool, and `error`, an error message or None.
    """
    if not expression.startswith("cfg("):
        return struct(matches = expression == triple, error = None)
    options = _options(triple)
    unsupported = _UNSUPPORTED + custom
    error = struct(matches = False, error = "invalid expression \"{}\"".format(expression))
    tokens = _tokens(expression)

    # The open predicates, innermost last. The first element collects the result.
    stack = [struct(name = "", values = [])]
    skip = 0
    for index, token in enumerate(tokens):
        following = tokens[index + 1:index + 3]
        if skip:
            skip -= 1
        elif token == ",":
            continue
        elif token == ")":
            if len(stack) < 2:
                return error
            top = stack.pop()
            if top.name in ["cfg", "not"] and len(top.values) != 1:
                return error
            stack[-1].values.append(_COMBINE[top.name](top.values))
        elif following[:1] == ["("]:
            if token not in _COMBINE:
                return error
            stack.append(struct(name = token, values = []))
            skip = 1
        elif following[:1] == ["="]:
            if len(following) < 2 or following[1][0] != "\"" or following[1][-1] != "\"":
                return error
            stack[-1].values.append(None if token in unsupported else "{}={}".format(token, following[1][1:-1]) in options)
            skip = 2
        elif token in "(=":
            return error
        else:
            stack[-1].values.append(None if token in unsupported else token in options)
    if len(stack) != 1 or len(stack[0].values) != 1:
        return error
    if stack[0].values[0] == None:
        found = [token for token in tokens if token in unsupported]
        return struct(matches = False, error = "unsupported option \"{}\": crate_universe ignores it; use a feature instead".format(found[0]))
    return struct(matches = stack[0].values[0], error = None)
