"""Paths of members, and patterns, as the crate `glob` matches them.

Source: https://docs.rs/glob/latest/glob/struct.Pattern.html.
"""

load("@bazel_skylib//lib:paths.bzl", "paths")

# Limits the depth of a directory tree for `**`.
_MAX_DEPTH = 100

# Build outputs, which `**` does not search.
_OUTPUTS = ["bazel-bin", "bazel-out", "bazel-testlogs", "target"]

def _class(text):
    """Parses the text between brackets: a struct with `negated` and `ranges`, a list of pairs of characters."""
    negated = text.startswith("!")
    text = text.removeprefix("!")
    ranges = []
    skipped = 0
    for i in range(len(text)):
        if skipped:
            skipped -= 1
        elif text[i + 1:i + 2] == "-" and i + 2 < len(text):
            ranges.append((text[i], text[i + 2]))
            skipped = 2
        else:
            ranges.append((text[i], text[i]))
    return struct(negated = negated, ranges = ranges)

def _tokens(pattern):
    """Returns a list of "*", "?" and classes."""
    tokens = []
    end = 0
    for i in range(len(pattern)):
        if i < end:
            continue
        end = i + 1
        if pattern[i] == "[":
            # The first character may be a bracket.
            close = pattern.find("]", i + (3 if pattern[i + 1:i + 2] == "!" else 2))
            if close > 0:
                tokens.append(_class(pattern[i + 1:close]))
                end = close + 1
                continue
        tokens.append(pattern[i] if pattern[i] in "*?" else struct(negated = False, ranges = [(pattern[i], pattern[i])]))
    return tokens

def segment_matches(pattern, name):
    """Reports whether a name matches a pattern with `*`, `?` and classes such as `[ab]`, `[a-c]` and `[!a]`.

    Args:
        pattern: a segment of a path in `members`.
        name: name of a directory.

    Returns:
        A bool.
    """
    positions = [0]
    for token in _tokens(pattern):
        if token == "*":
            positions = range(positions[0], len(name) + 1)
        elif token == "?":
            positions = [i + 1 for i in positions if i < len(name)]
        else:
            positions = [
                i + 1
                for i in positions
                if i < len(name) and any([low <= name[i] and name[i] <= high for low, high in token.ranges]) != token.negated
            ]
        if not positions:
            return False
    return positions[-1] == len(name)

def _descendants(directories, list_directory):
    """Returns directories and those below."""
    found = []
    for _ in range(_MAX_DEPTH):
        found.extend(directories)
        directories = [
            paths.join(directory, name)
            for directory in directories
            for name in list_directory(directory)
            if name not in _OUTPUTS
        ]
    return found

def normalized_directory(path):
    """Returns a path relative to the root of the workspace without `.` and `..`.

    Args:
        path: path of a directory.

    Returns:
        A path; "" is the root.
    """
    path = paths.normalize(path)
    return "" if path == "." else path

def expand_pattern(pattern, list_directory):
    """Lists the directories that match a pattern of `members`.

    Args:
        pattern: a path with `*`, `?`, classes such as `[ab]`, and the segment `**`, which matches any directories.
        list_directory: function that returns the names of the directories in a directory.

    Returns:
        A list of directories. Those of a pattern without special characters need not exist.
    """
    directories = [""]
    for segment in normalized_directory(pattern).split("/"):
        if segment == "**":
            directories = _descendants(directories, list_directory)
        elif any([character in segment for character in "*?[".elems()]):
            directories = [
                paths.join(directory, name)
                for directory in directories
                for name in sorted(list_directory(directory))
                if segment_matches(segment, name)
            ]
        else:
            directories = [paths.join(directory, segment) for directory in directories]
    return directories
