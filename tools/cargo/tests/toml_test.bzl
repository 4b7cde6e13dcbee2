"""Tests of the TOML parser."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//tools/cargo/private:toml.bzl", "parse_toml")

_DOCUMENT = """
# comment
title = "a \\"quoted\\" # string" # comment
literal = 'C:\\path'
multi = \"\"\"
one \\
   two\"\"\"
raw = '''
a'b'''
yes = true
number = -1_000
float = 1.5
date = 1979-05-27T07:32:00Z
time = 1979-05-27 07:32:00 # comment
list = [
    "a", # comment
    ["b", { c = [1, 2], "d.e" = {} }],
]
a.b."c.d" = 1

[table.'q' . x]
y = 2
[table.'q.x']
y = 3

[[items]]
name = "one"
[items.sub]
z = 1
[[items]]
name = "two"
[items.sub]
z = 2
"""

def _values_impl(ctx):
    env = unittest.begin(ctx)
    found = parse_toml(_DOCUMENT)
    asserts.equals(env, None, found.error)
    asserts.equals(env, {
        "a": {"b": {"c.d": 1}},
        "date": "1979-05-27T07:32:00Z",
        "float": "1.5",
        "items": [{"name": "one", "sub": {"z": 1}}, {"name": "two", "sub": {"z": 2}}],
        "list": ["a", ["b", {"c": [1, 2], "d.e": {}}]],
        "literal": "C:\\path",
        "multi": "one two",
        "number": -1000,
        "raw": "a'b",
        "table": {"q": {"x": {"y": 2}}, "q.x": {"y": 3}},
        "time": "1979-05-27 07:32:00",
        "title": "a \"quoted\" # string",
        "yes": True,
    }, found.value)

    # The document starts with a byte order mark.
    asserts.equals(env, {"a": {"b": 1}, "c": "é€😀"}, parse_toml("﻿a = { b = 1 }\r\nc = \"\\u00e9\\u20AC\\U0001F600\"").value)
    return unittest.end(env)

_ERRORS = {
    "= 1": "invalid key",
    "[a": "invalid table header",
    "[a]\nb = 1\n[a]": "duplicate key \"a\"",
    "[[a]]\n[a]": "duplicate key \"a\"",
    "a": "incomplete value",
    "a = 'x": "unterminated string",
    "a = 1 2": "unexpected \"2\"",
    "a = 1\na = 2": "duplicate key \"a\"",
    "a = [1": "incomplete value",
    "a = \"\\q\"": "invalid escape \"\\q\"",
    "a = \"\\u12\"": "invalid escape \"\\u12\"",
    "a = word": "unquoted value \"word\"",
    "a = {\n}": "line break in an inline table: expected TOML 1.0, which crate_universe reads",
    "a.b = 1\na = 2": "duplicate key \"a\"",
    "a..b = 1": "invalid key",
    "a = @": "unexpected character \"@\"",
}

def _errors_impl(ctx):
    env = unittest.begin(ctx)
    for text, expected in _ERRORS.items():
        error = parse_toml("\n" + text).error
        asserts.true(env, error and error.startswith("line ") and error.endswith(expected), "{}: {}".format(repr(text), error))
    return unittest.end(env)

values_test = unittest.make(_values_impl)
errors_test = unittest.make(_errors_impl)

def toml_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, values_test, errors_test)
