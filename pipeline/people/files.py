"""Answer files: those of our page, as JSON and as CSV, and exports of survey tools (``survey_tables``, ``jspsych``)."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError
from pipeline.people import jspsych
from pipeline.people.records import ITEM, Answer, Handed, Record, is_empty, read_seconds
from pipeline.people.survey_tables import SECONDS, read_survey_rows

FORMAT = "valact-answers/1"


def read_files(paths: Sequence[Path], participant: str) -> Handed:
    """All records in the files, in the order of their names. ``participant`` names the column with people's codes.

    What cannot be read is a note with its file and row. InputError only where a file is not there, or two have one
    name.
    """
    handed = Handed()
    for path in by_name(paths):
        text = read_text(path, handed)
        if text is None:
            continue
        if text.lstrip()[:1] in ("{", "["):
            _read_json(path, text, handed)
        else:
            _read_csv(path, text, participant, handed)
    return handed


def by_name(paths: Sequence[Path]) -> list[Path]:
    """The files in the order of their names, by which the ledger knows them: InputError where two have one."""
    ordered = sorted(set(paths), key=lambda path: path.name)
    for one, two in itertools.pairwise(ordered):
        if one.name == two.name:
            raise InputError(
                f"another file has the same name: {one}", where=str(two), remedy="rename one of them"
            )
    return ordered


def read_text(path: Path, handed: Handed) -> str | None:
    """The text of a file; None, with a note, where there is none that can be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise InputError("there is no such file of answers", where=str(path)) from None
    except UnicodeDecodeError:
        handed.leave_out(path, "unreadable_file", "not UTF-8 text")
        return None
    if not text.strip():
        handed.leave_out(path, "unreadable_file", "the file is empty")
        return None
    return text


def rows_of(path: Path, text: str, handed: Handed) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """Columns of a CSV text, and its rows with the line on which each begins; short and long rows are notes."""
    first = text.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        columns = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        handed.leave_out(path, "unreadable_file", f"not a table: {error}", 1)
        return [], iter(())

    def rows() -> Iterator[tuple[int, dict[str, str]]]:
        line = reader.line_num + 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    if len(cells) == len(columns):
                        yield line, dict(zip(columns, cells, strict=True))
                    else:
                        detail = f"{len(cells)} cells, but {len(columns)} columns"
                        handed.leave_out(path, "unreadable_row", detail, line)
                line = reader.line_num + 1
        except csv.Error as error:
            handed.leave_out(path, "unreadable_row", f"{error}; nothing after it was read", line)

    return columns, rows()


def _read_json(path: Path, text: str, handed: Handed) -> None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        return handed.leave_out(path, "unreadable_file", f"not valid JSON: {error}")
    if (rows := jspsych.trials(content)) is not None:
        return jspsych.read_trials(path, ((0, row) for row in rows), handed)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return handed.leave_out(path, "not_an_answer_file", f"not a file of the format {FORMAT}")
    if not isinstance(content.get("items"), list):
        return handed.leave_out(path, "not_an_answer_file", "it has no list of items")
    answers: dict[str, Answer] = {}
    for number, entry in enumerate(content["items"], start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("item"), str):
            handed.drop_answer(path, "unreadable_item", "not an item with an id", 0, f"number {number}")
        elif entry["item"] in answers:
            return handed.leave_out(path, "item_twice", "an item is there twice", item=entry["item"])
        else:
            shown = entry.get("options")
            answers[entry["item"]] = Answer(
                "" if entry.get("answer") is None else str(entry["answer"]),
                read_seconds(entry.get("seconds")),
                tuple(map(str, shown)) if isinstance(shown, list) else None,
            )
    handed.records.append(
        Record(
            path.name,
            0,
            str(content.get("participant") or ""),
            str(content.get("form") or ""),
            str(content.get("design") or ""),
            answers,
            survey=False,
            **_told(content),
        )
    )
    return None


def _told(content: dict[str, Any]) -> dict[str, Any]:
    """What a page's JSON says besides answers, as fields of a record."""
    consent, background = content.get("consent"), content.get("background")
    return {
        "agreed": str(consent.get("agreed") or "") if isinstance(consent, dict) else "",
        "consent": str(consent.get("text") or "") if isinstance(consent, dict) else "",
        "withdrawal": str(content.get("withdrawal") or ""),
        "background": {
            str(name): str(said) for name, said in background.items() if isinstance(said, str | int | float)
        }
        if isinstance(background, dict)
        else {},
    }


def _read_csv(path: Path, text: str, participant: str, handed: Handed) -> None:
    columns, rows = rows_of(path, text, handed)
    if not columns:
        return None
    if repeated := {column for column in columns if columns.count(column) > 1 and ITEM.search(column)}:
        return handed.leave_out(path, "item_twice", "two columns are of one item", 1, min(repeated))
    if {*jspsych.MARKS, "item"} <= set(columns):
        jspsych.read_trials(path, rows, handed)
    elif {"form", "design", "item", "answer"} <= set(columns):
        _read_page_rows(path, rows, handed)
    elif any(ITEM.search(column) for column in columns):
        read_survey_rows(path, columns, rows, participant, handed)
    else:
        handed.leave_out(path, "not_an_answer_file", "no column is named by the id of an item", 1)
    return None


def _read_page_rows(path: Path, rows: Iterator[tuple[int, dict[str, str]]], handed: Handed) -> None:
    """Our page's table: one row an item. A file may hold several people's, one below the other."""
    found: dict[tuple[str, ...], tuple[int, dict[str, Answer]]] = {}
    broken: set[tuple[str, ...]] = set()
    for line, row in rows:
        if row["item"] == "item":
            continue  # the header of a file that was appended to another one
        person = tuple(row.get(c) or "" for c in ("participant", "form", "design", "withdrawal", "agreed"))
        _, answers = found.setdefault(person, (line, {}))
        if row["item"] in answers:
            handed.leave_out(path, "item_twice", "an item is there twice for one person", line, row["item"])
            broken.add(person)
        options = tuple(row.get("options", "").split()) or None
        text = "" if is_empty(row["answer"]) else row["answer"].strip()
        answers[row["item"]] = Answer(text, read_seconds(row.get(SECONDS)), options)
    for person, (line, answers) in found.items():
        if person not in broken:
            code, form, design, withdrawal, agreed = person
            record = Record(path.name, line, code, form, design, answers, False, agreed, None, withdrawal)
            handed.records.append(record)
