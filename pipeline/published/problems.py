"""What can be wrong with published results: every reason, what it costs, and where it was found."""

from __future__ import annotations

from dataclasses import dataclass, field

# Reason -> (what is lost, what it means).
REASONS: dict[str, tuple[str, str]] = {
    "name_not_recognised": ("file", "the name says neither model nor experiment"),
    "experiment_not_known": ("file", "the name is of an experiment that is not one of ours"),
    "read_already": ("file", "another file holds the same model and experiment"),
    "missing_file": ("file", "a link that leads nowhere"),
    "no_blocks": ("file", "no block was found in it"),
    "encoding_unreadable": ("file", "neither UTF-8 nor GB 18030"),
    "questions_unreadable": ("line", "a line of a file of questions is not one"),
    "metadata_unreadable": ("file", "the metadata cannot be read as CSV"),
    "table_unreadable": ("file", "an aggregate table cannot be read, or its columns are unknown"),
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
    "encoding": ("note", "read as GB 18030"),
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

    @property
    def effect(self) -> str:
        return REASONS[self.reason][0]


class Unreadable(Exception):
    """Something that is not what it should be: a reason of ``REASONS`` and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(slots=True)
class Log:
    """The problems of one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, reason: str, detail: str, *, line: int = 0, block: int = 0, subject: str = "") -> None:
        self.problems.append(Problem(self.file, line, block, reason, subject, detail))


def readable(text: str) -> str:
    """The text without what no file can hold: halves of surrogate pairs, which escapes in a literal can make."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown(text: object, width: int = 60) -> str:
    """A short piece of what was found; never a whole line, which may be anything."""
    text = repr(text)
    return text if len(text) <= width else f"{text[:width]}... ({len(text):,} characters)"
