"""What a full-size archive takes on 1, 16 and 256 cores, computed from rates that were measured.

    VALACT_REFERENCE_DIR=... python -m benchmarks.scale --measure    # the filter's rates, on real posts
    python -m benchmarks.scale                                       # the table of docs/scale.md

Rates are of processor seconds on one core: of the scan from ``archive.json``, of masking from ``masking.json``, of the
search for near-duplicates from ``duplicates.json``; those of the filter are measured here, step by step.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import params as settings
from pipeline.core.processes import Processes
from pipeline.filter.rule import TextRule, in_order
from pipeline.filter.rules import RULES
from pipeline.filter.screen import MEMORY, _with_texts
from pipeline.params import Params
from pipeline.reddit.post import Rejected, normalise
from pipeline.tables import Posts, conform

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results"
FILE = RESULTS / "scale.json"
CORES = (1, 16, 256)
# The task: compressed bytes of submissions in so many files, posts in the wanted subreddits, candidates to be masked.
BYTES, FILES, POSTS, MASKED = 10**12, 60, 20_000_000, 200_000
# US dollars for an hour of one core of a rented machine: an assumption, and no price of anybody's.
CORE_HOUR = 0.05


def rates() -> dict[str, float]:
    """Units a processor second: bytes of the scan, posts of everything else."""
    read = {
        name: json.loads((RESULTS / f"{name}.json").read_text())
        for name in ("archive", "masking", "duplicates")
    }
    seconds = statistics.median(one["scan"]["cpu_seconds"] for one in read["archive"]["rounds"])
    found = read["duplicates"]["sieve"]
    return {
        "scan": read["archive"]["compressed_bytes"] / seconds,
        "filter": json.loads(FILE.read_text())["posts_a_second"],
        "near-duplicates": found["posts"] / found["processor_seconds"],
        "masking": read["masking"]["speed"]["masking"],
    }


def hours(rate: dict[str, float], cores: int) -> dict[str, float]:
    """Hours of each step. A file is read by one core; near-duplicates are searched for by one."""
    return {
        "scan": BYTES / rate["scan"] / min(cores, FILES) / 3600,
        "filter": POSTS / rate["filter"] / cores / 3600,
        "near-duplicates": POSTS / rate["near-duplicates"] / 3600,
        "masking": MASKED / rate["masking"] / cores / 3600,
    }


def table() -> str:
    """The table of docs/scale.md."""
    rate = rates()
    unit = {"scan": f"{rate['scan'] / 1e6:.1f} MB/s"} | {
        name: f"{rate[name]:,.0f} posts/s" for name in rate if name != "scan"
    }
    found = [hours(rate, cores) for cores in CORES]
    lines = [
        "| step | a core | "
        + " | ".join(f"{cores} core{'s' if cores > 1 else ''}" for cores in CORES)
        + " |",
        "| --- | --- | " + " | ".join("---" for _ in CORES) + " |",
    ]
    lines += [
        f"| {name} | {unit[name]} | " + " | ".join(f"{one[name]:.2f} h" for one in found) + " |"
        for name in rate
    ]
    total = [sum(one.values()) for one in found]
    money = [hour * cores * CORE_HOUR for hour, cores in zip(total, CORES, strict=True)]
    lines.append("| together | | " + " | ".join(f"{hour:.1f} h" for hour in total) + " |")
    lines.append(
        "| cores rented meanwhile | | " + " | ".join(f"{amount:,.2f} USD" for amount in money) + " |"
    )
    return "\n".join(lines)


def posts(reference: Path) -> list[dict[str, Any]]:
    """Real posts with their texts."""
    csv.field_size_limit(2**24)
    with (reference / "reddit/personalfinance_2023.csv").open(encoding="utf-8") as file:
        raw = [
            row | {"id": f"row{number}", "is_self": True} for number, row in enumerate(csv.DictReader(file))
        ]
    found = (normalise(record) for record in raw)
    return [row for row in found if not isinstance(row, Rejected) and row["body"]]


def widened(subreddits: list[str]) -> Params:
    raw = settings.load(ROOT / "profiles/paper.yaml").model_dump(mode="json")
    raw["categories"] = {"Reference": subreddits}
    return settings.parse(raw, where="benchmark")


def measure(reference: Path) -> dict[str, Any]:
    """Texts and every rule about texts, by one process."""
    rows = posts(reference)
    params = widened(sorted({row["subreddit"] for row in rows}))
    frame = conform(Posts, pl.DataFrame(rows, schema=Posts.create_empty().schema), where="benchmark")
    seconds: dict[str, float] = {}
    for _, rule in in_order(RULES.items()):
        if isinstance(rule, TextRule):
            rule.find("Should I stay? " * 20, params)  # what it needs is loaded
    with Processes("filter", least=10**9, memory=MEMORY, at_a_time=1) as processes:
        began = time.process_time()
        texts, _ = _with_texts(frame.lazy(), params, processes)
        seconds["texts"] = time.process_time() - began
    for name, rule in in_order(RULES.items()):
        if isinstance(rule, TextRule):
            began = time.process_time()
            for text in texts["text"]:
                rule.find(text, params)
            seconds[name] = time.process_time() - began
    return {
        "posts": texts.height,
        "load": round(os.getloadavg()[0], 1),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "posts_a_second": round(texts.height / sum(seconds.values()), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        found = measure(Path(os.environ["VALACT_REFERENCE_DIR"]))
        FILE.write_text(json.dumps(found, indent=1) + "\n")
    print(table())


if __name__ == "__main__":
    main()
