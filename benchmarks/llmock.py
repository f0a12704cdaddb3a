"""llmock's verdict: requests against its faults, this engine beside the OpenAI SDK, each on a server of its own.

python -m benchmarks.llmock [--requests 1500] [--in-flight 64] [--to benchmarks/results/llmock.json]

llmock (PyPI) plays a provider on a bad day, keeps a journal of what a client does about it, and says what was wrong
with that: waits that were too short, calls repeated too often or without sense. The rows are error rates at random,
and a quota of which its headers tell.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.runs import ask, chat_model, run_params

from pipeline.engine import Engine

LATENCY_MS = 200
ROWS: dict[str, list[str]] = {
    "no faults": [],
    "429 .05, 500 .02, 503 .02": [
        "--error-rate",
        "429=.05",
        "--error-rate",
        "500=.02",
        "--error-rate",
        "503=.02",
    ],
    "429 .2": ["--error-rate", "429=.2"],
    "3,000 a minute": ["--rpm", "3000"],
}


@contextmanager
def served(options: list[str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("llmock")
    command = [str(program), "serve", "--port", str(port), "--latency-ms", str(LATENCY_MS), *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/_llmock/verdict", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


def engine(url: str, requests: int, in_flight: int) -> int:
    """How many were answered."""
    with tempfile.TemporaryDirectory(prefix="valact-llmock-") as folder:
        params = run_params(Path(folder), {"m": chat_model(f"{url}/v1")}, concurrency=in_flight, retries=5)
        with Engine(params, "judge") as it:
            asked = (ask(it, f"q{n}") for n in range(requests))
            return sum(response.status != "failed" for _, response in it.stream(asked))


def sdk(url: str, requests: int, in_flight: int) -> int:
    import openai

    async def run() -> int:
        gate, answered = asyncio.Semaphore(in_flight), 0
        async with openai.AsyncOpenAI(api_key="loopback", base_url=f"{url}/v1", max_retries=5) as client:

            async def one(n: int) -> None:
                nonlocal answered
                async with gate:
                    try:
                        await client.chat.completions.create(
                            model="gpt-test", messages=[{"role": "user", "content": f"q{n}"}], max_tokens=2048
                        )
                        answered += 1
                    except openai.OpenAIError:
                        pass

            await asyncio.gather(*(one(n) for n in range(requests)))
        return answered

    return asyncio.run(run())


def measure(client: Callable[[str, int, int], int], options: list[str], requests: int, in_flight: int) -> Any:
    with served(options) as url:
        started, load = time.monotonic(), os.getloadavg()[0]
        answered = client(url, requests, in_flight)
        seconds = time.monotonic() - started
        with urllib.request.urlopen(f"{url}/_llmock/verdict", timeout=60) as said:
            verdict = json.load(said)
    return {
        "seconds": round(seconds, 1),
        "answered": answered,
        "load": round(load, 1),
        "findings": verdict.get("findings"),
        "verdict": {name: value for name, value in verdict.items() if name != "findings"},
    }


@click.command()
@click.option("--requests", default=1500, show_default=True)
@click.option("--in-flight", default=64, show_default=True)
@click.option("--to", default="benchmarks/results/llmock.json", show_default=True, type=Path)
def main(requests: int, in_flight: int, to: Path) -> None:
    os.environ["OPENAI_API_KEY"] = "loopback"
    rows = []
    for name, options in ROWS.items():
        row: dict[str, Any] = {"row": name, "requests": requests, "in_flight": in_flight}
        for client in (engine, sdk):
            row[client.__name__] = measure(client, options, requests, in_flight)
            click.echo(f"{name}: {client.__name__}: {json.dumps(row[client.__name__])[:600]}", err=True)
        rows.append(row)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
