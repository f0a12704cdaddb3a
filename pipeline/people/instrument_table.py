"""An instrument alone, from any table with one row a person and one column an item."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.instruments import Instrument
from pipeline.people.files import by_name, read_text, rows_of
from pipeline.people.reading import Given, Person, Row
from pipeline.people.records import Handed, Note, Record, is_empty, whole_number


def read_tables(
    paths: Sequence[Path],
    pattern: str,
    instrument: Instrument,
    *,
    participant: str,
    language: str,
    reverse: bool,
) -> tuple[Handed, list[Person]]:
    """People of tables whose columns ``pattern`` maps: a regular expression with one group, the number of the item.

    ``reverse``: the answers are coded the other way than the instrument does, and zero is none. Every item has exactly
    one column, or InputError.
    """
    try:
        columns_of = re.compile(pattern)
    except re.error as error:
        raise InputError(f"not a regular expression: {error}", where=f"--columns {pattern}") from None
    if columns_of.groups != 1:
        raise InputError(
            "one group is needed, around the number of the item",
            where=f"--columns {pattern}",
            remedy=r"such as '^pvq(\d+)'",
        )
    handed, people = Handed(), []
    for path in by_name(paths):
        text = read_text(path, handed)
        if text is None:
            continue
        columns, rows = rows_of(path, text, handed)
        column_of = _columns(columns, columns_of, instrument, path)
        handed.unread[path.name] = [c for c in columns if c not in {*column_of.values(), participant}]
        for line, row in rows:
            record = Record(path.name, line, row.get(participant, "").strip(), None, None, {}, survey=True)
            given = tuple(
                _given(item, row[column_of[item]], instrument, language, record, handed, reverse)
                for item in instrument.items
            )
            if any(one.status != "failed" for one in given):
                people.append(Person(record, None, given))
            else:
                handed.leave_out(path, "no_answers", "no item of the row is answered", line)
    return handed, people


def _columns(
    columns: Sequence[str], pattern: re.Pattern[str], instrument: Instrument, path: Path
) -> dict[int, str]:
    """Column of each item."""
    items = instrument.items
    found: dict[int, str] = {}
    for column in columns:
        match = pattern.search(column)
        number = whole_number(match.group(1) or "") if match else None
        if number is None:
            continue
        if number in found or number not in items:
            what = f"also {found[number]!r}" if number in found else f"items are numbered 1 to {len(items)}"
            raise InputError(f"column {column!r} is mapped to item {number}: {what}", where=str(path))
        found[number] = column
    if missing := [item for item in items if item not in found]:
        raise InputError(
            f"no column is mapped to {len(missing)} of the {len(items)} items: {', '.join(map(str, missing))}",
            where=str(path),
            remedy="--columns is a regular expression with the number of the item as its group",
        )
    return found


def _given(
    item: int,
    cell: str,
    instrument: Instrument,
    language: str,
    record: Record,
    handed: Handed,
    reverse: bool,
) -> Given:
    row: Row = {
        "kind": "statement",
        "instrument": instrument.name,
        "number": item,
        "number_place": item,
        "language": language,
        "item_id": f"item {item}",
    }
    raw = cell.strip()
    answer = None if is_empty(raw) else whole_number(raw)
    if is_empty(raw) or (reverse and answer == 0):
        return Given(row, "failed", None, raw, None)
    if answer is None or answer not in instrument.scale:
        handed.notes.append(
            Note(
                "answer_unused",
                "out_of_range",
                f"not one of the {len(instrument.scale)} answers",
                record.file,
                record.row,
                row["item_id"],
            )
        )
        return Given(row, "invalid", None, raw, None)
    return Given(row, "answered", instrument.low + instrument.high - answer if reverse else answer, raw, None)
