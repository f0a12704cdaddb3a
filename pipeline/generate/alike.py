"""Near-doublets: two actions of different values that a reader could not tell apart by what is done.

Either they share half of their words, or their acts are the same and only what is said of the motive differs
("Apologise to both, showing maturity" and "Apologise to both, acknowledging how they saw it"). Figures on 6,000 real
actions are in benchmarks/README.md.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.core.words import jaccard, words
from pipeline.generate.content import REMEMBERED, content

# What follows the act: a participle, a clause of reason, a purpose.
_MOTIVE = re.compile(
    r",\s+(?:(?:thereby|thus)\s+)?[a-z]+ing\b.*|[,;]?\s+(?:while|so that|which|because|in order to)\b.*"
    r"|\s+to (?:ensure|show|demonstrate|enjoy|experience|maintain|gain|promote|avoid|feel|honou?r)\b.*",
    re.DOTALL,
)
# Share of the content words of two acts from which they are one, and how many they must share at least.
SAME_ACT, LEAST_SHARED = 0.75, 4


def alike(a: str, b: str, max_similarity: float) -> bool:
    """Whether two actions say the same; with 1, only where all words are."""
    (all_of_one, one), (all_of_other, other) = _words(a), _words(b)
    if jaccard(all_of_one, all_of_other) >= max_similarity:
        return True
    if max_similarity == 1:
        return False
    shared = len(one & other)
    return shared >= LEAST_SHARED and shared >= SAME_ACT * len(one | other)


@lru_cache(REMEMBERED)
def _words(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """All words of an action, and the content words of what is done."""
    return frozenset(words(text)), content(act(text))


def act(text: str) -> str:
    """An action without what it says of its motive."""
    return _MOTIVE.sub("", text)
