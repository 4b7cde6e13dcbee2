"""Copies the crates of Cargo.lock files from cargo's cache into the directory layouts of cargo and of Bazel's repository cache.

Usage: crates.py CARGO_HOME OUT Cargo.lock...

  OUT/archives/NAME-VERSION.crate                          the archives
  OUT/cargo/registry/index/INDEX/{config.json,.cache/...}  cargo's index with the locked versions only
  OUT/cargo/registry/cache/INDEX/NAME-VERSION.crate        links to the archives
  OUT/repositories/content_addressable/sha256/DIGEST/file  links to the archives, for Bazel's repository cache
  OUT/digest                                               identifies the set of crates

Crates of other registries than crates.io are not copied.
"""

import glob
import hashlib
import json
import os
import shlex
import shutil
import sys
import tomllib

IMAGE_ARCHIVES = "/thimble/crates/archives"
# The name of crates.io in Cargo.lock, even if another registry replaces it.
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
# The header of a cached index entry: version of the cache format, version of the index format, then the HTTP validator.
# https://doc.rust-lang.org/nightly/nightly-rustc/cargo/sources/registry/index/cache/
INDEX_HEADER = b"\x03\x02\x00\x00\x00Unknown\x00"


def locked_crates(lock_files):
    """Maps (name, version) to the SHA-256 of each crate of crates.io."""
    crates = {}
    for path in lock_files:
        with open(path, "rb") as file:
            for package in tomllib.load(file).get("package", []):
                if package.get("source") == CRATES_IO:
                    crates[package["name"], package["version"]] = package["checksum"]
    return crates


def index_path(name):
    """Source: https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files"""
    name = name.lower()
    prefix = {1: "1", 2: "2", 3: f"3/{name[0]}"}.get(len(name), f"{name[:2]}/{name[2:4]}")
    return f"{prefix}/{name}"


def fail(message, removed):
    """Exits with a message and the command after which cargo downloads the file again."""
    sys.exit(f"crates.py: {message}; to download it again, remove it and repeat the build:\n    rm -rf {shlex.quote(removed)}")


def index_of(cargo_home, names):
    """Returns the index with the crates: that of crates.io, or of a registry that replaces it."""
    # Build roots of earlier releases added a symbolic link with cargo's older directory name.
    indexes = [path for path in sorted(glob.glob(f"{cargo_home}/registry/index/*")) if not os.path.islink(path)]
    if not indexes:
        fail(f'"{cargo_home}/registry/index" has no index', f"{cargo_home}/registry/index")
    return max(indexes, key=lambda path: sum(os.path.exists(f"{path}/.cache/{index_path(name)}") for name in names))


def write_index_entry(source, target, name, versions):
    texts = []
    if os.path.exists(source):
        with open(source, "rb") as file:
            texts = [field for field in file.read().split(b"\0") if field.startswith(b"{")]
    by_version = {json.loads(text)["vers"]: text for text in texts}
    for version in sorted(versions):
        if version not in by_version:
            fail(f'index entry "{source}" lacks {name} {version}, which is in Cargo.lock', source)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(INDEX_HEADER)
        for version in sorted(versions):
            file.write(version.encode() + b"\0" + by_version[version] + b"\0")


def link(target, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(target, path)


def main():
    cargo_home, out, *lock_files = sys.argv[1:]
    crates = locked_crates(lock_files)
    names = {name for name, _ in crates}
    index = index_of(cargo_home, names)
    index_name = os.path.basename(index)
    os.makedirs(f"{out}/archives")
    for (name, version), digest in crates.items():
        archive = f"{name}-{version}.crate"
        source = f"{cargo_home}/registry/cache/{index_name}/{archive}"
        with open(source, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                fail(f'archive "{source}" does not have the digest in Cargo.lock', source)
        shutil.copyfile(source, f"{out}/archives/{archive}")
        link(f"{IMAGE_ARCHIVES}/{archive}", f"{out}/cargo/registry/cache/{index_name}/{archive}")
        link(f"{IMAGE_ARCHIVES}/{archive}", f"{out}/repositories/content_addressable/sha256/{digest}/file")
    for name in names:
        entry = f".cache/{index_path(name)}"
        versions = [version for locked, version in crates if locked == name]
        write_index_entry(f"{index}/{entry}", f"{out}/cargo/registry/index/{index_name}/{entry}", name, versions)
    shutil.copyfile(f"{index}/config.json", f"{out}/cargo/registry/index/{index_name}/config.json")
    with open(f"{out}/digest", "w", encoding="ascii") as file:
        file.write(hashlib.sha256(json.dumps(sorted(crates.values())).encode()).hexdigest() + "\n")


main()
