"""What a report is made of, before it is a page or a file: sections of sentences, tables and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table: ``note`` is its interval, in small print; ``query`` finds the questions behind it."""

    text: str
    note: str = ""
    query: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.note}".strip()


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows; ``source`` names the file that holds its numbers with all their digits.

    ``of`` names the respondents of each row, for readers who choose some; a wide table turns its page in print.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]
    source: str
    of: Sequence[Sequence[str]] = ()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure by its file name without ending, as it stands in the report's folder of figures; ``live`` is the same
    figure as a Vega specification, for readers with JavaScript."""

    name: str
    title: str
    caption: str
    source: str
    live: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; ``missing`` are sentences on what could not be computed."""

    title: str
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    missing: Sequence[str] = field(default=())

    @property
    def empty(self) -> bool:
        return not (self.text or self.tables or self.pictures or self.missing)


NOTHING = "–"


def number(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash where there is none."""
    if value is None or math.isnan(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    return "−" + text[1:] if text.startswith("-") and float(text) != 0 else text.removeprefix("-")


def between(low: float | None, high: float | None, digits: int = 3) -> str:
    """An interval."""
    if low is None or high is None:
        return NOTHING
    return f"[{number(low, digits)}, {number(high, digits)}]"


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """An interval in small print beside its estimate: no zero before the point; empty where there is none."""
    if low is None or high is None:
        return ""
    return (
        between(low, high, digits).replace("0.", ".")
        if max(abs(low), abs(high)) < 1
        else between(low, high, digits)
    )


def percent(share: float | None) -> str:
    """A share in per cent; a decimal below one and above 99, where one per cent is much."""
    if share is None:
        return NOTHING
    near_an_end = 0 < share < 0.01 or 0.99 < share < 1
    return f"{100 * share:.{1 if near_an_end else 0}f} %"


def probability(p: float | None) -> str:
    """A p value, never as zero."""
    if p is None:
        return NOTHING
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def count(n: int) -> str:
    return f"{n:,}"


def counted(n: int, one: str, many: str) -> str:
    """'1 model', '2 models'."""
    return f"{count(n)} {one if n == 1 else many}"


def listed(names: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def some_of(names: Sequence[str], shown: int = 3) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - shown
    return listed(names) if rest <= 0 else f"{', '.join(names[:shown])} and {count(rest)} more"
