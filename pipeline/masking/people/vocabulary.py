"""What a capitalised word may be besides a name: an ordinary English word, by WordNet's lists in the language model."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from spacy.pipeline import Lemmatizer

from pipeline.core.invariants import InvariantError
from pipeline.masking.people.lists import words
from pipeline.masking.people.model import language_model

# Endings of inflected words and what stands in their place in the list.
_ENDINGS = (
    ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("d", ""), ("ing", ""), ("ing", "e"),
    ("er", ""), ("er", "e"), ("est", ""), ("ly", ""), ("ness", ""), ("less", ""), ("ful", ""),
)  # fmt: skip
_BEGINNINGS = ("un", "non", "re", "over", "under", "pre", "mis", "anti", "co", "up")
LEAST_STEM = 3
_LENGTHENED = re.compile(r"(.)\1{2,}")


@functools.cache
def is_ordinary(word: str) -> bool:
    """Whether a lower-case word is in the dictionary, as it stands or inflected, or known to be no name."""
    known = _dictionary()
    word = _LENGTHENED.sub(r"\1", word)
    # "I've", "o'clock": what an apostrophe joins is no name unless its parts are.
    if "'" in word and len(word.partition("'")[2]) <= 2 and not word.startswith(("o'", "d'")):
        return True
    if word in known or word in words("not_names"):
        return True
    if "-" in word:
        return all(is_ordinary(part) for part in word.split("-"))
    return any(stem in known for stem in (*_stems(word), *_doubled(word))) or any(
        is_ordinary(word.removeprefix(start))
        for start in _BEGINNINGS
        if word.startswith(start) and len(word) >= len(start) + 4
    )


def _stems(word: str) -> Iterator[str]:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            yield word.removesuffix(ending) + instead


def _doubled(word: str) -> Iterator[str]:
    """ "stopped", "running": the stem without its doubled consonant."""
    for ending in ("ed", "ing", "er"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > LEAST_STEM and stem[-1] == stem[-2]:
            yield stem[:-1]


@functools.cache
def _dictionary() -> frozenset[str]:
    lemmatizer = language_model().get_pipe("lemmatizer")
    if not isinstance(lemmatizer, Lemmatizer):
        raise InvariantError("the language model has no lemmatizer, and so no dictionary")
    lookups = lemmatizer.lookups
    index, exceptions = lookups.get_table("lemma_index"), lookups.get_table("lemma_exc")
    listed = {word for part in index for word in index[part]}
    return frozenset(
        listed
        | {word for part in exceptions for word in exceptions[part]}
        | language_model().Defaults.stop_words
    )
