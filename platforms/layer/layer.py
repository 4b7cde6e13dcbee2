"""Writes a layer of the build root. Entries are sorted by path, owned by root, readable by all users, and have no setuid bits.

Usage: layer.py OUT [--tree DIRECTORY=PATH] [--list FILE] [--exclude PATH] [--file FILE=PATH] [--directory PATH=MODE] [--symlink TARGET=PATH]

OUT ends in .tar.zst or .tar. PATH has no leading slash. `--list` names a file with paths below `/`, one per line; these entries keep their
times, because compiled Python depends on the time of its source. All other times are zero. The number of compressor threads does not
change the output.
"""

import argparse
import contextlib
import os
import stat
import sys
import tarfile
from compression import zstd

LEVEL = 10
SPECIAL_BITS = stat.S_ISUID | stat.S_ISGID


def parse_pair(text):
    left, separator, right = text.rpartition("=")
    if not separator or right.startswith("/"):
        raise argparse.ArgumentTypeError(f'invalid value "{text}": expected NAME=VALUE, without a leading slash on the right')
    return left, right


def parse_arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("out")
    parser.add_argument("--tree", type=parse_pair, action="append", default=[])
    parser.add_argument("--list", action="append", default=[])
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--file", type=parse_pair, action="append", default=[])
    parser.add_argument("--directory", type=parse_pair, action="append", default=[])
    parser.add_argument("--symlink", type=parse_pair, action="append", default=[])
    return parser.parse_args()


def walk(directory, path):
    """Yields (source, path in the layer) for a directory and its contents."""
    yield directory, path
    for parent, directories, files in os.walk(directory):
        for name in directories + files:
            source = os.path.join(parent, name)
            yield source, os.path.join(path, os.path.relpath(source, directory))


def is_excluded(path, excluded):
    return any(path == prefix or path.startswith(prefix + "/") for prefix in excluded)


def tar_entry(name, kind, mode, target=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname = kind, mode, target
    return entry


def collect(arguments):
    """Maps each path of the layer to its tar entry and the file with its content, or None."""
    entries, first_paths = {}, {}

    def add(source, path, keep_time, keep_links=True):
        info = os.lstat(source)
        mode = stat.S_IMODE(info.st_mode) & ~SPECIAL_BITS | 0o644
        if stat.S_ISLNK(info.st_mode):
            entries[path] = tar_entry(path, tarfile.SYMTYPE, 0o777, os.readlink(source)), None
        elif stat.S_ISDIR(info.st_mode):
            entries[path] = tar_entry(path, tarfile.DIRTYPE, mode | 0o111), None
        elif stat.S_ISREG(info.st_mode):
            if mode & 0o111:
                mode |= 0o111
            first = first_paths.setdefault((info.st_dev, info.st_ino), path) if keep_links and info.st_nlink > 1 else path
            entry = tar_entry(path, tarfile.LNKTYPE if first != path else tarfile.REGTYPE, mode, first if first != path else "")
            entry.size = info.st_size if first == path else 0
            entry.mtime = int(info.st_mtime) if keep_time else 0
            entries[path] = entry, source if first == path else None
        else:
            sys.exit(f'layer.py: unsupported file "{source}": expected a regular file, a directory or a symbolic link')

    for listing in arguments.list:
        with open(listing, encoding="utf-8", errors="surrogateescape") as lines:
            for path in sorted(line.rstrip("\n") for line in lines):
                if not is_excluded(path, arguments.exclude):
                    add("/" + path, path, keep_time=True)
    for directory, target in arguments.tree:
        for source, path in sorted(walk(directory, target), key=lambda pair: pair[1]):
            add(source, path, keep_time=False)
    for source, path in arguments.file:
        # Whether a source has links elsewhere, such as in a copy of the cache, must not change the layer.
        add(os.path.realpath(source), path, keep_time=False, keep_links=False)
    for path, mode in arguments.directory:
        entries[path] = tar_entry(path, tarfile.DIRTYPE, int(mode, 8)), None
    for target, path in arguments.symlink:
        entries[path] = tar_entry(path, tarfile.SYMTYPE, 0o777, target), None
    for path in list(entries):
        while path := os.path.dirname(path):
            if path not in entries:
                entries[path] = tar_entry(path, tarfile.DIRTYPE, 0o755), None
    return entries


@contextlib.contextmanager
def open_output(path):
    if path.endswith(".zst"):
        options = {
            zstd.CompressionParameter.compression_level: LEVEL,
            zstd.CompressionParameter.nb_workers: os.cpu_count() or 1,
        }
        with zstd.open(path, "wb", options=options) as out:
            yield out
    else:
        with open(path, "wb") as out:
            yield out


def main():
    arguments = parse_arguments()
    entries = collect(arguments)
    with open_output(arguments.out) as out, tarfile.open(fileobj=out, mode="w|", format=tarfile.GNU_FORMAT, errors="surrogateescape") as tar:
        for path in sorted(entries):
            entry, source = entries[path]
            if source is None:
                tar.addfile(entry)
            else:
                with open(source, "rb") as content:
                    tar.addfile(entry, content)


main()
