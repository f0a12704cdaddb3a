"""The words of a text that carry content, without their endings: for comparing what texts are about."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise

from pipeline.core.words import words

_ENDINGS = ("ingly", "ments", "ment", "ing", "ies", "ied", "edly", "ed", "es", "ly", "s", "e", "y")
_LEAST = 4  # letters that are left
# Texts whose words are remembered: each action is compared with all others of its scenario, and with its post.
REMEMBERED = 4096


@lru_cache(REMEMBERED)
def content(text: str) -> frozenset[str]:
    """Stems of the words that are no function words."""
    function_words = _function_words()
    return frozenset(stem(word) for word in words(text) if word not in function_words)


@lru_cache(REMEMBERED)
def phrases(text: str) -> frozenset[tuple[str, str]]:
    """Stems of each two words side by side that are both no function words."""
    function_words, found = _function_words(), words(text)
    return frozenset(
        (stem(one), stem(other))
        for one, other in pairwise(found)
        if one not in function_words and other not in function_words
    )


def stem(word: str) -> str:
    """The word without a common ending: "apologising" and "apologised" are one."""
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and not word.endswith(("ss", "us")) and len(word) - len(ending) >= _LEAST:
            return word.removesuffix(ending)
    return word


@cache
def _function_words() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)
