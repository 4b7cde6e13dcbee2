"""Makes a directory's files equal to listed ones of another, without Bazel's links at the top (bazel-*).

Skips missing paths, and directories: git lists submodules and nested repositories, not their files.

Does not write equal files: Bazel resolves all crates again if a Cargo.toml is written.

Usage: sync_files.py FROM TO < NUL-separated paths relative to FROM
"""

import filecmp
import os
import shutil
import sys


def is_file(path):
    return os.path.islink(path) or os.path.isfile(path)


def is_equal(source, target):
    if os.path.islink(source) or os.path.islink(target):
        return os.path.islink(source) and os.path.islink(target) and os.readlink(source) == os.readlink(target)
    return (
        os.path.isfile(target)
        and os.stat(source).st_mode == os.stat(target).st_mode
        and filecmp.cmp(source, target, shallow=False)
    )


def remove_others(directory, paths):
    for parent, directories, files in os.walk(directory):
        links = [name for name in directories if os.path.islink(os.path.join(parent, name))]
        for name in files + links:
            path = os.path.relpath(os.path.join(parent, name), directory)
            if path not in paths and not path.startswith("bazel-"):
                os.remove(os.path.join(parent, name))
    for parent, _, _ in os.walk(directory, topdown=False):
        if parent != directory and not os.listdir(parent):
            os.rmdir(parent)


def main():
    source, target = sys.argv[1:]
    paths = {path for path in sys.stdin.read().split("\0") if is_file(os.path.join(source, path))}
    remove_others(target, paths)
    for path in sorted(paths):
        original, copy = os.path.join(source, path), os.path.join(target, path)
        if not is_equal(original, copy):
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            if os.path.lexists(copy):
                os.remove(copy)
            shutil.copy2(original, copy, follow_symlinks=False)


if __name__ == "__main__":
    main()
