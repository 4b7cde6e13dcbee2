"""A remote HTTP cache with one fault, on a free loopback port.

Usage: faulty_cache.py DIRECTORY FAULT PORT_FILE
  none        stores uploads in DIRECTORY, at the request's path
  errors      responds 500 to every request
  denied      responds 401 to every request
  login       responds 200 with an HTML page to every request, as some proxies do
  corrupted   changes the first byte of every blob
  short       omits the last byte of every blob, also from its Content-Length
  reset       sends half of a blob and resets the connection
  truncated   sends a blob's full Content-Length and closes the connection half way
  full        responds 507 to every upload
  hangs       accepts requests and never responds
Writes its port to PORT_FILE once it listens.
"""

import http.server
import pathlib
import socket
import struct
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = pathlib.Path(sys.argv[1])
    fault = sys.argv[2]

    def respond(self, status, body=b"", length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def apply_fault(self):
        if self.fault == "hangs":
            threading.Event().wait()
        if self.fault == "errors":
            self.close_connection = True
            self.respond(500)
            return True
        if self.fault == "denied":
            self.respond(401)
            return True
        if self.fault == "login":
            self.respond(200, b"<html>Log in</html>")
            return True
        return False

    def do_GET(self):
        if self.apply_fault():
            return
        file = self.directory / self.path.lstrip("/")
        if not file.is_file():
            self.respond(404)
            return
        body = file.read_bytes()
        if self.fault == "corrupted" and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        if self.fault == "short":
            body = body[:-1]
        if self.fault == "reset" and len(body) > 1:
            self.close_connection = True
            # Closing sends a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.respond(200, body[: len(body) // 2], len(body))
            self.connection.close()
            return
        if self.fault == "truncated" and len(body) > 1:
            self.close_connection = True
            self.respond(200, body[: len(body) // 2], len(body))
            return
        self.respond(200, body)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.apply_fault():
            return
        if self.fault == "full":
            self.respond(507)
            return
        file = self.directory / self.path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{threading.get_ident()}")
        temporary.write_bytes(body)
        temporary.rename(file)
        self.respond(201)

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
