"""Reads an OCI layout or an archive for container engines and compares it with facts."""

import json
import pathlib
import tarfile
from typing import Any

DOCUMENTS = ["config", "manifest", "index"]


def read_documents(path: pathlib.Path) -> dict[str, Any]:
    """Returns the JSON documents of a target's output."""
    return read_layout(path) if path.is_dir() else read_archive(path)


def read_layout(path: pathlib.Path) -> dict[str, Any]:
    """Returns the config and the manifest of an image, or an image index."""
    root = read_blob(path, json.loads((path / "index.json").read_text())["manifests"][0])
    if "manifests" in root:
        return {"index": root}
    return {"manifest": root, "config": read_blob(path, root["config"])}


def read_blob(path: pathlib.Path, descriptor: dict[str, Any]) -> Any:
    """Returns a blob that is a JSON document."""
    return json.loads((path / "blobs" / descriptor["digest"].replace(":", "/")).read_text())


def read_archive(path: pathlib.Path) -> dict[str, Any]:
    """Returns the manifest or the index of an archive."""
    documents = {}
    with tarfile.open(path) as archive:
        for document in ["manifest", "index"]:
            name = f"{document}.json"
            member = archive.extractfile(name) if name in archive.getnames() else None
            if member:
                documents[document] = json.load(member)
    return documents


def unmet_facts(expected: dict[str, dict[str, Any]], documents: dict[str, Any]) -> str | None:
    """Returns the differences from the expected facts, or None."""
    differences = []
    for document, facts in expected.items():
        if document not in DOCUMENTS:
            raise ValueError(f"unknown document {document!r}: expected one of {DOCUMENTS}")
        for path, value in facts.items():
            found = find(documents.get(document), path)
            if found != value:
                differences.append(f"{document}: {path} is {json.dumps(found)}, expected {json.dumps(value)}")
    return "; ".join(differences) or None


def find(document: Any, path: str) -> Any:
    """Returns the value at a path, or None."""
    for key in path.split("/"):
        if isinstance(document, list):
            document = document[int(key)] if int(key) < len(document) else None
        else:
            document = document.get(key) if isinstance(document, dict) else None
    return document
