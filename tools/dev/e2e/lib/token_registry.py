"""A read-only registry over TLS that issues tokens, serves an OCI layout and injects faults.

Usage: token_registry.py LAYOUT CERTIFICATE KEY MODE_FILE

Prints its port. MODE_FILE is read at each blob request: `ok`, a status such as 429, `hang`, `wrong` or `cut`.
A token is issued for someone:secret in the Authorization header; every other request requires it.
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
    """Responds to token, manifest and blob requests."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        mode = MODE.read_text().strip()
        if self.path.startswith("/token?"):
            self.send_token()
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.respond(401, b"no token")
        elif "/manifests/" in self.path:
            self.send_manifest(self.path.rsplit("/", 1)[1])
        elif mode.isdigit():
            self.respond(int(mode), b"injected fault")
        elif mode == "hang":
            threading.Event().wait()
        else:
            content = self.read_blob(self.path.rsplit("/", 1)[1])
            self.respond(200, content[::-1] if mode == "wrong" else content, cut=mode == "cut")

    do_HEAD = do_GET

    def send_token(self):
        if self.headers.get("Authorization") == f"Basic {PASSWORD}":
            self.respond(200, json.dumps({"token": TOKEN}).encode())
        else:
            self.respond(401, b"wrong password")

    def send_manifest(self, reference):
        root = json.loads((LAYOUT / "index.json").read_text())["manifests"][0]
        digest = root["digest"] if reference == "latest" else reference
        self.respond(200, self.read_blob(digest), root["mediaType"])

    def read_blob(self, digest):
        return (LAYOUT / "blobs" / digest.replace(":", "/")).read_bytes()

    def respond(self, status, content, kind="application/octet-stream", cut=False):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True


def main():
    """Serves until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
