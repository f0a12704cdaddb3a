"""A month's bill: four processes on one store, every fault that a server knows, kills and Ctrl-C, and then the sum.

The server counts what every call really used, whether or not its answer was heard or said so. The ledger must never be
below that, and above it by no more than what was in the air when a process ended, and what calls of which nobody
said the cost were taken for.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiohttp import web

from pipeline.core.errors import ValActError
from pipeline.engine import Engine
from pipeline.engine.budget import bill
from pipeline.engine.prices import price_of
from pipeline.engine.store import Store
from pipeline.params import Params
from services.chat import ChatServer, completion
from services.loopback import hang_up
from services.runs import ask, chat_model, run_params

TESTS = Path(__file__).resolve().parent.parent
MODEL = "gpt-4o-2024-08-06"
CONCURRENCY = 16
PROCESSES = 4
LONGEST = 400
PRICE = price_of("openai", MODEL)
# Usage that cannot be, as servers have sent it.
ODD = (
    {"prompt_tokens": -5, "completion_tokens": -1000},
    {"prompt_tokens": 2**63, "completion_tokens": 2**63},
    None,
)


class Biller(ChatServer):
    """Answers at random, well or badly, and keeps the bill: ``used`` dollars, ``billed`` calls by question."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.dice = random.Random(seed)
        self.used = Decimal(0)
        self.billed: Counter[str] = Counter()
        self.unsaid = 0

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        luck = self.dice.random()
        if luck < 0.02:
            return web.json_response(
                {"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "0.1"}
            )
        if luck < 0.03:
            return web.json_response({"error": {"message": "oops"}}, status=500)
        question = body["messages"][-1]["content"]
        input_tokens, output_tokens = 5 + len(question) // 4, self.dice.randint(5, LONGEST // 2)
        assert PRICE is not None
        self.used += PRICE.cost(input_tokens, 0, output_tokens)
        self.billed[question] += 1
        if luck < 0.04:
            self.unsaid += 1
            hang_up(request)
            return web.Response()
        if luck < 0.045:
            self.unsaid += 1
            return web.Response(body=b"<html>busy</html>", content_type="application/json")
        answer = completion(body, {"text": f"answer to {question}"})
        answer["usage"] = {"prompt_tokens": input_tokens, "completion_tokens": output_tokens}
        if luck < 0.06:
            self.unsaid += 1
            answer["usage"] = self.dice.choice(ODD)
        return web.json_response(answer)


def run(folder: Path, requests: int, ends: int, seed: int = 1, cap: Decimal | None = None) -> dict[str, Any]:
    """Starts processes that want the same answers, ends ``ends`` of them at random moments (a third by Ctrl-C), and
    lets the last ones finish. AssertionError where the ledger is not what it has to be."""
    dice, started = random.Random(seed), time.monotonic()
    with Biller(seed) as server:
        children: list[subprocess.Popen[bytes]] = []
        left, killed, interrupted = ends, 0, 0
        while left or children:
            while len(children) < PROCESSES and left:
                children.append(_start(folder, server.base_url, requests, cap))
                left -= 1
                after = len(server.bodies) + 1 + dice.random() * 2 * requests / (ends + 1)
                _wait(children, server, after)
                victim = children.pop(dice.randrange(len(children)))
                is_kill = dice.random() < 2 / 3
                killed, interrupted = killed + is_kill, interrupted + (not is_kill)
                victim.send_signal(signal.SIGKILL if is_kill else signal.SIGINT)
                victim.wait()
            last = [_start(folder, server.base_url, requests, cap) for _ in range(PROCESSES)]
            for child in [*children, *last]:
                child.wait()
            children = []
        used, billed, unsaid = server.used, server.billed.copy(), server.unsaid
    result = _compare(folder, requests, used, billed, unsaid, killed + interrupted, cap)
    return {
        "requests": requests,
        "processes": PROCESSES,
        "killed": killed,
        "interrupted": interrupted,
        **result,
        "seconds": round(time.monotonic() - started, 1),
    }


def _compare(
    folder: Path,
    requests: int,
    used: Decimal,
    billed: Counter[str],
    unsaid: int,
    ends: int,
    cap: Decimal | None,
) -> dict[str, Any]:
    # Whoever comes next finds what the dead have left.
    with Engine(_params(folder, "http://127.0.0.1:9/v1", None), "judge") as engine:
        engine._register.recover()
    store = Store(folder / "store.sqlite")
    rows = store.spend()
    answers = next(store.rows("SELECT count(*) FROM answers"))[0]
    in_the_air = next(store.rows("SELECT count(*) FROM air"))[0]
    store.close()
    ledger, calls = bill(rows).amount, sum(row.calls for row in rows)
    assert PRICE is not None
    most = PRICE.cost(2000, 0, LONGEST)
    assert in_the_air == 0, "calls of processes that are no more are still in the air"
    assert used <= ledger, f"the server counted {used}, the ledger {ledger}"
    assert billed.total() <= calls <= billed.total() + ends * CONCURRENCY, "more calls than were in the air"
    assert ledger <= used + (ends * CONCURRENCY + unsaid) * most, "more than the calls in the air could use"
    if cap is None:
        assert answers >= requests * 0.98, f"only {answers} of {requests} answered"
        again = billed.total() - len(billed)
        assert again <= ends * CONCURRENCY + unsaid, "answers were bought twice"
    else:
        assert used <= cap + PROCESSES * most, f"the cap of {cap} was passed: {used}"
    return {
        "billed_calls": billed.total(),
        "ledger_calls": calls,
        "answers": answers,
        "bought_again": billed.total() - len(billed),
        "used_usd": str(round(used, 4)),
        "ledger_usd": str(round(ledger, 4)),
        "cap_usd": None if cap is None else str(cap),
    }


def _start(folder: Path, url: str, requests: int, cap: Decimal | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "services.bill", str(folder), url, str(requests), str(cap or "")]
    return subprocess.Popen(command, cwd=TESTS, stderr=subprocess.DEVNULL)


def _wait(children: list[subprocess.Popen[bytes]], server: ChatServer, calls: float) -> None:
    until = time.monotonic() + 60
    while len(server.bodies) < calls and time.monotonic() < until:
        if all(child.poll() is not None for child in children):
            return
        time.sleep(0.005)


def _child(folder: Path, url: str, requests: int, cap: Decimal | None) -> None:
    with Engine(_params(folder, url, cap), "judge") as engine:
        for _ in engine.stream(ask(engine, f"q{n}") for n in range(requests)):
            pass


def _params(folder: Path, url: str, cap: Decimal | None) -> Params:
    models = {"m": chat_model(url, model=MODEL, max_tokens=LONGEST)}
    return run_params(folder, models, concurrency=CONCURRENCY, retries=5, budget_usd=cap)


if __name__ == "__main__":
    os.environ["OPENAI_API_KEY"] = "loopback"
    try:
        _child(
            Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Decimal(sys.argv[4]) if sys.argv[4] else None
        )
    except (KeyboardInterrupt, ValActError):
        sys.exit(1)
