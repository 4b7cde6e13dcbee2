"""Sends requests with a Python client library over kept connections and counts the outcomes.

Usage: python_clients.py LIBRARY COUNT < CASES
Reads cases of the form `METHOD URL BODY_BYTES CONTENT_TYPE` and sends each COUNT times.
Prints a line for each case: the case, then `COUNT x STATUS` or `COUNT x ERROR` for each outcome.
"""

import asyncio
import sys
from collections import Counter

TIMEOUT_SECONDS = 10


async def send_with_requests(method, url, body, headers, count):
    import requests

    with requests.Session() as session:
        for _ in range(count):
            try:
                response = session.request(method, url, data=body, headers=headers, timeout=TIMEOUT_SECONDS)
                yield response.status_code
            except requests.RequestException as error:
                yield type(error).__name__


async def send_with_httpx(method, url, body, headers, count):
    import httpx

    with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
        for _ in range(count):
            try:
                yield client.request(method, url, content=body, headers=headers).status_code
            except httpx.HTTPError as error:
                yield type(error).__name__


async def send_with_aiohttp(method, url, body, headers, count):
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for _ in range(count):
            try:
                async with session.request(method, url, data=body, headers=headers) as response:
                    await response.read()
                    yield response.status
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
                yield type(error).__name__


SENDERS = {
    "requests": send_with_requests,
    "httpx": send_with_httpx,
    "aiohttp": send_with_aiohttp,
}


async def main(library, count):
    for line in sys.stdin:
        method, url, size, content_type = line.split()
        sent = SENDERS[library](method, url, b"x" * int(size), {"Content-Type": content_type}, int(count))
        outcomes = Counter([outcome async for outcome in sent])
        print(line.strip() + ":", ", ".join(f"{times} x {outcome}" for outcome, times in outcomes.items()), flush=True)


asyncio.run(main(*sys.argv[1:]))
