"""Writes a Java trust store with reproducible times, unlike Debian's, which records the time of each import.

Usage: trust_store.py OUT CERTIFICATE.crt...    (PEM files with one certificate each)

The format is Java's JKS, version 2: https://docs.oracle.com/en/java/javase/25/docs/specs/man/keytool.html
"""

import base64
import hashlib
import os
import struct
import sys

PASSWORD = "changeit"  # the default of Java and Debian
TRUSTED_CERTIFICATE = 2


def text(value):
    encoded = value.encode("utf-8")
    return struct.pack(">H", len(encoded)) + encoded


def read_der(path):
    with open(path, encoding="ascii") as pem:
        body = pem.read().split("-----BEGIN CERTIFICATE-----")[1].split("-----END CERTIFICATE-----")[0]
    return base64.b64decode(body)


def entry(path):
    der = read_der(path)
    alias = "debian:" + os.path.basename(path).lower()
    return struct.pack(">I", TRUSTED_CERTIFICATE) + text(alias) + struct.pack(">Q", 0) + text("X.509") + struct.pack(">I", len(der)) + der


def main():
    out, *certificates = sys.argv[1:]
    if not certificates:
        print("trust_store.py: missing argument CERTIFICATE.crt\nusage: trust_store.py OUT CERTIFICATE.crt...", file=sys.stderr)
        sys.exit(64)
    store = struct.pack(">III", 0xFEEDFEED, 2, len(certificates)) + b"".join(entry(path) for path in sorted(certificates))
    digest = hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + store).digest()
    with open(out, "wb") as file:
        file.write(store + digest)


main()
