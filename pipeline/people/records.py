"""What people handed in, as it came, and what was wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The id of an item, wherever it stands in the name of a column.
ITEM = re.compile(r"(?<![0-9A-Za-z])i[0-9a-f]{12}(?![0-9A-Za-z])")

# Cells of a table that hold no answer.
EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none", "."})
# What may be kept of an answer as it came: never free text, which could say who somebody is.
PLAIN = re.compile(r"[A-Za-z0-9.+-]{1,16}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; ``text`` is empty where there is none. ``options``: ids as the page showed them."""

    text: str
    seconds: float | None = None
    options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What one person answered in one file. ``row`` is its line, 0 for a whole file. ``form`` and ``design`` are None
    where the file does not name them; ``survey`` says that the answers were coded by a survey tool, not by our page."""

    file: str
    row: int
    participant: str
    form: str | None
    design: str | None
    answers: dict[str, Answer]
    survey: bool
    # Of our own pages: when the person agreed, and to which text (its hash; a table of ours does not say); the code
    # with which they can take their answers back; what they said about themselves.
    agreed: str = ""
    consent: str | None = None
    withdrawal: str = ""
    background: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A row of the ledger about a place in the files or, with ``respondent``, about a person in the tables."""

    effect: str
    reason: str
    detail: str | None = None
    file: str | None = None
    row: int | None = None
    item: str | None = None
    respondent: str | None = None


@dataclass(slots=True)
class Handed:
    """Everything that was read: records, notes, and the columns that were left unread, by file."""

    records: list[Record] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unread: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, path: Path, reason: str, detail: str, row: int = 0, item: str | None = None) -> None:
        self.notes.append(Note("left_out", reason, detail, path.name, row, item))

    def drop_answer(self, path: Path, reason: str, detail: str, row: int, item: str) -> None:
        self.notes.append(Note("answer_unused", reason, detail, path.name, row, item))


def is_empty(text: str | None) -> bool:
    return text is None or text.strip().lower() in EMPTY


def whole_number(text: str) -> int | None:
    """3, "3" and "3.0" as 3; None for anything else."""
    return int(float(text)) if re.fullmatch(r"[+-]?\d{1,4}(\.0*)?", text.strip()) else None


def read_seconds(value: Any) -> float | None:
    """Seconds that can be some; anything else is no time."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
