"""The checks of an action: each a named, boolean attribute, and a sentence for the ledger and the generator.

What holds for any action of a dataset (refusals, sentences, words that name the value) is ValAct's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.core.words import count_words, words
from pipeline.generate.checks import REFUSAL, count_sentences
from pipeline.generate.content import content
from pipeline.generate.naming import named_by
from pipeline.lens.params import Checks
from pipeline.values import Value

_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|myself|we|our|us)\b|\bI['’]", re.IGNORECASE)
# A word with a capital inside a sentence, most often a name, and what hangs on it.
_NAME = re.compile(r"(?<=[^.!?]\s)[A-Z][\w'’-]+")


def problems(value: Value, text: str, spans: Sequence[str], limits: Checks) -> dict[str, str]:
    """What is wrong with an action by the name of the failed check, in the order of ``tables.CHECKS``."""
    if not text:
        return {"present": "there is no action"}
    length, sentences = count_words(text), count_sentences(text)
    findings: dict[str, Callable[[], str | None]] = {
        "not_refusal": lambda: "it refuses instead of naming an action" if REFUSAL.search(text) else None,
        "one_sentence": lambda: f"it has {sentences} sentences instead of one" if sentences > 1 else None,
        "words_in_range": lambda: (
            None
            if limits.min_words <= length <= limits.max_words
            else f"it has {length} words, wanted are {limits.min_words} to {limits.max_words}"
        ),
        "first_person": lambda: None if _FIRST_PERSON.search(text) else "it is not told in the first person",
        "spans_verbatim": lambda: _strange_span(text, spans),
        "value_not_named": lambda: (
            f'it names its own value: "{word}"' if (word := named_by(value, text)) else None
        ),
    }
    return {name: problem for name, find in findings.items() if (problem := find())}


def same_matter(one: str, other: str) -> bool:
    """Whether two actions share a word of content."""
    return bool(content(one) & content(other))


def without_places(text: str, country: str) -> frozenset[str]:
    """The words of an action without its country and without names inside the sentence."""
    bare = _NAME.sub("", re.sub(re.escape(country), "", text, flags=re.IGNORECASE))
    return frozenset(words(bare))


def _strange_span(text: str, spans: Sequence[str]) -> str | None:
    if not spans:
        return "no span of it is given"
    strange = next((span for span in spans if not span.strip() or span not in text), None)
    return None if strange is None else f'the span "{strange}" does not stand in it as given'
