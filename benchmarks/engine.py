"""The response engine against what is around it, in one run: requests a second, recorded answers, memory.

    python -m benchmarks.engine [--million] [--to benchmarks/results/engine.json]

100 calls in flight on one core, against an instant server on another one, at 0 and at 200 ms latency: this engine
with key, durable record, schema check and progress; the official SDK on both of its transports; and aiohttp alone,
which only sends prepared bytes and parses what comes back. Then memory while many requests go through, and the
rate at which their recorded answers are served.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import click
import msgspec
import openai
import psutil

from benchmarks.instant_server import instant_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.runs import VERDICT, chat_model, run_params

from pipeline.engine import Engine, Message, Request
from pipeline.engine.wire.chat import request_body

IN_FLIGHT = 100
ROUNDS = 3
MODEL = "gpt-4o-2024-08-06"
INSTRUCTIONS = "Is this post about a personal decision? Answer in JSON: yes or no. " * 15
MANY, MILLION = 100_000, 1_000_000


@click.command()
@click.option("--million", is_flag=True, help=f"Memory over a million requests instead of {MANY:,}.")
@click.option("--to", default="benchmarks/results/engine.json", show_default=True, type=Path)
@click.option(
    "--memory", type=int, hidden=True, help="Runs the memory part in this process, on so many requests."
)
def main(million: bool, to: Path, memory: int | None) -> None:
    os.environ["OPENAI_API_KEY"] = "loopback"
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    if memory:
        click.echo(json.dumps(measure_memory(memory, cores[-1])))
        return
    rates = {}
    for latency, calls in ((0.0, 4000), (0.2, 2000)):
        rates[f"{round(latency * 1000)} ms"] = measure_rates(latency, calls, cores[-1])
    command = [sys.executable, "-m", "benchmarks.engine", "--memory", str(MILLION if million else MANY)]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = {"in_flight": IN_FLIGHT, "requests_per_second": rates, "many": json.loads(child.stdout)}
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)


def measure_rates(latency: float, calls: int, core: int) -> dict[str, int]:
    """Requests a second of each contender: the best of some rounds, taken in turns."""
    best: dict[str, float] = {}
    with instant_server(latency, core) as url:
        for _ in range(ROUNDS):
            for name, contender in CONTENDERS.items():
                seconds = contender(url, calls)
                best[name] = max(best.get(name, 0), calls / seconds)
    return {name: round(rate) for name, rate in best.items()}


def by_engine(url: str, calls: int) -> float:
    with tempfile.TemporaryDirectory() as folder, engine_in(folder, url) as engine:
        list(engine.stream(requests(engine, range(-IN_FLIGHT, 0))))
        started = time.perf_counter()
        answered = sum(
            response.status == "ok" for _, response in engine.stream(requests(engine, range(calls)))
        )
        seconds = time.perf_counter() - started
    assert answered == calls
    return seconds


def by_sdk(url: str, calls: int) -> float:
    return _by_sdk(url, calls, None)


def by_sdk_on_aiohttp(url: str, calls: int) -> float:
    return _by_sdk(url, calls, openai.DefaultAioHttpClient)


def _by_sdk(url: str, calls: int, transport: Callable | None) -> float:
    schema = {"type": "json_schema", "json_schema": {"strict": True, **VERDICT}}

    async def run() -> float:
        http_client = transport() if transport else None
        async with openai.AsyncOpenAI(base_url=url, http_client=http_client) as client:

            async def ask(number: int) -> None:
                messages = [
                    {"role": "system", "content": INSTRUCTIONS},
                    {"role": "user", "content": f"post {number}"},
                ]
                await client.chat.completions.create(
                    model=MODEL, messages=messages, response_format=schema, temperature=0.0, max_tokens=2048
                )

            return await _timed(ask, calls)

    return asyncio.run(run())


def by_aiohttp(url: str, calls: int) -> float:
    with tempfile.TemporaryDirectory() as folder, engine_in(folder, url) as engine:
        body = msgspec.json.encode(request_body(next(requests(engine, range(1))), limit="max_tokens"))

    async def run() -> float:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            headers = {"Content-Type": "application/json", "Authorization": "Bearer loopback"}

            async def ask(number: int) -> None:
                async with session.post(f"{url}/chat/completions", data=body, headers=headers) as response:
                    msgspec.json.decode(await response.read())

            return await _timed(ask, calls)

    return asyncio.run(run())


async def _timed(ask: Callable[[int], Awaitable[None]], calls: int) -> float:
    """Seconds for that many calls by IN_FLIGHT workers, after one call by each that is not counted."""
    await asyncio.gather(*(ask(-1) for _ in range(IN_FLIGHT)))
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await ask(number)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - started


CONTENDERS: dict[str, Callable[[str, int], float]] = {
    "this engine": by_engine,
    "openai SDK": by_sdk,
    "openai SDK on aiohttp": by_sdk_on_aiohttp,
    "aiohttp alone": by_aiohttp,
}


def measure_memory(count: int, core: int) -> dict[str, int]:
    """Megabytes after a tenth of the requests and after all, and the rate at which they are served again."""
    process, memory = psutil.Process(), []
    with tempfile.TemporaryDirectory() as folder, instant_server(0.0, core) as url:
        with engine_in(folder, url) as engine:
            started = time.perf_counter()
            for done, _ in enumerate(engine.stream(requests(engine, range(count))), start=1):
                if done % (count // 10) == 0:
                    memory.append(process.memory_info().rss / 1e6)
            asked = time.perf_counter() - started
        with engine_in(folder, url) as engine:
            started = time.perf_counter()
            served = sum(1 for _ in engine.stream(requests(engine, range(count))))
            recorded = time.perf_counter() - started
            memory.append(process.memory_info().rss / 1e6)
    assert served == count
    return {
        "requests": count,
        "requests_per_second": round(count / asked),
        "recorded_answers_per_second": round(count / recorded),
        "mb_after_a_tenth": round(memory[0]),
        "mb_at_most": round(max(memory)),
    }


def engine_in(folder: str, url: str) -> Engine:
    models = {"m": chat_model(url, model=MODEL)}
    return Engine(run_params(Path(folder), models, concurrency=IN_FLIGHT, retries=2), "benchmark")


def requests(engine: Engine, numbers: range) -> Iterator[Request]:
    for number in numbers:
        messages = [Message("system", INSTRUCTIONS), Message("user", f"post {number}")]
        yield engine.request(model="m", messages=messages, schema=VERDICT, subject=f"post{number}")


def show(result: dict) -> None:
    rates = result["requests_per_second"]
    click.echo(
        f"{'requests/s, ' + str(IN_FLIGHT) + ' in flight':28}" + "".join(f"{name:>10}" for name in rates)
    )
    for name in CONTENDERS:
        click.echo(f"{name:28}" + "".join(f"{column[name]:>10,}" for column in rates.values()))
    many = result["many"]
    click.echo(
        f"\n{many['requests']:,} requests: {many['requests_per_second']:,}/s, {many['mb_after_a_tenth']} MB after a "
        f"tenth, {many['mb_at_most']} MB at most; recorded answers {many['recorded_answers_per_second']:,}/s"
    )


if __name__ == "__main__":
    main()
