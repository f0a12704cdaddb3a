"""Masking: what it finds in labelled real posts, and how many posts a processor second it masks.

    VALACT_REFERENCE_DIR=... python -m benchmarks.masking [--to benchmarks/results/masking.json]

The posts are the 400 of ``tests/data/names.jsonl``; figures are given for the half that was looked at while the masker
was made and for the one that was held back, with Wilson intervals of 95 %. Speed is compared in one run with the
language model's entity recogniser over whole texts in batches of sixteen, which is what finding names took before the
lists; masking all kinds of personal data, not names alone, is what is timed against it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from services.labelled_names import compare, labelled

from pipeline.masking.mask import mask
from pipeline.masking.people.find import find_people
from pipeline.masking.people.model import language_model
from pipeline.params.posts import Masking
from pipeline.statistics.intervals import wilson

ROUNDS = 3


def agreement(reference: Path, half: str) -> dict[str, object]:
    """Recall, precision and the share of posts that keep a name, each with its interval and counts."""
    result = compare(labelled(reference, half), find_people)
    mentions = result.found + len(result.missed)
    finds = result.right + len(result.wrong)
    return {
        "posts": result.posts,
        "recall": _share(result.found, mentions),
        "precision": _share(result.right, finds),
        "posts with a name left": _share(len(result.left), result.posts),
        "missed": sorted(set(result.missed)),
    }


def speed(texts: list[str]) -> dict[str, float]:
    """Posts a processor second, in rounds that take turns; the best of each."""
    masking, model = Masking(), language_model()
    ways: dict[str, Callable[[], object]] = {
        "masking": lambda: [mask(text, masking) for text in texts],
        "names only": lambda: [find_people(text) for text in texts],
        "the model over whole texts": lambda: list(model.pipe(texts, batch_size=16)),
    }
    best = dict.fromkeys(ways, 0.0)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            best[name] = max(best[name], len(texts) / (time.process_time() - began))
    return {name: round(rate, 1) for name, rate in best.items()}


def _share(count: int, n: int) -> dict[str, float | int]:
    figure = wilson(count, n)
    return {"share": round(count / n, 4), "low": round(figure.low, 4), "high": round(figure.high, 4), "n": n}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--to", type=Path)
    arguments = parser.parse_args()
    folder = os.environ.get("VALACT_REFERENCE_DIR")
    if not folder:
        print("VALACT_REFERENCE_DIR is not set: there are no labelled posts here")
        return
    reference = Path(folder)
    texts = [post.text for half in ("work", "held") for post in labelled(reference, half)]
    mask(texts[0], Masking())
    found = {half: agreement(reference, half) for half in ("work", "held")} | {"speed": speed(texts)}
    text = json.dumps(found, indent=1)
    print(text)
    if arguments.to:
        arguments.to.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
