"""`valact` in a project; what its `cost` and `spend` say, by stage: calls and dollars."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# Of each line or row: stage, calls, dollars; of an estimate also the most of both.
ESTIMATE = """
import json, sys
from pipeline import recipe
from pipeline.cost.estimate import estimate
own = recipe.named(sys.argv[1])
print(json.dumps([[line.stage, line.calls, float(line.cost or 0), line.most, float(line.most_cost or 0)]
    for line in estimate(own.load(), recipe=own).lines if line.stage not in sys.argv[2:]]))
"""
SPENT = """
import json, sys
from contextlib import closing
from pipeline import recipe
from pipeline.engine import prices
from pipeline.engine.store import Store
settings = recipe.named(sys.argv[1]).load()
book = prices.Book(settings.models)
with closing(Store(settings.responses.store)) as store:
    rows = store.spend()
found = [(row, book.of(row.provider, row.model)) for row in rows]
print(json.dumps([[row.stage, row.calls,
    float(price.cost(row.input_tokens, row.cached_tokens, row.output_tokens, row.batch)) if price else 0.0]
    for row, price in found]))
"""
VALACT = ("-c", "from pipeline.cli import main; main()")
Sums = dict[str, dict[str, float]]


def valact(project: Path, environment: dict[str, str], *arguments: str) -> None:
    """Runs the command; SystemExit with what it said where it fails."""
    done = subprocess.run(
        [sys.executable, *VALACT, *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"valact {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


def estimated(project: Path, environment: dict[str, str], recipe: str, *without: str) -> Sums:
    """The estimate of the run ahead, without these stages."""
    rows = _json(project, environment, ESTIMATE, recipe, *without)
    return _by_stage(rows, "calls", "usd", "calls_at_most", "usd_at_most")


def spent(project: Path, environment: dict[str, str], recipe: str) -> Sums:
    """What the store says was used."""
    return _by_stage(_json(project, environment, SPENT, recipe), "calls", "usd")


def _json(project: Path, environment: dict[str, str], script: str, *arguments: str) -> list[list[Any]]:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def _by_stage(rows: list[list[Any]], *names: str) -> Sums:
    sums: Sums = {}
    for stage, *numbers in rows:
        mine = sums.setdefault(stage, dict.fromkeys(names, 0))
        for name, number in zip(names, numbers, strict=True):
            mine[name] = round(mine[name] + number, 2)
    return sums
