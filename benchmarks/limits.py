"""The engine under rate limits, against the official SDK and the capacity, in one run.

    python -m benchmarks.limits [--short] [--row TEXT] [--to benchmarks/results/limits.json]

Each row is a server with a limit, 64 calls in flight, and so many seconds from the first call; the server counts what
it answers and what it turns away (429). The SDK runs with its own defaults: its two retries, and then the next
request. Who was given up is counted by the clients. One row at a time: all of them share the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import openai
import psutil

from benchmarks.limited_server import Limit, limited_server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.runs import chat_model, run_params

from pipeline.engine import Engine, Message

IN_FLIGHT = 64
SECONDS, SHORT_SECONDS = 25.0, 8.0
TEN = tuple(f"m{number}" for number in range(10))
FOREVER = 1e9
# Bytes of a question where tokens are counted: a few long ones among many short ones.
SIZES = (400, 400, 800, 800, 1600, 4000)


class Row(msgspec.Struct):
    """``capacity`` is in answers a second, of ``models`` together by ``processes`` together."""

    name: str
    limit: Limit
    capacity: float
    models: tuple[str, ...] = ("m0",)
    processes: int = 1
    sizes: bool = False
    seconds: float = SECONDS
    least: float = SHORT_SECONDS


def stray(share: float, retry_after: float | None) -> Row:
    told = "no Retry-After" if retry_after is None else f"Retry-After {retry_after:g}"
    limit = Limit(latency=0.5, share=share, retry_after=retry_after)
    return Row(f"429 with probability {share:g}, {told}", limit, IN_FLIGHT / 0.5)


def bucket(rate: float, burst: float, latency: float, retry_after: float | None, **more: Any) -> Row:
    told = "no Retry-After" if retry_after is None else f"Retry-After {retry_after:g}"
    headers = more.pop("headers", False)
    limit = Limit(
        latency=latency, phases=((rate, FOREVER),), burst=burst, retry_after=retry_after, headers=headers
    )
    name = f"{rate:g}/s, burst {burst:g}, latency {latency:g} s, " + ("rate headers" if headers else told)
    return Row(name, limit, min(rate, IN_FLIGHT / latency), **more)


def changing(scale: float) -> Row:
    """50/s, then 5/s, then 200/s."""
    ends = (20 * scale, 40 * scale, 60 * scale)
    phases = ((50.0, ends[0]), (5.0, ends[1]), (200.0, FOREVER))
    limit = Limit(latency=0.2, phases=phases, burst=10, retry_after=1)
    return Row("50/s, then 5/s, then 200/s", limit, 85, seconds=ends[2], least=ends[2])


def rows(short: bool) -> list[Row]:
    tokens = Limit(latency=0.5, phases=((20_000, FOREVER),), burst=20_000, tokens=True, retry_after=1)
    a_request = sum(SIZES) / len(SIZES) / 4 + 30
    ten = Limit(latency=0.5, phases=((5, FOREVER),), burst=5, retry_after=1, only="m0")
    two = Limit(latency=0.5, phases=((50, FOREVER),), burst=10, retry_after=1)
    return [
        stray(0.002, 1),
        stray(0.02, 1),
        stray(0.10, 1),
        stray(0.10, None),
        stray(0.02, 10),
        bucket(50, 10, 0.5, 1),
        bucket(50, 10, 0.5, None),
        bucket(500, 100, 0.05, 1),
        bucket(5, 5, 2, 10, least=SECONDS),
        bucket(50, 100, 0.5, 1, headers=True),
        Row("20,000 tokens/s, requests of all sizes", tokens, 20_000 / a_request, sizes=True),
        changing(0.5 if short else 1.0),
        Row("two processes, one key, 50/s together", two, 50, processes=2),
        Row("ten models, one of them limited to 5/s", ten, IN_FLIGHT / 0.5, models=TEN),
    ]


@click.command()
@click.option("--short", is_flag=True, help=f"{SHORT_SECONDS:g} seconds a row instead of {SECONDS:g}.")
@click.option("--row", "wanted", default="", help="Only rows whose name contains this.")
@click.option("--to", default="benchmarks/results/limits.json", show_default=True, type=Path)
@click.option("--child", nargs=3, hidden=True, help="Asks in this process: CONTENDER URL ROW.")
def main(short: bool, wanted: str, to: Path, child: tuple[str, str, str] | None) -> None:
    if child:
        os.environ["OPENAI_API_KEY"] = "loopback"
        CONTENDERS[child[0]](child[1], msgspec.json.decode(child[2], type=Row))
        return
    results = json.loads(to.read_text(encoding="utf-8"))["rows"] if wanted and to.exists() else []
    for row in rows(short):
        if wanted in row.name:
            result = measure(row, row.least if short else row.seconds)
            results = [each for each in results if each["row"] != row.name] + [result]
            show(result)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(
        json.dumps({"in_flight": IN_FLIGHT, "short": short, "rows": results}, indent=1) + "\n",
        encoding="utf-8",
    )


def measure(row: Row, seconds: float) -> dict[str, Any]:
    """Answers a second, calls turned away and requests given up of both contenders, the capacity, and how busy the
    machine was meanwhile (load average of a minute, a core)."""
    result: dict[str, Any] = {"row": row.name, "capacity": round(row.capacity, 1), "seconds": seconds}
    for name in CONTENDERS:
        with limited_server(row.limit, seconds) as counts:
            given_up, share = run(name, counts.url, row, seconds)
        result[name] = {
            "a_second": round(counts.answered / seconds, 1),
            "turned_away": counts.turned_away,
            "turned_away_of_100": round(
                100 * counts.turned_away / max(counts.answered + counts.turned_away, 1), 1
            ),
            "given_up": given_up,
            "processor_share": share,
        }
    result["load_a_core"] = round(os.getloadavg()[0] / (os.cpu_count() or 1), 1)
    aim = min(row.capacity, result["openai SDK"]["a_second"])
    result["of_aim"] = round(result["this engine"]["a_second"] / aim, 2) if aim else None
    return result


def run(name: str, url: str, row: Row, seconds: float) -> tuple[int, float]:
    """Lets the contender ask for so many seconds, and says how many requests it gave up, and what share of a core
    it had."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.limits",
        "--child",
        name,
        url,
        msgspec.json.encode(row).decode(),
    ]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(row.processes)
    ]
    given_up, before, used = 0, 0.0, 0.0
    for child in children:
        assert child.stdout
        child.stdout.readline()
        before += sum(psutil.Process(child.pid).cpu_times()[:2])
    time.sleep(seconds + 1)
    for child in children:
        used += sum(psutil.Process(child.pid).cpu_times()[:2])
        child.kill()
        assert child.stdout
        given_up += child.stdout.read().count(b"given up")
        child.wait()
    return given_up, round((used - before) / (seconds + 1), 2)


