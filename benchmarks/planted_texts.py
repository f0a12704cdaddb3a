"""Planted effects in texts: posts that a model recites, and values that a translation loses."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from pipeline.probe.excess import excesses, mean, permutation_p
from pipeline.probe.halves import Text, cut
from pipeline.probe.likeness import shares
from pipeline.translate.findings import checks

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.translated import readings

TEXTS, WORDS, RUN = 60, 90, 3
# What many posts have in common, so that no similarity is zero by construction.
STOCK = ("what should i do now", "i really do not know", "my family thinks that i", "is it wrong of me")
NOUNS = np.array(
    [f"{a}{b}" for a in ("bar", "cam", "dol", "fen", "gor", "hul") for b in ("ado", "ine", "urt")]
)
SCENARIOS = 40
Found = tuple[float, float, float, float]


def probe(rng: np.random.Generator, effect: float) -> Found:
    """A model that has a share ``effect`` of the posts by heart, and goes on with the others as anybody might."""
    texts = [Text(f"s{n}", "C", *cut(_prose(rng, 2 * WORDS))) for n in range(TEXTS)]
    recited = [text.second for text in texts]
    knows = rng.random(TEXTS) < effect
    said = [one if known else _prose(rng, WORDS) for one, known in zip(recited, knows, strict=True)]
    matrix = shares(texts, said, RUN)
    found = mean(excesses(matrix), 0.95)
    truth = effect * float(excesses(shares(texts, recited, RUN)).mean()) if effect else 0.0
    p = permutation_p([matrix], int(rng.integers(1 << 30)))
    return (found.low, found.high, p, truth) if found else (float("nan"), float("nan"), p, truth)


def translation(rng: np.random.Generator, effect: float) -> Found:
    """Actions of which a reader recognises a share ``effect`` less in the other language; scenarios differ."""
    translations, found = readings(rng, effect, SCENARIOS)
    row = checks(translations, found, 0.95).row(0, named=True)
    # The interval is the test.
    p = 1.0 if row["low"] <= 0 <= row["high"] else 0.0
    return row["low"], row["high"], p, -effect


def _prose(rng: np.random.Generator, words: int) -> str:
    parts: list[str] = []
    while len(parts) < words:
        parts += [str(rng.choice(STOCK))] if rng.random() < 0.15 else [str(rng.choice(NOUNS))]
    return " ".join(parts)
