"""Writes the layer of a component of the build root. It must run in that root.

Usage: root_layer.py ROOT.json PART OUT.tar.zst    (ROOT.json is written by //platforms/ci/private:build_root.bzl)
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(__file__)
THIMBLE = "/usr/share/thimble"


def run(script, *arguments):
    subprocess.run([sys.executable, os.path.join(HERE, script), *arguments], check=True)


def debian(root, out, scratch):
    trust_store = os.path.join(scratch, "cacerts")
    run("trust_store.py", trust_store, *glob.glob("/usr/share/ca-certificates/mozilla/*.crt"))
    arguments = [f"--exclude={path}" for path in root["excluded"]]
    arguments += [f"--symlink=usr/{name}={name}" for name in ["bin", "sbin", "lib", "lib64"]]
    # The launcher finds the components of the root by name. The component `debian` is the root of the image.
    arguments += [f"--symlink=/=thimble/component/{root['components']['debian']}"]
    arguments += ["--directory=cache=1777", f"--file={THIMBLE}/dpkg-status=var/lib/dpkg/status", f"--file={trust_store}=etc/ssl/certs/java/cacerts"]
    run("layer.py", out, f"--list={THIMBLE}/files", *arguments)


def main():
    root_file, component, out = sys.argv[1:]
    with open(root_file, encoding="utf-8") as file:
        root = json.load(file)
    with tempfile.TemporaryDirectory() as scratch:
        if component == "debian":
            debian(root, out, scratch)
        else:
            run("layer.py", out, f"--tree=/thimble/{component}=thimble/component/{root['components'][component]}")


main()
