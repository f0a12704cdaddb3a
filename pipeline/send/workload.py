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
# Of a page that asks more than one thing, each further one: likewise.
SECONDS_FURTHER = 5


@dataclass(frozen=True, slots=True)
class Workload:
    """Items, judgements wanted of all raters together, words of all items, words of all judgements, and the seconds to
    answer these."""

    items: int
    judgements: int
    words: int
    words_read: int
    seconds: int

    @property
    def hours(self) -> float:
        """Of all raters together."""
        return self.words_read / WORDS_A_MINUTE / 60 + self.seconds / 3600

    def hours_each(self, raters: int) -> float:
        """Of each rater, where so many share the round evenly."""
        return self.hours / raters

    def __str__(self) -> str:
        return self.told(1)

    def told(self, parts: int) -> str:
        """In words, where the round falls into ``parts`` that are judged by raters of their own."""
        most = parts * (max(1, round(self.judgements / self.items)) if self.items else 1)
        return (
            f"{self.items:,} items of {self.words:,} words, {self.judgements:,} judgements: about "
            f"{self.hours_each(most):.1f} hours for each of {most} raters"
        )


def workload(tasks: Iterable[Mapping[str, Any]]) -> Workload:
    """Of tasks as `send` wrote them. The definitions of the values are read once and not counted."""
    sizes = [
        (_words(data), int(data["raters"]), _to_answer(data)) for data in (task["data"] for task in tasks)
    ]
    return Workload(
        len(sizes),
        sum(raters for _, raters, _ in sizes),
        sum(words for words, _, _ in sizes),
        sum(words * raters for words, raters, _ in sizes),
        sum(seconds * raters for _, raters, seconds in sizes),
    )


def seconds(data: Mapping[str, Any]) -> float:
    """What one rater takes for an item, by its task's data."""
    return 60 * _words(data) / WORDS_A_MINUTE + _to_answer(data)


def _to_answer(data: Mapping[str, Any]) -> int:
    """Seconds to answer an item: the yes and no of an action that was told come after the first answer."""
    further = sum(key.endswith("_choices") for key in data) - 1 if data["task"] == "action" else 0
    return SECONDS_TO_ANSWER + SECONDS_FURTHER * further


def _words(data: Mapping[str, Any]) -> int:
    """Scenario, action, question, the four actions of an option item, and what is told of an action."""
    texts = [data["scenario"], data["action"], data["question"]]
    texts += [data[name] for name in ("told", "spans", "explanation") if name in data]
    if data["task"] == "option":
        texts += [choice["hint"] for choice in data["choices"]]
    return sum(len(text.split()) for text in texts)
