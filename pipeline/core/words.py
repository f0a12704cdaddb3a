"""The words of a text: how many there are, and how many two texts share."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

_COUNTED = re.compile(r"[^\W_]\S*")
_COMPARED = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def count_words(text: str) -> int:
    """Runs of non-space characters that hold at least one letter or digit."""
    return len(_COUNTED.findall(text))


def words(text: str) -> list[str]:
    """Lower-case words, for comparing texts."""
    return [word.lower().replace("’", "'") for word in _COMPARED.findall(text)]


def jaccard(x: AbstractSet[str], y: AbstractSet[str]) -> float:
    """Share of the words of two sets that are in both, 0 to 1; 0 where there are none."""
    return len(x & y) / len(x | y) if x or y else 0.0
