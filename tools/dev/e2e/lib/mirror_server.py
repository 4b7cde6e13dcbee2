"""A mirror on the loopback that requires a token and serves the files below a directory.

Usage: mirror_server.py DIRECTORY TOKEN

Prints `listening on 127.0.0.1:PORT`, then `STATUS PATH` for each request.
"""

import functools
import http.server
import sys
from http import HTTPStatus


class Handler(http.server.SimpleHTTPRequestHandler):
    """Responds to GET and HEAD, with 401 without the token."""

    def __init__(self, token: str, *arguments: object, **options: object) -> None:
        self.token = token
        super().__init__(*arguments, **options)

    def send_head(self):
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            self.send_error(HTTPStatus.UNAUTHORIZED)
            return None
        return super().send_head()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        print(int(code), self.path, flush=True)

    def log_message(self, *_: object) -> None:
        """Disabled: log_request prints the status."""


def main() -> None:
    directory, token = sys.argv[1:]
    handler = functools.partial(Handler, token, directory=directory)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


main()
