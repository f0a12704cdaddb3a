"""Lists of the cells on which what a model chose is not what it states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.published.lens.objects import find_object
from pipeline.published.lens.pairs import cell_of
from pipeline.published.lens.rows import Row
from pipeline.published.problems import Log, shown

STATED, ACTED = "T1_response", "T2_response"
_SIDES = {"positive": True, "negative": False}
# A cell of a table that pandas printed with its index: "2643    negative", once or more, then its name and type.
PRINTED = re.compile(r"^(?P<rows>.*)\nName: \w+, dtype: \w+\s*$", re.DOTALL)
_PRINTED_ROW = re.compile(r"^\s*(\d+)\s+(.*)$")


def of_printed(text: str) -> list[tuple[int | None, str]]:
    """Index and content of what pandas printed; a text that it did not print as it is, without index."""
    match = PRINTED.match(text)
    if match is None:
        return [(None, text.strip())]
    rows = [_PRINTED_ROW.match(line) for line in match["rows"].splitlines() if line.strip()]
    return [(int(row[1]), row[2].strip()) for row in rows if row]


def is_list(rows: list[Row], names: list[str]) -> bool:
    """Whether a table with a stance a row is a list of mismatches, not the actions themselves: it has two sides, or was
    printed by pandas, or no cell has more than one row."""
    if STATED in names and ACTED in names:
        return True
    if not rows or "polarity" not in names:
        return False
    if PRINTED.match(rows[0]["polarity"]):
        return True
    cells = [(row["country"], row["topic"], row["value"]) for row in rows]
    return len(set(cells)) == len(cells)


def read(rows: list[Row], names: list[str], respondent: str, log: Log) -> Iterator[dict[str, Any]]:
    """Rows of PublishedMismatches: the side of the statement and that of the chosen action, which are not the same."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        cell = cell_of(row.cells, row.line, log)
        if cell is None:
            continue
        subject = f"{row['country']}, {row['topic']}, {cell[1]}"
        sides = _sides(row, names)
        if sides is None:
            log.add(
                "mismatch_unreadable",
                shown(row.get("polarity") or row.get(ACTED)),
                line=row.line,
                subject=subject,
            )
        elif sides[0] == sides[1]:
            log.add("no_mismatch", "both say the same", line=row.line, subject=subject)
        elif cell in seen:
            log.add("repeated_row", "the list has the cell already", line=row.line, subject=subject)
        else:
            seen.add(cell)
            yield {
                "respondent": respondent,
                "scenario_id": cell[0],
                "value": cell[1],
                "country": row["country"].strip(),
                "topic": row["topic"].strip(),
                "states_it": sides[0],
                "acts_on_it": sides[1],
                "whole_json": _whole_json(row),
                "line": row.line,
            }


def _sides(row: Row, names: list[str]) -> tuple[bool, bool] | None:
    """Whether the statement is for the value, and whether the action is."""
    if STATED in names and ACTED in names:
        stated, acted = (_SIDES.get(row[name].strip().lower()) for name in (STATED, ACTED))
        return None if stated is None or acted is None else (stated, acted)
    found = {content.lower() for _, content in of_printed(row["polarity"])}
    acted = _SIDES.get(found.pop()) if len(found) == 1 else None
    return None if acted is None else (not acted, acted)


def _whole_json(row: Row) -> bool:
    """Whether the chosen action is plain JSON, as far as the list shows it: lists that lack all others are a biased
    part. A dictionary in Python's print form with no more than the keys of one was JSON before."""
    text = row.get("action")
    if text is not None:
        found = find_object(text, lambda name: True)
        return found.plain or (found.form == "literal" and "\n" not in text.strip())
    printed = (row.get("generation_prompt") or "").strip()
    content = of_printed(printed)[0][1] if of_printed(printed) else ""
    return re.match(r"\{(?:\\n|\s)*\"", content) is not None
