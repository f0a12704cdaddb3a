"""A run that is killed again and again, at random moments, and what has to hold after each kill.

Children answer the same requests through the engine, against a real server, until a `kill -9`; the last one
finishes. The server counts what it was asked, and the store is compared with that.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from pipeline.engine import Engine
from pipeline.engine.budget import bill
from pipeline.engine.prices import price_of
from pipeline.engine.store import Store
from pipeline.params import Params
from services.chat import ChatServer
from services.runs import ask, chat_model, run_params

TESTS = Path(__file__).resolve().parent.parent
MODEL = "gpt-4o-2024-08-06"
CONCURRENCY = 64
# What the server bills for each call: 11 tokens in, 3 of them cached, 7 out.
BILLED = (11, 3, 7)


def run(folder: Path, requests: int, kills: int, seed: int = 1) -> dict[str, float]:
    """Kills ``kills`` children, lets one finish, and gives the counts. AssertionError where anything recorded was
    lost, asked twice or miscounted."""
    dice, started, most_lost = random.Random(seed), time.monotonic(), 0
    with ChatServer() as server:
        with Engine(_params(folder, server.base_url), "judge") as engine:
            keys = {f"q{n}": ask(engine, f"q{n}").key for n in range(requests)}
        for kill in range(kills + 1):
            before, asked_before = _recorded(folder, keys), len(server.bodies)
            process = subprocess.Popen(
                [sys.executable, "-m", "services.kills", str(folder), server.base_url, str(requests)],
                cwd=TESTS,
                stderr=subprocess.DEVNULL,
            )
            if kill < kills:
                # Between its first call and, on average, its share of the work.
                share = (requests - len(before)) / (kills + 1 - kill)
                _wait(process, server, asked_before + 1 + dice.random() * 2 * share)
                process.send_signal(signal.SIGKILL)
            process.wait()
            asked = {_question(body) for body in server.bodies[asked_before:]}
            recorded = _recorded(folder, keys)
            lost = asked - recorded
            assert not before & asked, "a recorded answer was asked for again"
            assert before <= recorded, "a recorded answer was lost"
            assert len(lost) <= CONCURRENCY, "more was lost than the calls in the air"
            most_lost = max(most_lost, len(lost))
        counts = Counter(_question(body) for body in server.bodies)
    assert len(recorded) == requests
    store = Store(folder / "store.sqlite")
    rows = store.spend()
    assert not list(store.rows("SELECT key FROM air"))
    store.close()
    # What was in the air at a kill may or may not have reached the server; it counts as the most it may have used.
    calls, unmetered = sum(row.calls for row in rows), sum(row.unmetered for row in rows)
    assert calls - unmetered == requests
    assert counts.total() <= calls <= requests + kills * CONCURRENCY
    assert bill(rows).amount >= counts.total() * price_of("openai", MODEL).cost(*BILLED)
    return {
        "requests": requests,
        "kills": kills,
        "concurrency": CONCURRENCY,
        "calls": counts.total(),
        "repeated": counts.total() - requests,
        "most_lost_by_one_kill": most_lost,
        "calls_in_the_ledger": calls,
        "seconds": round(time.monotonic() - started, 1),
    }


def _child(folder: Path, url: str, requests: int) -> None:
    with Engine(_params(folder, url), "judge") as engine:
        for _ in engine.stream(ask(engine, f"q{n}") for n in range(requests)):
            pass


def _params(folder: Path, url: str) -> Params:
    return run_params(folder, {"m": chat_model(url, model=MODEL)}, concurrency=CONCURRENCY)


def _wait(process: subprocess.Popen[bytes], server: ChatServer, calls: float) -> None:
    while len(server.bodies) < calls and process.poll() is None:
        time.sleep(0.001)


def _question(body: dict) -> str:
    return body["messages"][0]["content"]


def _recorded(folder: Path, keys: dict[str, str]) -> set[str]:
    store = Store(folder / "store.sqlite")
    found = store.find(keys.values())
    store.close()
    recorded = {text for text, key in keys.items() if key in found}
    assert all(found[keys[text]].text == f"answer to {text}" for text in recorded)
    return recorded


if __name__ == "__main__":
    os.environ["OPENAI_API_KEY"] = "loopback"
    _child(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
