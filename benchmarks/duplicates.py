"""Near-duplicates among very many posts: memory above that of the posts, and the same result as comparing all of them.

    python -m benchmarks.duplicates [--posts 1000000] [--check 20000] [--only large]

Posts are drawn, one in fifty a light edit of an earlier one; they are made as they are looked at, so that memory is
that of the search. Those that are many have 20 to 40 words, because the hashes of a post take the same room whatever
its length; the others, whose result is checked and whose rate is measured, 80 to 160. Each runs in a process of its
own; processor seconds are those of one core.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.filter import duplicates
from pipeline.params.posts import NearDuplicates

RESULT = Path(__file__).parent / "results/duplicates.json"
WORDS = np.array([f"w{number:x}" for number in range(20_000)])
COPIES = 50


class Posts(Collection[tuple[str, str]]):
    """So many posts of ``least`` to twice as many words; the same ones whenever they are gone through."""

    def __init__(self, count: int, least: int) -> None:
        self._count, self._least = count, least

    def __len__(self) -> int:
        return self._count

    def __contains__(self, row: object) -> bool:
        return any(row == other for other in self)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for number in range(self._count):
            copied = number % COPIES == COPIES - 1
            dice = np.random.Generator(np.random.SFC64(number // 2 if copied else number))
            words = WORDS[dice.integers(0, len(WORDS), dice.integers(self._least, 2 * self._least))]
            if copied:
                words[number % len(words)] = "edited"
            yield f"p{number}", " ".join(words)


def measured(posts: int, least: int, everything: bool, to: Any) -> None:
    """Peak memory (MB) above that of a process that has loaded it all, processor seconds, and what was found."""
    settings = NearDuplicates()
    duplicates.find_duplicates([("a", "some words"), ("b", "others")], settings)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    find = duplicates._compare if everything else duplicates.find_duplicates
    found = find(Posts(posts, least), settings)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    to.put(
        (
            {"posts": posts, "megabytes": (peak - before) // 1024, "processor_seconds": round(seconds, 1)},
            found,
        )
    )


def run(posts: int, least: int, everything: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=measured, args=(posts, least, everything, queue))
    process.start()
    result = queue.get()
    process.join()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--check", type=int, default=20_000)
    parser.add_argument("--only", choices=["large", "check"], help="the other figures stay as they are")
    options = parser.parse_args()
    results = json.loads(RESULT.read_text()) if options.only and RESULT.exists() else {}
    results["load"] = round(os.getloadavg()[0], 1)
    if options.only != "large":
        (one, found), (other, expected) = run(options.check, 80), run(options.check, 80, everything=True)
        assert found == expected, "the sieve lost or made a pair"
        results |= {"sieve": one | {"found": len(found)}, "all_compared": other | {"found": len(expected)}}
    if options.only != "check":
        large, many = run(options.posts, 20)
        results["large"] = large | {"found": len(many)}
    RESULT.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
