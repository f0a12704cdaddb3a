"""What logs of evaluation harnesses share: the task says what was asked, the response which option was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import polars as pl

from pipeline.answers.reader import ROW, Raw
from pipeline.core.errors import InputError

MODES = ("selection", "adoption", "default")
_ANSWER = re.compile(r"ANSWER\s*:\s*\(?([A-G])\b|^\W*([A-G])\W*$", re.IGNORECASE)
# A response in which no answer can be looked for.
LONGEST = 1_000_000


def mode_of(task: str, where: str) -> str:
    """The mode that a task's name says; InputError where it says none."""
    for mode in MODES:
        if mode in task.lower():
            return mode
    raise InputError(
        f"the task {task[:60]!r} says no mode of the questions: {', '.join(MODES)}",
        where=where,
        remedy="run the tasks that the release carries (evaluators/)",
    )


def chosen(response: str) -> tuple[str, str | None]:
    """Status and letter of a response, read as the release's tasks read it: ``ANSWER: B``, or nothing but a letter."""
    if not response.strip():
        return "failed", None
    if len(response) > LONGEST:
        return "invalid", None
    found = {(a or b).upper() for a, b in _ANSWER.findall(response)}
    return ("answered", found.pop()) if len(found) == 1 else ("invalid", None)


def raw(file: str, respondents: Iterable[dict[str, Any]], choices: list[dict[str, Any]]) -> Raw:
    """Raw tables of respondents (one a name) and choices, whose rows are numbered as they come."""
    once = {row["respondent"]: row for row in respondents}
    tables = {
        name: pl.DataFrame(rows, infer_schema_length=None).with_row_index(ROW, offset=1)
        for name, rows in (("respondents", list(once.values())), ("choices", choices))
        if rows
    }
    return Raw(tables, dict.fromkeys(tables, file))


def respondent(model: str, temperature: float | None, source: str) -> dict[str, Any]:
    """Row of respondents; another temperature than 0 is a condition of its own."""
    warm = bool(temperature)
    return {
        "respondent": f"{model} t{temperature:g}" if warm else model,
        "kind": "model",
        "model": model,
        "agent": model,
        "condition": f"temperature {temperature:g}" if warm else None,
        "temperature": temperature,
        "source": source,
    }
