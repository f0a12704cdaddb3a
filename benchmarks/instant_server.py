"""A chat-completions server that costs next to nothing, in a process of its own: one fixed answer to every POST.

python -m benchmarks.instant_server LATENCY_SECONDS ANSWER    # prints its port
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

VOTE = '{"vote": "yes"}'


def response_bytes(content: str) -> bytes:
    """The whole HTTP response with that text as the model's answer."""
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 8, "total_tokens": 128},
    }
    body = msgspec.json.encode(answer)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


class Connection(asyncio.Protocol):
    """Counts bytes only: finds the end of each request and answers it after ``latency`` seconds."""

    def __init__(self, latency: float, response: bytes) -> None:
        self.latency = latency
        self.response = response
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self.data) < end + 4 + length:
                return
            self.data = self.data[end + 4 + length :]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.answer)
            else:
                self.answer()

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.response)


@contextmanager
def instant_server(latency: float, core: int | None = None, answer: str = VOTE) -> Iterator[str]:
    """The base URL of a server that runs while the block does, on its own core where there is one."""
    command = [sys.executable, "-m", "benchmarks.instant_server", str(latency), answer]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if core is not None:
        os.sched_setaffinity(server.pid, {core})
    assert server.stdout
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
    finally:
        server.terminate()
        server.wait()


async def serve(latency: float, answer: str) -> None:
    response = response_bytes(answer)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(latency, response), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), sys.argv[2]))
