"""Writes a layer of Debian packages, unpacked in the order of their file names. Documentation is omitted, except copyright files.

Usage: packages_layer.py OUT.tar.zst PACKAGE.deb...
"""

import os
import shutil
import subprocess
import sys
import tempfile

OMITTED = ["usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/bash-completion", "usr/share/zsh", "usr/lib/systemd", "var", "run"]


def remove_documentation(tree):
    for path in OMITTED:
        shutil.rmtree(os.path.join(tree, path), ignore_errors=True)
    for parent, _, files in os.walk(os.path.join(tree, "usr/share/doc")):
        for name in files:
            if name != "copyright":
                os.unlink(os.path.join(parent, name))


def main():
    out, *packages = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        tree = os.path.join(scratch, "tree")
        os.mkdir(tree)
        for package in sorted(packages, key=os.path.basename):
            subprocess.run(["dpkg-deb", "--extract", package, tree], check=True)
        remove_documentation(tree)
        arguments = []
        for name in sorted(os.listdir(tree)):
            arguments.append(f"--tree={os.path.join(tree, name)}={name}")
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "layer.py"), out, *arguments], check=True)


main()
