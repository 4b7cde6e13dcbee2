"""Generates layer stacks from a seed and lists the files that engines unpack them to.

Usage: layer_stacks.py generate SEED COUNT DIRECTORY
           writes OCI layouts DIRECTORY/00, ..., and DIRECTORY/images.tar, a Docker archive of them as images stack-00, ...
       layer_stacks.py generate-invalid DIRECTORY
           writes stacks with a single fault each: DIRECTORY/NAME and DIRECTORY/NAME.tar
       layer_stacks.py list DIRECTORY
           lists a directory in the format of `image_check list`
"""

import hashlib
import io
import json
import os
import pathlib
import random
import stat
import sys
import tarfile
import typing

DIR, FILE, SYMLINK, LINK = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
CHAR, BLOCK, FIFO = tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE
MODES = (0o755, 0o755, 0o644, 0o600, 0o000, 0o4755, 0o2755, 0o1777, 0o7777)
IDS = (0, 0, 0, 1, 1000, 65532, 3000000)
NAMES = ("a", "b", "c", "d", "with space")
# cap_net_bind_service, effective and permitted.
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")


def entry(name: str, kind: bytes, mode: int = 0o755, link: str = "", content: str = "", **fields) -> tuple[tarfile.TarInfo, bytes]:
    """Builds a tar member; `fields` may have owner, device and xattrs."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname, info.size = kind, mode, link, len(content)
    info.uid, info.gid = fields.get("owner", (0, 0))
    info.devmajor, info.devminor = fields.get("device", (0, 0))
    xattrs = fields.get("xattrs", {})
    info.pax_headers = {f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape") for key, value in xattrs.items()}
    return info, content.encode()


def tar(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class Layer:
    """A layer that engines accept: tracks the node at each path while entries are added."""

    def __init__(self, rng: random.Random, below: set[str]):
        self.rng = rng
        self.below = below
        self.entries: list[tuple[tarfile.TarInfo, bytes]] = []
        self.names: set[str] = set()
        # By path: the member, a directory for a parent without an entry, or None for a whiteout.
        self.nodes: dict[str, tarfile.TarInfo | None] = {}

    def resolve(self, path: str, create: bool) -> str | None:
        """Resolves a path to a directory; creates missing components except behind a symlink."""
        at, rest, links = "", [(part, create) for part in reversed(path.split("/"))], 0
        while rest:
            part, create = rest.pop()
            if part in ("", "."):
                continue
            if part == "..":
                at = at.rpartition("/")[0]
                continue
            following = f"{at}/{part}"
            if following not in self.nodes:
                if not create:
                    return None
                self.nodes[following] = entry(following, DIR)[0]
            node = self.nodes[following]
            if node is not None and node.type == SYMLINK:
                links += 1
                if links > 8:
                    return None
                at = "" if node.linkname.startswith("/") else at
                rest.extend((part, False) for part in reversed(node.linkname.split("/")))
            elif node is None or node.type != DIR:
                return None
            else:
                at = following
        return at

    def directories(self) -> list[str]:
        return [path for path, node in self.nodes.items() if node is not None and node.type == DIR]

    def parent(self) -> tuple[str, str] | None:
        """Chooses a parent: its name, possibly through a symlink, and its directory."""
        choices = [path for path, node in self.nodes.items() if node is not None and node.type in (DIR, SYMLINK)]
        choices += [path for path in self.below if path.count("/") < 3]
        path = self.rng.choice(["", "", "/" + self.rng.choice(NAMES), *sorted(choices)])
        found = self.resolve(path, create=True)
        return None if found is None or found.count("/") > 3 else (path, found)

    def attempt(self, add: typing.Callable[[], bool]) -> None:
        """Calls `add` and restores the nodes if it adds no entry."""
        saved = dict(self.nodes)
        if not add():
            self.nodes = saved

    def append(self, member: tuple[tarfile.TarInfo, bytes]) -> bool:
        info = member[0]
        # Engines reject a second entry of the same name, but accept /a after a.
        relative = info.name.lstrip("/")
        prefixes = [prefix for prefix in ("", "./", "/") if prefix == "/" or relative not in self.names]
        prefix = self.rng.choice([prefix for prefix in prefixes if prefix != "/" or "/" + relative not in self.names] or [None])
        if prefix is None:
            return False
        info.name = prefix + relative
        self.names.add("/" + relative if prefix == "/" else relative)
        self.entries.append(member)
        return True

    def remove(self, path: str) -> None:
        self.nodes = {other: node for other, node in self.nodes.items() if other != path and not other.startswith(path + "/")}

    def link_target(self) -> tuple[str, str]:
        """Chooses a symlink's target, mostly a directory of the layer."""
        directories = self.directories()
        if directories and self.rng.random() < 0.7:
            return self.rng.choice(directories)
        return self.rng.choice(["nowhere", "../" + self.rng.choice(NAMES), self.rng.choice(NAMES), "/" + self.rng.choice(NAMES)])

    def add_inode(self) -> bool:
        parent = self.parent()
        if parent is None:
            return False
        named, directory = parent
        name = self.rng.choice(NAMES)
        path, kind = f"{directory}/{name}", self.rng.choice([DIR, DIR, DIR, FILE, FILE, FILE, SYMLINK, SYMLINK, LINK, LINK, FIFO, CHAR, BLOCK])
        fields: dict = {"mode": self.rng.choice(MODES), "owner": (self.rng.choice(IDS), self.rng.choice(IDS))}
        if kind == FILE:
            fields["content"] = "x" * self.rng.choice((0, 1, 700))
        if kind == SYMLINK:
            fields["link"] = self.link_target()
        if kind in (CHAR, BLOCK):
            fields["device"] = (1, 3)
        if kind in (DIR, FILE) and self.rng.random() < 0.2:
            fields["xattrs"] = self.rng.choice(({"user.note": b"1"}, {"trusted.note": b"\xff"}, {"security.capability": CAPABILITY}))
        target = None
        if kind == LINK:
            targets = [(path, node) for path, node in self.nodes.items() if node is not None and node.type not in (DIR, LINK)]
            targets = [(other, node) for other, node in targets if other != path and not other.startswith(path + "/")]
            if not targets:
                return False
            fields["link"], target = self.rng.choice(targets)
            # Engines differ in whether a hard link without xattrs drops the file's capabilities.
            fields["xattrs"] = {key.removeprefix("SCHILY.xattr."): value.encode("utf-8", "surrogateescape") for key, value in target.pax_headers.items()}
        member = entry(f"{named}/{name}", kind, **fields)
        old = self.nodes.get(path)
        if old is not None and old.type == DIR:
            # Engines set its times last, which fails if it was replaced.
            if kind != DIR:
                return False
        else:
            self.remove(path)
        # The removed node may be a symlink that the name resolves through.
        if self.resolve(named, create=False) != directory:
            return False
        if not self.append(member):
            return False
        self.nodes[path] = member[0] if target is None else target
        return True

    def add_whiteout(self) -> bool:
        candidates = sorted(path for path in self.below if path not in self.nodes)
        if not candidates:
            return False
        path = self.rng.choice(candidates)
        parent, _, name = path.rpartition("/")
        found = self.resolve(parent, create=True)
        if found is None or f"{found}/{name}" in self.nodes or not self.append(entry(f"{parent}/.wh.{name}", FILE)):
            return False
        self.nodes[f"{found}/{name}"] = None
        return True

    def add_opaque(self) -> bool:
        parent = self.parent()
        return parent is not None and self.append(entry(f"{parent[0]}/.wh..wh..opq", FILE))


