"""The paper's run at full size: 3,000 scenarios out of a synthetic dump, answered by loopback providers.

Runs `dvc repro release` on profiles/paper.yaml in a copy of the repository, with the real SDKs against servers that
answer with generated text, and records time and memory of every stage. Ends with an error unless 15,000
exactly balanced questions come out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from itertools import combinations
from pathlib import Path

import click
import polars as pl
import psutil

from benchmarks.synthetic import write_dump
from pipeline import params as settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from services.models import chat_server, dashscope_server  # noqa: E402
from services.project import copy_project, loopback_keys, run_environment  # noqa: E402


@click.command()
@click.option("--posts", default=200_000, show_default=True, help="Submissions in the dump.")
@click.option("--out", default="benchmarks/results/full_run.json", show_default=True, type=Path)
def main(posts: int, out: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="valact-full-run-") as folder:
        project = Path(folder) / "valact"
        copy_project(project, "paper")
        params = settings.load(ROOT / "profiles/paper.yaml")
        write_dump(project / "data/inputs/RS_synthetic.zst", posts, params)
        with chat_server() as chat, dashscope_server() as dashscope:
            environment = run_environment(project) | loopback_keys(chat.base_url, dashscope.base_url)
            stages = run(project, environment)
            calls = len(chat.bodies) + len(dashscope.bodies)
        result = {"posts": posts, "calls": calls, **check(project), "stages": stages}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def run(project: Path, environment: dict[str, str]) -> dict[str, dict[str, float]]:
    """Runs `dvc repro`; seconds and peak memory (MB, of the largest moment of its process tree) a stage."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "release"],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    stages: dict[str, dict[str, float]] = {}
    current = ["start"]
    watcher = threading.Thread(target=_watch, args=(process.pid, stages, current), daemon=True)
    watcher.start()
    begun = started
    assert process.stdout
    for line in process.stdout:
        if line.startswith("Running stage"):
            now = time.monotonic()
            stages.setdefault(current[0], {})["seconds"] = round(now - begun, 1)
            current[0], begun = line.split("'")[1], now
    stages.setdefault(current[0], {})["seconds"] = round(time.monotonic() - begun, 1)
    if process.wait():
        sys.exit("dvc repro failed; its errors are above")
    stages["all"] = {
        "seconds": round(time.monotonic() - started, 1),
        "peak_mb": max(stage.get("peak_mb", 0) for stage in stages.values()),
    }
    return stages


def check(project: Path) -> dict[str, object]:
    """What came out; ends the program unless the design is exactly balanced."""
    questions = pl.read_parquet(project / "data/assemble/questions.parquet")
    options = pl.read_parquet(project / "data/assemble/options.parquet")
    met: Counter[tuple[str, ...]] = Counter()
    for (_,), question in options.group_by(["question_id"]):
        met.update(combinations(sorted(question["value"]), 2))
    seats = Counter(options.select("value", "position").iter_rows())
    targets = Counter(questions["target_value"])
    positions = Counter(questions["target_position"])
    result = {
        "questions": questions.height,
        "pair_meetings": sorted(set(met.values())),
        "value_positions": sorted(set(seats.values())),
        "target_values": sorted(set(targets.values())),
        "target_positions": sorted(set(positions.values())),
    }
    expected = {
        "questions": 15_000,
        "pair_meetings": [2000],
        "value_positions": [1500],
        "target_values": [1500],
        "target_positions": [3750],
    }
    if result != expected:
        sys.exit(f"not the design of 15,000 balanced questions: {result}")
    return result


def _watch(pid: int, stages: dict[str, dict[str, float]], current: list[str]) -> None:
    tree = psutil.Process(pid)
    while tree.is_running():
        memory = 0
        for process in [tree, *tree.children(recursive=True)]:
            try:
                memory += process.memory_info().rss
            except psutil.Error:
                continue
        stage = stages.setdefault(current[0], {})
        stage["peak_mb"] = max(stage.get("peak_mb", 0), round(memory / 1e6))
        time.sleep(0.2)


if __name__ == "__main__":
    main()
