"""What a round asks of its raters: words to read, and the hours that takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Words a minute: silent reading of English non-fiction by adults. Brysbaert (2019), Journal of Memory and Language 109,
# 104047: 238, over 190 studies.
WORDS_A_MINUTE = 238
# Seconds to weigh and answer an item once it is read: an estimate of ours, until a round's own times tell.
SECONDS_TO_ANSWER = 15


@dataclass(frozen=True, slots=True)
class Workload:
    """Items, judgements wanted of all raters together, words of all items, and words of all judgements."""

    items: int
    judgements: int
    words: int
    words_read: int

    @property
    def hours(self) -> float:
        """Of all raters together."""
        return self.words_read / WORDS_A_MINUTE / 60 + self.judgements * SECONDS_TO_ANSWER / 3600

    def hours_each(self, raters: int) -> float:
        """Of each rater, where so many share the round evenly."""
        return self.hours / raters

    def __str__(self) -> str:
        most = max(1, round(self.judgements / self.items)) if self.items else 1
        return (
            f"{self.items:,} items of {self.words:,} words, {self.judgements:,} judgements: about "
            f"{self.hours_each(most):.1f} hours for each of {most} raters"
        )


def workload(tasks: Iterable[Mapping[str, Any]]) -> Workload:
    """Of tasks as `send` wrote them. The definitions of the values are read once and not counted."""
    sizes = [(_words(task["data"]), int(task["data"]["raters"])) for task in tasks]
    return Workload(
        len(sizes),
        sum(raters for _, raters in sizes),
        sum(words for words, _ in sizes),
        sum(words * raters for words, raters in sizes),
    )


def seconds(data: Mapping[str, Any]) -> float:
    """What one rater takes for an item, by its task's data."""
    return 60 * _words(data) / WORDS_A_MINUTE + SECONDS_TO_ANSWER


def _words(data: Mapping[str, Any]) -> int:
    """Scenario, action, question, and the four actions of an option item."""
    texts = [data["scenario"], data["action"], data["question"]]
    if data["task"] == "option":
        texts += [choice["hint"] for choice in data["choices"]]
    return sum(len(text.split()) for text in texts)
