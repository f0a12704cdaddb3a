"""The checks of an action: each a named, boolean attribute, and a sentence that says what is wrong.

The sentence goes to the ledger and, in a repair request, to the generator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from pipeline.core.words import count_words, words
from pipeline.generate.alike import alike
from pipeline.generate.naming import named_by
from pipeline.generate.specific import takes_up
from pipeline.params.build import Checks
from pipeline.values import Value

if TYPE_CHECKING:
    from spacy.language import Language

REFUSAL = re.compile(
    r"^\W*(?:i(?:'m| am) (?:sorry|unable|not able)|i can(?:no|')t\b|i won't\b|i will not\b|as an ai\b|sorry,)"
    r"|\bas an ai (?:language )?model\b|\bi (?:can(?:no|')t|am unable to|won't) (?:help|assist|write|provide|create)\b",
    re.IGNORECASE,
)
PERSONAL_DATA = {
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "a link": re.compile(r"\bhttps?://|\bwww\.\w", re.IGNORECASE),
    "a user name": re.compile(r"(?<!\w)/?u/[\w-]{3,}|(?<![\w.])@[A-Za-z]\w{2,}"),
    "a phone number": re.compile(r"(?<!\w)\+?\d[\d\s().-]{7,}\d(?!\w)"),
    "a placeholder for removed personal data": re.compile(
        r"\[(?:PERSON|EMAIL|PHONE|URL|USER)\]", re.IGNORECASE
    ),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks found on one action; ``problems`` maps the name of each failed check to a sentence."""

    words: int
    sentences: int
    problems: Mapping[str, str]


def check_action(
    value: Value,
    text: str,
    post: str,
    limits: Checks,
    against: Iterable[tuple[str, str]],
    personal: str | None = None,
) -> Report:
    """The report on one action, which was written for ``value`` and a scenario with the text ``post``.

    ``against`` has value and text of the actions that it must be unlike. ``personal`` is what ``personal.find`` found
    in it: looking at many texts at once is much faster.
    """
    if not text:
        return Report(0, 0, {"present": "there is no action"})
    length, sentences = count_words(text), count_sentences(text)
    findings: dict[str, Callable[[], str | None]] = {
        "not_refusal": lambda: "it refuses instead of naming an action" if REFUSAL.search(text) else None,
        "sentences_in_range": lambda: _over(sentences, limits.max_sentences, "sentences"),
        "words_in_range": lambda: (
            f"it has {length} words, fewer than {limits.min_words}"
            if length < limits.min_words
            else _over(length, limits.max_words, "words")
        ),
        "value_not_named": lambda: _names_value(value, text),
        "distinct": lambda: _near_duplicate(text, against, limits.max_similarity),
        "takes_up_post": lambda: (
            None
            if takes_up(text, post, limits.own_words)
            else "it fits any post: it takes up nothing that this one tells"
        ),
        "not_copied": lambda: _copied(text, post, limits.max_copied_words),
        "no_personal_data": lambda: _personal_data(text) or personal,
    }
    problems = {name: problem for name, find in findings.items() if (problem := find())}
    return Report(length, sentences, problems)


def longest_copied_run(text: Sequence[str], post: Sequence[str]) -> list[str]:
    """The longest run of words that the two have in common."""
    best, best_end = 0, 0
    previous = [0] * (len(post) + 1)
    for i, word in enumerate(text, start=1):
        current = [0] * (len(post) + 1)
        for j, other in enumerate(post, start=1):
            if word == other:
                current[j] = previous[j - 1] + 1
                if current[j] > best:
                    best, best_end = current[j], i
        previous = current
    return list(text[best_end - best : best_end])


def count_sentences(text: str) -> int:
    """Sentences by spaCy's rule-based splitter, which knows abbreviations such as "e.g."."""
    return sum(1 for _ in _splitter()(text).sents)


@cache
def _splitter() -> Language:
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


def _over(count: int, limit: int, unit: str) -> str | None:
    return f"it has {count} {unit}, more than {limit}" if count > limit else None


def _names_value(value: Value, text: str) -> str | None:
    word = named_by(value, text)
    return f'it names its own value: "{word}"' if word else None


def _near_duplicate(text: str, others: Iterable[tuple[str, str]], limit: float) -> str | None:
    for value, other in others:
        if alike(text, other, limit):
            return f"it repeats the action for {value}"
    return None


def _copied(text: str, post: str, limit: int) -> str | None:
    found, copied = words(text), _runs(post, limit + 1)
    if not any(run in copied for run in _runs_of(found, limit + 1)):
        return None
    run = longest_copied_run(found, words(post))
    return (
        f"it copies {len(run)} words in a row from the post, more than {limit}" if len(run) > limit else None
    )


@lru_cache(64)
def _runs(post: str, length: int) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs_of(words(post), length))


def _runs_of(found: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """Every ``length`` words in a row."""
    return zip(*(found[start:] for start in range(length)), strict=False)


def _personal_data(text: str) -> str | None:
    for kind, pattern in PERSONAL_DATA.items():
        if pattern.search(text):
            return f"it contains {kind}"
    return None
