"""Splits TOML into tokens. Starlark has neither recursion nor `while`, so the length of the text bounds the loops.

Source: https://toml.io/en/v1.0.0.
"""

_BARE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.+:"
_PUNCTUATION = "[]{}=,\n"

# The escapes that JSON has, too, and the number of digits of the others.
_JSON_ESCAPES = "btnfr\"\\"
_DIGITS = {"U": 8, "u": 4}

def _token(kind, text, line):
    return struct(kind = kind, line = line, text = text)

def _end_of_string(text, start, delimiter):
    """Returns the index of the closing delimiter, or -1. In double quotes, a backslash escapes the delimiter."""
    position = start
    end = -1
    for _ in range(len(text)):
        end = text.find(delimiter, position)
        if end < 0 or delimiter[0] == "'":
            break
        backslashes = len(text[start:end]) - len(text[start:end].rstrip("\\"))
        if backslashes % 2 == 0:
            break
        position = end + 1

    # Up to two quotes before the closing delimiter belong to a multi-line string.
    if end >= 0 and len(delimiter) == 3:
        for _ in range(2):
            if text[end + 3:end + 4] == delimiter[0]:
                end += 1
    return end

def _utf8(code):
    """Encodes a code point as Bazel does in strings: one character for each byte of UTF-8."""
    if code < 0x80:
        values = [code]
    elif code < 0x800:
        values = [0xc0 | code >> 6, 0x80 | code & 0x3f]
    elif code < 0x10000:
        values = [0xe0 | code >> 12, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f]
    else:
        values = [0xf0 | code >> 18, 0x80 | code >> 12 & 0x3f, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f]
    return json.decode("\"{}\"".format("".join(["\\u00" + ("0%x" % value)[-2:] for value in values])))

_BYTE_ORDER_MARK = _utf8(0xfeff)

def _unescape(text):
    """Returns the value of a basic string, and an error or None."""
    if "\\" not in text:
        return text, None
    parts = text.split("\\")
    value = parts[0]
    pending = False
    for part in parts[1:]:
        if pending:
            # The part follows an escaped backslash.
            value += part
            pending = False
        elif not part:
            value += "\\"
            pending = True
        elif part[0] in " \t\n" and part.lstrip(" \t")[:1] == "\n":
            value += part.lstrip(" \t\n")
        elif part[0] in _DIGITS:
            length = _DIGITS[part[0]]
            digits = part[1:length + 1]
            if len(digits) < length or digits.lower().strip("0123456789abcdef"):
                return None, "invalid escape \"\\{}\"".format(part[:length + 1])
            value += _utf8(int(digits, 16)) + part[length + 1:]
        elif part[0] not in _JSON_ESCAPES:
            return None, "invalid escape \"\\{}\"".format(part[0])
        else:
            value += json.decode("\"\\{}\"".format(part[0])) + part[1:]
    return value, None

def _string(text, start, line):
    """Returns the token of the string that starts at `start`, its end, and an error or None."""
    quote = text[start]
    multi_line = text[start:start + 3] == quote * 3
    delimiter = quote * 3 if multi_line else quote
    begin = start + len(delimiter)
    end = _end_of_string(text, begin, delimiter)
    value = text[begin:end]
    if end < 0 or (not multi_line and "\n" in value):
        return None, end, "line {}: unterminated string".format(line)
    if multi_line:
        value = value.removeprefix("\n")
    if quote == "\"":
        value, error = _unescape(value)
        if error:
            return None, end, "line {}: {}".format(line, error)
    return _token("string", value, line), end + len(delimiter), None

def _end_of_bare(text, start):
    """Returns the end of an unquoted token. A date and a time may have a space between them."""
    end = start
    for end in range(start, len(text)):
        is_in_date = text[end] == " " and end - start == 10 and text[start:end].replace("-", "").isdigit() and text[end + 1:end + 3].isdigit()
        if text[end] not in _BARE and not is_in_date:
            break
    return end

def tokenize(text):
    """Splits TOML into tokens.

    Args:
        text: TOML document.

    Returns:
        A struct with `tokens`, a list of structs with `kind` ("bare", "string" or a punctuation character; "\\n" ends a line), `text`
        and `line`, and with `error`, an error message or None.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n") + "\n"
    tokens = []
    position = 0
    line = 1
    for _ in range(len(text)):
        if position >= len(text):
            break
        character = text[position]
        if character == "#":
            position = text.find("\n", position)
        elif character in " \t":
            position += 1
        elif character in "\"'":
            token, end, error = _string(text, position, line)
            if error:
                return struct(tokens = [], error = error)
            tokens.append(token)
            line += text.count("\n", position, end)
            position = end
        elif character in _PUNCTUATION:
            tokens.append(_token(character, character, line))
            line += 1 if character == "\n" else 0
            position += 1
        elif character in _BARE:
            end = _end_of_bare(text, position)
            tokens.append(_token("bare", text[position:end], line))
            position = end
        else:
            return struct(tokens = [], error = "line {}: unexpected character \"{}\"".format(line, character))
    return struct(tokens = tokens, error = None)
