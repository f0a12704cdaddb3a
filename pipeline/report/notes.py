"""What could not be computed, for people: a sentence that holds for many respondents stands once."""

from __future__ import annotations

import re

import polars as pl

from pipeline.report.document import count, some_of

# That a table has no rows.
EMPTY = "no_rows"
# As many of one kind stand one by one.
FEW = 2
_NUMBER = re.compile(r"\d[\d,]*")


def notes_on(notes: pl.DataFrame, *tables: str) -> list[str]:
    """The sentences of the Notes table on these tables, those that differ by a name or a number only made one."""
    rows = notes.filter(pl.col("table").is_in(tables)).unique(
        ["subject", "reason", "text"], maintain_order=True
    )
    if (rows["reason"] != EMPTY).any():  # then it is said why
        rows = rows.filter(pl.col("reason") != EMPTY)
    sentences: list[str] = []
    grouped: dict[tuple[str, str], dict[str, str]] = {}
    for subject, reason, text in rows.select("subject", "reason", "text").iter_rows():
        form = _NUMBER.sub("#", text.replace(subject, "\0"))
        grouped.setdefault((reason, form), {})[subject] = text
    for (_, form), of in grouped.items():
        if len(of) <= FEW or "\0" not in form:
            sentences += of.values()
        else:
            sentences.append(_together(of))
    return list(dict.fromkeys(sentences))


def _together(of: dict[str, str]) -> str:
    """One sentence for all: '27 respondents have no enacted profile, ... (a, b, c and 24 more)'."""
    names = list(of)
    texts = [text.replace(name, "\0") for name, text in of.items()]
    text = _with_ranges(texts).rstrip(".")
    many = f"{count(len(names))} respondents"
    if text.startswith("\0 has "):
        text = f"{many} have {text.removeprefix(chr(0) + ' has ')}"
    else:
        text = text.replace("\0's", "the respondent's").replace("\0", "the respondent")
        text = f"For {many}: {text[0].lower()}{text[1:]}"
    return f"{text} ({some_of(names)})."


def _with_ranges(texts: list[str]) -> str:
    """One of these sentences, with '3 to 40' where their numbers differ."""
    found = [[int(n.replace(",", "")) for n in _NUMBER.findall(text)] for text in texts]
    ranges = iter((min(column), max(column)) for column in zip(*found, strict=True))

    def spread(_: re.Match[str]) -> str:
        low, high = next(ranges)
        return count(low) if low == high else f"{count(low)} to {count(high)}"

    return _NUMBER.sub(spread, texts[0])
