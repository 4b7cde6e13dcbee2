"""Parses the part of TOML 1.0 that cargo's files use. Dates, and numbers other than decimal integers, stay strings.

Source: https://toml.io/en/v1.0.0.
"""

load(":toml_tokens.bzl", "tokenize")

def _key(tokens):
    """Returns the parts of a dotted key, or None."""
    parts = []
    dot = True
    for token in tokens:
        pieces = [token.text] if token.kind == "string" else token.text.split(".")
        if token.kind not in ("bare", "string"):
            return None
        for index, piece in enumerate(pieces):
            if index > 0:
                if dot:
                    return None
                dot = True
            if token.kind == "string" or piece:
                if not dot:
                    return None
                parts.append(piece)
                dot = False
    return parts if not dot else None

def _bare_value(text):
    """Returns the value of an unquoted token, or None."""
    if text in ("true", "false"):
        return text == "true"
    digits = text.removeprefix("-").removeprefix("+").replace("_", "")
    if digits.isdigit() and (digits == "0" or digits[0] != "0"):
        return int(text.replace("_", "").removeprefix("+"))
    if text.lstrip("+-")[:1].isdigit() or text.lstrip("+-") in ("inf", "nan"):
        return text
    return None

def _descend(table, parts, dotted):
    """Returns the table at `parts` below `table`, creating missing tables; None if one of them is another value.

    Args:
        table: dict of the upper table.
        parts: list of the names of the tables.
        dotted: whether the parts are those of a dotted key, which cannot refer to elements of an array of tables.
    """
    for part in parts:
        table = table.setdefault(part, {})
        if type(table) == "list" and table and type(table[-1]) == "dict" and not dotted:
            table = table[-1]
        if type(table) != "dict":
            return None
    return table

def _header(root, defined, tokens):
    """Returns the table that a header opens, and an error or None.

    Args:
        root: dict of the document.
        defined: dict of the previous headers, tuples of names, which is modified.
        tokens: tokens of the line of the header.
    """
    depth = 2 if len(tokens) > 1 and tokens[1].kind == "[" else 1
    closing = tokens[-depth:]
    parts = _key(tokens[depth:-depth])
    if not parts or [token.kind for token in closing] != ["]"] * depth:
        return None, "invalid table header"
    header = tuple(parts)
    name = ".".join(parts)
    parent = _descend(root, parts[:-1], dotted = False)
    if parent == None:
        return None, "\"{}\" is not a table".format(".".join(parts[:-1]))
    if depth == 2:
        tables = parent.setdefault(parts[-1], [])
        if type(tables) != "list":
            return None, "duplicate key \"{}\"".format(name)
        tables.append({})

        # Headers of tables below the previous element may occur again for this one.
        for other in list(defined):
            if other != header and other[:len(header)] == header:
                defined.pop(other)
        return tables[-1], None
    table = _descend(parent, parts[-1:], dotted = True)
    if table == None or header in defined:
        return None, "duplicate key \"{}\"".format(name)
    defined[header] = True
    return table, None

def _insert(table, parts, value):
    """Sets a key. Returns an error or None."""
    parent = _descend(table, parts[:-1], dotted = True)
    if parent == None or parts[-1] in parent:
        return "duplicate key \"{}\"".format(".".join(parts))
    parent[parts[-1]] = value
    return None

def _statement(table, tokens):
    """Reads `key = value` into `table`. Returns an error or None.

    Args:
        table: dict of the table, which is modified.
        tokens: tokens of the statement without the final line break.
    """

    # The open arrays and inline tables, innermost last. The first element is the table of the statement.
    stack = [struct(kind = "table", node = table)]
    key = []
    parts = None
    state = "key"
    for token in tokens:
        top = stack[-1]
        if token.kind == "\n":
            if top.kind != "array":
                return "line break in an inline table: expected TOML 1.0, which crate_universe reads"
        elif state == "key" and token.kind == "=":
            parts = _key(key)
            if parts == None:
                return "invalid key"
            state = "value"
        elif state in ("key", "first key") and token.kind in ("bare", "string"):
            key.append(token)
            state = "key"
        elif state == "value" and token.kind in ("bare", "string", "[", "{"):
            value = {"[": [], "{": {}}.get(token.kind)
            if value == None:
                value = token.text if token.kind == "string" else _bare_value(token.text)
            if value == None:
                return "unquoted value \"{}\"".format(token.text)
            if top.kind == "array":
                top.node.append(value)
            else:
                error = _insert(top.node, parts, value)
                if error:
                    return error
            state = "next"
            if token.kind == "[":
                stack.append(struct(kind = "array", node = value))
                state = "value"
            elif token.kind == "{":
                stack.append(struct(kind = "inline", node = value))
                state = "first key"
                key = []
        elif token.kind == "," and state == "next" and top.kind != "table":
            state = "value" if top.kind == "array" else "key"
            key = []
        elif token.kind == "]" and top.kind == "array" or token.kind == "}" and top.kind == "inline" and state in ("next", "first key"):
            stack.pop()
            state = "next"
        else:
            return "unexpected \"{}\"".format(token.text)
    return None if state == "next" and len(stack) == 1 else "incomplete value"

def parse_toml(text):
    """Parses TOML.

    Args:
        text: TOML document.

    Returns:
        A struct with `value`, the dict of the document, and `error`, an error message that starts with the line number, or None.
    """
    found = tokenize(text)
    if found.error:
        return struct(value = {}, error = found.error)
    root = {}
    table = root
    defined = {}
    line = []
    depth = 0
    for token in found.tokens:
        if token.kind in "[{":
            depth += 1
        elif token.kind in "]}":
            depth -= 1
        if token.kind != "\n" or (depth > 0 and line and line[0].kind != "["):
            line.append(token)
            continue
        if line:
            if line[0].kind == "[":
                table, error = _header(root, defined, line)
            else:
                error = _statement(table, line)
            if error:
                return struct(value = {}, error = "line {}: {}".format(line[0].line, error))
        line = []
        depth = 0
    if line:
        return struct(value = {}, error = "line {}: incomplete value".format(line[0].line))
    return struct(value = root, error = None)
