"""How much of each second half stands in each continuation: runs of words, those that were given left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.probe.halves import Text

# Placeholders of masked personal data stand for other words in every copy of the text.
_PLACEHOLDER = re.compile(r"\[[A-Z_ ]+\]")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
Runs = frozenset[tuple[str, ...]]
Matrix = NDArray[np.float64]


def runs(text: str, length: int) -> Runs:
    """Every run of so many words, whatever their case and what stands between them; none runs over a placeholder."""
    found: set[tuple[str, ...]] = set()
    for part in _PLACEHOLDER.split(text):
        words = _WORD.findall(part.casefold().replace("’", "'"))
        found.update(zip(*(words[at:] for at in range(length)), strict=False))
    return frozenset(found)


def shares(texts: Sequence[Text], continuations: Sequence[str], length: int) -> Matrix:
    """Share of the runs of each second half (column) that stand in each continuation (row), shape (n, n). What a
    continuation repeats of the half that was given is no part of it. A half without any run is shared by none."""
    written = [
        runs(said, length) - runs(text.first, length) for text, said in zip(texts, continuations, strict=True)
    ]
    halves = [runs(text.second, length) for text in texts]
    return np.array(
        [[len(mine & half) / len(half) if half else 0.0 for half in halves] for mine in written], dtype=float
    ).reshape(len(texts), len(texts))
