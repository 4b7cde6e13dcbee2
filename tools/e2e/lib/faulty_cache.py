"""A remote cache over HTTP with one fault, on a free port of the loopback.

Usage: faulty_cache.py DIRECTORY FAULT PORT_FILE
  none        keeps what is put in DIRECTORY, as files of the request's path
  errors      answers every request with 500
  corrupted   gives every blob with its first byte changed
  truncated   announces a blob's length and closes the connection half way
  full        refuses every upload with 507
  hangs       takes requests and never answers
Writes its port to PORT_FILE when it listens.
"""

import http.server
import pathlib
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = pathlib.Path(sys.argv[1])
    fault = sys.argv[2]

    def answer(self, status, body=b"", length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def failed(self):
        if self.fault == "hangs":
            threading.Event().wait()
        if self.fault == "errors":
            self.close_connection = True
            self.answer(500)
            return True
        return False

    def do_GET(self):
        if self.failed():
            return
        file = self.directory / self.path.lstrip("/")
        if not file.is_file():
            self.answer(404)
            return
        body = file.read_bytes()
        if self.fault == "corrupted" and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        if self.fault == "truncated" and len(body) > 1:
            self.close_connection = True
            self.answer(200, body[: len(body) // 2], len(body))
            return
        self.answer(200, body)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.failed():
            return
        if self.fault == "full":
            self.answer(507)
            return
        file = self.directory / self.path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{threading.get_ident()}")
        temporary.write_bytes(body)
        temporary.rename(file)
        self.answer(201)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
port_file = pathlib.Path(sys.argv[3])
port_file.with_suffix(".new").write_text(str(server.server_port))
port_file.with_suffix(".new").rename(port_file)
server.serve_forever()
