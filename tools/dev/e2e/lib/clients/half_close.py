"""Sends complete requests, shuts down the sending side as `nc -N` and socat do, and counts the outcomes.

Usage: half_close.py COUNT < CASES; cases and output as in python_clients.py
"""

import socket
import sys
import time
from collections import Counter
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10
# The FIN arrives with the request or during the response.
PAUSES = [0, 0.01]


def send(method, url, body, content_type, pause):
    target = urlsplit(url)
    head = (
        f"{method} {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        with socket.create_connection((target.hostname, target.port), TIMEOUT_SECONDS) as connection:
            connection.sendall(head.encode() + body)
            time.sleep(pause)
            connection.shutdown(socket.SHUT_WR)
            response = HTTPResponse(connection)
            response.begin()
            response.read()
            return response.status
    except (OSError, HTTPException) as error:
        return type(error).__name__


def main(count):
    for line in sys.stdin:
        method, url, size, content_type = line.split()
        body = b"x" * int(size)
        outcomes = Counter(send(method, url, body, content_type, PAUSES[i % len(PAUSES)]) for i in range(int(count)))
        print(line.strip() + ":", ", ".join(f"{times} x {outcome}" for outcome, times in outcomes.items()), flush=True)


main(*sys.argv[1:])
