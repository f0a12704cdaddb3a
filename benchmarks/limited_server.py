"""A chat-completions server with a limit, in a process of its own: what it lets in is answered after a while, what it
does not with 429 at once.

python -m benchmarks.limited_server SECONDS LIMIT    # LIMIT as JSON; prints its port, and what came on SIGTERM
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from benchmarks.instant_server import VOTE, response_bytes

# Bytes of a request that count as one token.
BYTES_A_TOKEN = 4


class Limit(msgspec.Struct, forbid_unknown_fields=True):
    """``share`` is turned away whatever comes. ``phases`` are pairs of a rate (a second) and the second until which it
    holds, and ``burst`` what may come at once: requests, or tokens with ``tokens``. ``retry_after`` seconds are asked
    for with a 429, None for no header; ``headers`` tell what is left; with ``only`` there is a limit for one model.
    Answers take ``latency`` seconds, a fifth more or less.
    """

    latency: float
    share: float = 0.0
    phases: tuple[tuple[float, float], ...] = ()
    burst: float = 1.0
    tokens: bool = False
    retry_after: float | None = None
    headers: bool = False
    only: str = ""


class Server:
    def __init__(self, limit: Limit, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.dice = random.Random(1)
        self.first: float | None = None
        self.left, self.at = limit.burst, 0.0
        self.answered = self.turned_away = 0

    def lets_in(self, body: bytes, now: float) -> bool:
        limit = self.limit
        if limit.only and f'"{limit.only}"'.encode() not in body:
            return True
        if limit.share:
            return self.dice.random() >= limit.share
        self.left = min(limit.burst, self.left + self.rate(now) * (now - self.at))
        self.at = now
        wanted = len(body) / BYTES_A_TOKEN if limit.tokens else 1.0
        if self.left < wanted:
            return False
        self.left -= wanted
        return True

    def rate(self, now: float) -> float:
        return next((rate for rate, until in self.limit.phases if now < until), self.limit.phases[-1][0])

    def seen(self, connection: Connection, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.first = self.first if self.first is not None else loop.time()
        now = loop.time() - self.first
        if not self.lets_in(body, now):
            self.turned_away += now <= self.seconds
            connection.answer(self.refusal())
            return
        response = self.answer()
        latency = self.limit.latency * (0.8 + 0.4 * self.dice.random())
        loop.call_later(latency, self.done, connection, response, now + latency)

    def done(self, connection: Connection, response: bytes, now: float) -> None:
        self.answered += now <= self.seconds
        connection.answer(response)

    def refusal(self) -> bytes:
        told = "" if self.limit.retry_after is None else f"Retry-After: {self.limit.retry_after:g}\r\n"
        body = '{"error": {"code": "rate_limit_exceeded", "message": "slow down"}}'
        return (
            f"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n{told}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def answer(self) -> bytes:
        response = response_bytes(VOTE)
        if not self.limit.headers:
            return response
        reset = (self.limit.burst - self.left) / self.limit.phases[0][0]
        told = (
            f"x-ratelimit-remaining-requests: {int(self.left)}\r\n"
            f"x-ratelimit-reset-requests: {round(1000 * reset)}ms\r\n"
        )
        return response.replace(b"\r\n", b"\r\n" + told.encode(), 1)


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self.data) < end + 4 + length:
                return
            body = self.data[end + 4 : end + 4 + length]
            self.data = self.data[end + 4 + length :]
            self.server.seen(self, body)

    def answer(self, response: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(response)


class Counts(msgspec.Struct):
    """Filled in when the server ends."""

    url: str = ""
    answered: int = 0
    turned_away: int = 0


@contextmanager
def limited_server(limit: Limit, seconds: float) -> Iterator[Counts]:
    """A server that runs while the block does, and counts the first ``seconds`` from the first request."""
    told = msgspec.json.encode(limit).decode()
    command = [sys.executable, "-m", "benchmarks.limited_server", str(seconds), told]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    counts = Counts(url=f"http://127.0.0.1:{server.stdout.readline().strip()}/v1")
    try:
        yield counts
    finally:
        server.terminate()
        told = server.stdout.read()
        server.wait()
    counts.answered, counts.turned_away = json.loads(told)


async def serve(limit: Limit, seconds: float) -> Any:
    loop, end, server = asyncio.get_running_loop(), asyncio.Event(), Server(limit, seconds)
    loop.add_signal_handler(signal.SIGTERM, end.set)
    listening = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=1024)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await end.wait()
    print(json.dumps([server.answered, server.turned_away]), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.argv[2], type=Limit), float(sys.argv[1])))
