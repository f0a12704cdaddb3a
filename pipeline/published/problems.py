"""What can be wrong with published results: every reason, what it costs, and where it was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

# Reason -> (what is lost, what it means).
REASONS: dict[str, tuple[str, str]] = {
    "name_not_recognised": ("file", "the name says neither model nor experiment"),
    "experiment_not_known": ("file", "the name is of an experiment that is not one of ours"),
    "read_already": ("file", "another file holds the same model and experiment"),
    "missing_file": ("file", "a link that leads nowhere, or a pointer of Git LFS: to be fetched first"),
    "too_large": ("file", "larger than any file of results"),
    "no_blocks": ("file", "no block was found in it"),
    "encoding_unreadable": ("file", "neither UTF-8, GB 18030 nor UTF-16"),
    "questions_unreadable": ("line", "a line of a file of questions is not one"),
    "metadata_unreadable": ("file", "the metadata cannot be read as CSV"),
    "table_unreadable": ("file", "a table cannot be read, or its rows or columns are unknown"),
    "table_not_known": ("file", "a table of none of the kinds that are known"),
    "notebook_unreadable": ("file", "the notebook cannot be read as JSON"),
    "line_too_long": ("line", "longer than any line of results"),
    "unknown_line": ("line", "no part of a block has this form"),
    "outside_block": ("line", "it belongs into a block, but stands before the first"),
    "repeated_line": ("line", "the block has such a line already; the first counts"),
    "no_options": ("block", "there are answers, but no questions"),
    "options_unreadable": ("block", "the questions and their options cannot be read"),
    "no_answers": ("block", "there are questions, but no answers"),
    "repeated_block": ("block", "the file has this scenario, or trial, already; the first counts"),
    "items_unreadable": ("block", "the items of the PVQ are not the forty that are known, each once"),
    "answers_unreadable": ("line", "the list of answers cannot be read: these answers are `failed`"),
    "wrong_number_of_answers": (
        "line",
        "nobody knows which answer belongs where: these answers are `failed`",
    ),
    "wording_missing": ("line", "other blocks have this wording: its answers are `failed`"),
    "target_missing": ("line", "the target values are missing or cannot be read: these answers are `failed`"),
    "empty_answer": ("answer", "nothing was recorded: `failed`"),
    "invalid_answer": ("answer", "it names none of the options, or no number from 1 to 6: `invalid`"),
    "item_missing": ("answer", "the answer leaves the item out: `failed`"),
    "label_disagrees": ("note", "the value beside the items is not the one that the key gives them"),
    "labels_differ": ("note", "two files label the same action with different values or generators"),
    "encoding": ("note", "read as GB 18030 or UTF-16"),
    "name_says_more": ("note", "a part of the name means nothing here: it makes a condition of its own"),
    "wording_moved": ("note", "the lines say wording 1; what was asked is the paper authors' wording 3"),
    "wording_doubtful": (
        "note",
        "a run at another temperature: probably asked under wording 3, not under wording 1",
    ),
    "trial_twice": (
        "note",
        "two trials have one number: both are kept, the later one as another administration",
    ),
    "answer_cut": ("note", "only the beginning of a very long answer is kept in the table"),
    "cells_ignored": ("note", "cells of a table without the name of a model or a value"),
    "subset_unreadable": ("note", "random_indices is no list of different rows"),
    "subset_read": ("note", "random_indices: the rows of the subset"),
    "category_unknown": ("note", "nothing says which row of the metadata the scenario is"),
    "row_disagrees": ("note", "two files put the scenario into different rows of the metadata"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of PublishedProblems."""

    file: str
    line: int
    block: int
    reason: str
    subject: str
    detail: str
    places: int = 1
    reasons: Mapping[str, tuple[str, str]] = field(default_factory=lambda: REASONS, repr=False)

    @property
    def effect(self) -> str:
        return self.reasons[self.reason][0]


class Unreadable(Exception):
    """Something that is not what it should be: a reason of ``REASONS`` and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


# Characters of an answer that the tables keep; nobody needs forty times two million of them.
LONGEST_ANSWER = 20_000
# Problems of a kind that one file has rows for; the rest is counted.
MOST = 1_000


@dataclass(slots=True)
class Log:
    """The problems of one file; ``reasons`` are those that its kind of publication knows."""

    file: str
    reasons: Mapping[str, tuple[str, str]] = field(default_factory=lambda: REASONS)
    _found: list[Problem] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str, detail: str, *, line: int = 0, block: int = 0, subject: str = "") -> None:
        self._counts[reason] += 1
        if self._counts[reason] <= MOST:
            self._found.append(Problem(self.file, line, block, reason, subject, detail, 1, self.reasons))

    def kept(self, raw: str | None, line: int, block: int, subject: str) -> str | None:
        """An answer as the tables keep it: all of it, unless it is longer than any answer."""
        if raw is None or len(raw) <= LONGEST_ANSWER:
            return raw
        self.add("answer_cut", f"{len(raw):,} characters", line=line, block=block, subject=subject)
        return raw[:LONGEST_ANSWER]

    @property
    def problems(self) -> list[Problem]:
        """Those found, and for each kind with too many one row that counts the rest."""
        more = [
            Problem(self.file, 0, 0, reason, "", f"{count - MOST:,} more of them", count - MOST, self.reasons)
            for reason, count in self._counts.items()
            if count > MOST
        ]
        return [*self._found, *more]


def readable(text: str) -> str:
    """The text without what no file can hold: halves of surrogate pairs, which escapes in a literal can make."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown(text: object, width: int = 60) -> str:
    """A short piece of what was found; never a whole line, which may be anything."""
    size = len(text) if isinstance(text, str) else 0
    text = repr(text[: 2 * width] if isinstance(text, str) else text)
    return (
        text if max(len(text), size) <= width else f"{text[:width]}... ({max(len(text), size):,} characters)"
    )
