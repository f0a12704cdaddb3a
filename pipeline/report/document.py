"""What a report is made of, before it is a page or a file: sections of sentences, tables and figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows; ``source`` names the file that holds its numbers with all their digits."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    source: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure by its file name without ending, as it stands in the report's folder of figures."""

    name: str
    title: str
    caption: str
    source: str


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


def probability(p: float | None) -> str:
    """A p value, never as zero."""
    if p is None:
        return NOTHING
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def count(n: int) -> str:
    return f"{n:,}"


def listed(names: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def notes_on(notes: pl.DataFrame, *tables: str) -> list[str]:
    """The sentences of the Notes table on these tables; one that many subjects share stands once."""
    rows = notes.filter(pl.col("table").is_in(tables))
    return rows["text"].unique(maintain_order=True).to_list()
