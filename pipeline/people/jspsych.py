"""jsPsych's rows of data, as JSON or CSV: one row a trial, those of items with the item's id.

`valact forms --as jspsych` has each row say which item it is and, counted from 1, which answer; rows without an answer
of that kind have jsPsych's own: the number of the button, from 0. Cognition's files hold many runs, one after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.people.records import ITEM, Answer, Handed, Record, is_empty, read_seconds, whole_number

# What every row of jsPsych has.
MARKS = frozenset({"trial_type", "time_elapsed"})
_RUN = ("participant", "run_id", "form", "design", "agreed")


def is_trial(row: Any) -> bool:
    """Whether this is a row of jsPsych's data."""
    return isinstance(row, dict) and row.keys() >= MARKS


def trials(content: Any) -> list[dict[str, Any]] | None:
    """The rows of a JSON text, also of several people's lists in one; None where it is something else."""
    if not isinstance(content, list):
        return None
    rows = [row for part in content for row in (part if isinstance(part, list) else [part])]
    return rows if rows and all(map(is_trial, rows)) else None


def read_trials(path: Path, rows: Iterable[tuple[int, Mapping[str, Any]]], handed: Handed) -> None:
    """A record a run. ``rows`` with the line of each, 0 where the file has no lines."""
    runs: dict[tuple[str, ...], tuple[int, dict[str, Answer]]] = {}
    broken = set()
    for line, row in rows:
        item = _text(row.get("item"))
        if not ITEM.fullmatch(item):
            continue
        run = tuple(_text(row.get(name)) for name in _RUN)
        _, answers = runs.setdefault(run, (line, {}))
        if item in answers and run not in broken:
            handed.leave_out(path, "item_twice", "an item is there twice for one person", line, item)
            broken.add(run)
        answers[item] = Answer(_answer(row), _seconds(row.get("rt")))
    if not runs:
        handed.leave_out(path, "not_an_answer_file", "no trial has the id of an item")
    for run, (line, answers) in runs.items():
        if run not in broken:
            participant, _, form, design, agreed = run
            handed.records.append(
                Record(path.name, line, participant, form or None, design or None, answers, False, agreed)
            )


def _answer(row: Mapping[str, Any]) -> str:
    if "answer" in row:
        return _text(row["answer"])
    button = whole_number(_text(row.get("response")))
    return "" if button is None else str(button + 1)


def _seconds(milliseconds: Any) -> float | None:
    found = read_seconds(_text(milliseconds))
    return None if found is None else found / 1000


def _text(cell: Any) -> str:
    return "" if cell is None or is_empty(str(cell)) else str(cell).strip()
