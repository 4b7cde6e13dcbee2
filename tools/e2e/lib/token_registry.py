"""A registry over TLS that hands out tokens and fails as it is told to: the files of an OCI layout, read only.

Usage: token_registry.py LAYOUT CERTIFICATE KEY MODE_FILE

Prints its port. MODE_FILE is read at each request for a blob: `ok`, a status such as 429, `hang`, `wrong` or `cut`.
A token is given for someone:secret, by the header Authorization, and wanted for all else.
"""

import base64
import json
import pathlib
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LAYOUT, CERTIFICATE, KEY, MODE = map(pathlib.Path, sys.argv[1:])
TOKEN = "a-token-of-one-word"
PASSWORD = base64.b64encode(b"someone:secret").decode()


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the other."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        mode = MODE.read_text().strip()
        if self.path.startswith("/token?"):
            self.token()
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, b"no token")
        elif "/manifests/" in self.path:
            self.manifest(self.path.rsplit("/", 1)[1])
        elif mode.isdigit():
            self.answer(int(mode), b"as told")
        elif mode == "hang":
            threading.Event().wait()
        else:
            content = self.blob(self.path.rsplit("/", 1)[1])
            self.answer(200, content[::-1] if mode == "wrong" else content, cut=mode == "cut")

    do_HEAD = do_GET

    def token(self):
        if self.headers.get("Authorization") == f"Basic {PASSWORD}":
            self.answer(200, json.dumps({"token": TOKEN}).encode())
        else:
            self.answer(401, b"wrong password")

    def manifest(self, reference):
        root = json.loads((LAYOUT / "index.json").read_text())["manifests"][0]
        digest = root["digest"] if reference == "latest" else reference
        self.answer(200, self.blob(digest), root["mediaType"])

    def blob(self, digest):
        return (LAYOUT / "blobs" / digest.replace(":", "/")).read_bytes()

    def answer(self, status, content, kind="application/octet-stream", cut=False):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True


def main():
    """Serves until it is killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