def generate_layer(rng: random.Random, below: set[str]) -> Layer:
    while True:
        layer = Layer(rng, below)
        if rng.random() < 0.3:
            layer.append(entry(".", DIR))
        for _ in range(rng.randint(4, 16)):
            layer.attempt(rng.choices((layer.add_inode, layer.add_whiteout, layer.add_opaque), (8, 2, 1))[0])
        # Engines set the times of directories last, by their original names.
        names = [info.name for info, _ in layer.entries if info.type == DIR]
        if all(layer.resolve(name, create=False) is not None for name in names):
            return layer


def generate_stack(rng: random.Random) -> list[list[tuple[tarfile.TarInfo, bytes]]]:
    below: set[str] = set()
    layers = []
    for _ in range(rng.randint(1, 4)):
        layer = generate_layer(rng, set(below))
        layers.append(layer.entries)
        below |= {path for path, node in layer.nodes.items() if node is not None}
    return layers


def invalid_stacks() -> dict[str, list[list[tuple[tarfile.TarInfo, bytes]]]]:
    """Returns stacks that every engine rejects."""
    file = entry("a", FILE)
    return {
        "duplicate": [[file, entry("./a", FILE, mode=0o4755)]],
        "link-to-lower-layer": [[file], [entry("b", LINK, link="a")]],
        "link-before-target": [[entry("b", LINK, link="a"), file]],
        "link-to-directory": [[entry("d", DIR), entry("b", LINK, link="d")]],
        "whiteout-of-own-file": [[file, entry(".wh.a", FILE)]],
        "below-whiteout": [[entry("d", DIR)], [entry(".wh.d", FILE), entry("d/a", FILE)]],
        "below-file": [[file, entry("a/b", FILE)]],
        "below-dangling-symlink": [[entry("usr", DIR)], [entry("l", SYMLINK, link="usr"), entry("l/b", FILE)]],
        "symlink-loop": [[entry("l", SYMLINK, link="m"), entry("m", SYMLINK, link="l"), entry("l/b", FILE)]],
        "replaced-directory": [[entry("d", DIR), entry("/d", SYMLINK, link="nowhere")]],
        "symlink-replaces-itself": [[entry("d", DIR), entry("d/l", SYMLINK, link="/d"), entry("d/l/l", FILE)]],
        "incremental": [[entry("a", b"D")]],
        "long-name": [[entry("d/" * 600_000 + "a", FILE)]],
    }