def questions(row: Row) -> Iterator[tuple[str, str]]:
    """Model and text, without end; two processes ask different questions."""
    for number in itertools.count():
        size = SIZES[number % len(SIZES)] if row.sizes else 20
        yield row.models[number % len(row.models)], f"{os.getpid()} {number}".ljust(size, ".")


def by_engine(url: str, row: Row) -> None:
    models = {name: chat_model(url, model=name) for name in row.models}
    with tempfile.TemporaryDirectory(prefix="valact-limits-") as folder:
        params = run_params(Path(folder), models, concurrency=IN_FLIGHT, retries=5)
        with Engine(params, "benchmark") as engine:
            requests = (
                engine.request(model=name, messages=[Message("user", text)], subject=text[:20])
                for name, text in questions(row)
            )
            print("ready", flush=True)
            for _, response in engine.stream(requests):
                if response.status == "failed":
                    print("given up", flush=True)


def by_sdk(url: str, row: Row) -> None:
    async def ask() -> None:
        asked = questions(row)
        async with openai.AsyncOpenAI(base_url=url) as client:

            async def worker() -> None:
                for name, text in asked:
                    try:
                        await client.chat.completions.create(
                            model=name, messages=[{"role": "user", "content": text}]
                        )
                    except openai.OpenAIError:
                        print("given up", flush=True)

            print("ready", flush=True)
            await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))

    asyncio.run(ask())


CONTENDERS = {"this engine": by_engine, "openai SDK": by_sdk}


def show(result: dict[str, Any]) -> None:
    engine, sdk = (result[name] for name in CONTENDERS)
    click.echo(
        f"{result['row']:55} capacity {result['capacity']:6}  engine {engine['a_second']:6} SDK {sdk['a_second']:6}/s  "
        f"429: {engine['turned_away']:5} {sdk['turned_away']:5} ({engine['turned_away_of_100']:4} and "
        f"{sdk['turned_away_of_100']:4} of 100)  given up: {engine['given_up']} {sdk['given_up']}  "
        f"{result['of_aim']} of the aim  load {result['load_a_core']}"
    )


if __name__ == "__main__":
    main()
