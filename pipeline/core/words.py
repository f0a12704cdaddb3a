"""The words of a text: how many there are, and how many two texts share."""

from __future__ import annotations

import re

_COUNTED = re.compile(r"[^\W_]\S*")
_COMPARED = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def count_words(text: str) -> int:
    """Runs of non-space characters that hold at least one letter or digit."""
    return sum(1 for _ in _COUNTED.finditer(text))


def words(text: str) -> list[str]:
    """Lower-case words, for comparing texts."""
    return [word.lower().replace("’", "'") for word in _COMPARED.findall(text)]


def similarity(a: str, b: str) -> float:
    """Jaccard similarity of two texts' sets of words, 0 to 1."""
    x, y = set(words(a)), set(words(b))
    return len(x & y) / len(x | y) if x or y else 0.0