def write_layout(directory: pathlib.Path, layers: list[bytes], config: bytes) -> None:
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(kind: str, content: bytes) -> dict:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "config": blob("config.v1+json", config),
        "layers": [blob("layer.v1.tar", layer) for layer in layers],
    }
    index = {"schemaVersion": 2, "manifests": [blob("manifest.v1+json", json.dumps(manifest).encode())]}
    (directory / "index.json").write_text(json.dumps(index))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def write_archive(path: pathlib.Path, images: dict[str, tuple[list[bytes], bytes]]) -> None:
    written: set[str] = set()
    manifest = []
    with tarfile.open(path, "w") as archive:

        def add(name: str, content: bytes) -> str:
            if name not in written:
                written.add(name)
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            return name

        for name, (layers, config) in images.items():
            manifest.append({
                "Config": add(f"{hashlib.sha256(config).hexdigest()}.json", config),
                "RepoTags": [f"stack-{name}:latest"],
                "Layers": [add(f"{hashlib.sha256(layer).hexdigest()}/layer.tar", layer) for layer in layers],
            })
        add("manifest.json", json.dumps(manifest).encode())


def write(directory: pathlib.Path, stacks: dict[str, list[list[tuple[tarfile.TarInfo, bytes]]]]) -> dict[str, tuple[list[bytes], bytes]]:
    images = {}
    for name, layers in stacks.items():
        tars = [tar(entries) for entries in layers]
        config = json.dumps({
            "os": "linux",
            "architecture": "amd64",
            "config": {"Cmd": ["/a"], "Labels": {"stack": name}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(it).hexdigest()}" for it in tars]},
        }).encode()
        write_layout(directory / name, tars, config)
        images[name] = (tars, config)
    return images


def generate(seed: str, count: str, directory: str) -> None:
    stacks = {f"{number:02}": generate_stack(random.Random(f"{seed}/{number}")) for number in range(int(count))}
    write_archive(pathlib.Path(directory, "images.tar"), write(pathlib.Path(directory), stacks))


def generate_invalid(directory: str) -> None:
    for name, image in write(pathlib.Path(directory), invalid_stacks()).items():
        write_archive(pathlib.Path(directory, f"{name}.tar"), {name: image})


def escape(text: str) -> str:
    return "".join(f"\\{ord(char):03o}" if char.isspace() or char in "\\#" else char for char in text)


TYPES = {"d": "dir", "-": "file", "l": "link", "c": "char", "b": "block", "p": "fifo"}


def line(path: str, shown: str, info: os.stat_result, first: str) -> str:
    kind = TYPES[stat.filemode(info.st_mode)[0]]
    fields = [shown, f"type={kind}", f"mode={stat.S_IMODE(info.st_mode):04o}", f"uid={info.st_uid}", f"gid={info.st_gid}"]
    if kind == "link":
        fields.append(f"link={escape(os.readlink(path))}")
    if kind == "file":
        fields += [f"size={info.st_size}", f"sha256digest={hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()}"]
    if kind in ("char", "block"):
        fields.append(f"device={os.major(info.st_rdev)},{os.minor(info.st_rdev)}")
    if first != shown:
        fields.append(f"hardlink={first}")
    for name in sorted(os.listxattr(path, follow_symlinks=False)):
        # Added by overlayfs and by the machine's security policy.
        if not name.startswith("trusted.overlay.") and name != "security.selinux":
            fields.append(f"xattr.{name}={os.getxattr(path, name, follow_symlinks=False).hex()}")
    return " ".join(fields)


def list_tree(directory: str) -> None:
    found = {}
    for parent, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(parent, name)
            try:
                found["/" + os.path.relpath(path, directory)] = path, os.lstat(path)
            except FileNotFoundError:
                # The kernel lists a whiteout in a directory of a single layer, but it does not exist.
                continue
    print("#mtree")
    first_names: dict[tuple[int, int], str] = {}
    for shown, (path, info) in sorted(found.items()):
        shown = "." + escape(shown)
        first = shown if stat.S_ISDIR(info.st_mode) else first_names.setdefault((info.st_dev, info.st_ino), shown)
        print(line(path, shown, info, first))


def main(command: str, *arguments: str) -> None:
    {"generate": generate, "generate-invalid": generate_invalid, "list": list_tree}[command](*arguments)


main(*sys.argv[1:])
