"""The language model, and what it says of a few words at a time."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import spacy
from spacy.language import Language

from pipeline.masking.model import SPACY_MODEL

# Words on either side of the one that is asked about.
REACH = 8
PERSON = "PERSON"
_RUN = re.compile(r"\S+")
_ENDLESS = re.compile(r"\S{100,}+")


@functools.cache
def language_model() -> Language:
    """The model with its entity recogniser and what that stands on; the lemmatizer's lists can be read, no more."""
    return spacy.load(SPACY_MODEL, exclude=["tagger", "parser", "attribute_ruler"], disable=["lemmatizer"])


class Windows:
    """The surroundings of words in one text, by which the model tells names from other words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._runs = [match.span() for match in _RUN.finditer(text)]
        self._starts = [start for start, _ in self._runs]

    def around(self, start: int) -> tuple[int, int]:
        """Where the window around the word at ``start`` begins and ends."""
        at = bisect_right(self._starts, start) - 1
        return self._starts[max(0, at - REACH)], self._runs[min(len(self._runs) - 1, at + REACH)][1]

    def labels(self, starts: Sequence[int]) -> dict[int, str]:
        """The model's label ("PERSON", "ORG", ...) of the word at each place; "" for none.

        Windows that overlap are read as one, and each text by itself, so that the answer for a text does not
        depend on others.
        """
        joined: list[tuple[int, int]] = []
        for begin, end in sorted(self.around(start) for start in starts):
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        found, ordered = dict.fromkeys(starts, ""), sorted(starts)
        documents = language_model().pipe(_words_only(self._text[begin:end]) for begin, end in joined)
        for (begin, _), document in zip(joined, documents, strict=True):
            for entity in document.ents:
                first = bisect_left(ordered, begin + entity.start_char)
                for start in ordered[first : bisect_left(ordered, begin + entity.end_char)]:
                    found[start] = entity.label_
        return found


def _words_only(text: str) -> str:
    """The text with every endless run of characters as one word of its length, which is tokenized at once."""
    return _ENDLESS.sub(lambda match: "x" * len(match[0]), text)
