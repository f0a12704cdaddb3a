"""What logs of evaluation harnesses share: the task says what was asked, the response which option was chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
import polars as pl

from pipeline.answers.reader import ROW, Raw
from pipeline.core.errors import InputError
from pipeline.tables.evaluation import prompts_of, told_prompts

# What decoders of JSON end with where bytes of others are none, or nest thousands deep.
NO_JSON = (msgspec.MsgspecError, UnicodeError, RecursionError)
MODES = ("selection", "adoption", "default")
LETTERS = "ABCDEFG"
_THOUGHT = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_MARKUP = re.compile(r"[*_`$\"']|\\(?:boxed|text|mathrm|textbf)|[{}]")
# A response in which no answer can be looked for.
LONGEST = 1_000_000
# Of one that says no ANSWER, so much is looked at for a letter alone.
BARE = 100_000
# The tasks that a release of the second dataset carries.
_LENS = re.compile(r"\blens_(?:un)?named\b", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{16}")


def mode_of(task: str, where: str) -> str:
    """The mode that a task's name says; InputError where it says none, and for the tasks of the second dataset."""
    for mode in MODES:
        if mode in task.lower():
            return mode
    if _LENS.search(task):
        raise InputError(
            f"the task {task[:60]!r} is one of the second dataset (lens): choices between its pairs of actions are "
            "not read from logs",
            where=where,
            remedy="name the model in `respondents` of lens/params.yaml: the run asks it for the same choices, and for "
            "the ratings without which there is no gap",
        )
    raise InputError(
        f"the task {task[:60]!r} says no mode of the questions: {', '.join(MODES)}",
        where=where,
        remedy="run the tasks that the release carries (evaluators/)",
    )


def chosen(response: str, options: int = len(LETTERS)) -> tuple[str, str | None]:
    """Status and letter of a response, read as the release's own tasks read it (``evaluators/valact.py``, which cannot
    be imported: it comes with a release and needs nothing of this software; a test compares the two)."""
    if not response.strip():
        return "failed", None
    if len(response) > LONGEST or (_THOUGHT.search(response) and not _END.search(response)):
        return "invalid", None
    text = _MARKUP.sub("", _END.split(response)[-1])
    letters = f"A-{LETTERS[min(options, len(LETTERS)) - 1]}"
    letter = rf"\(?([{letters}])\)?[.!]?\s*(?:$|[):.,-](?!\s*(?:\(?[{letters}]\b|and\b|or\b|&)))"
    given = re.findall(rf"ANSWER\s*(?:is\s*)?:\s*{letter}", text, re.IGNORECASE | re.MULTILINE)
    asked = re.findall(r"ANSWER\s*(?:is\s*)?:", text, re.IGNORECASE)
    if not asked:
        given = re.findall(rf"\A\W*([{letters}])\W*\Z", text[:BARE], re.IGNORECASE)
    found = {one.upper() for one in given} if len(given) == max(len(asked), 1) else set()
    return ("answered", found.pop()) if len(found) == 1 else ("invalid", None)


def raw(file: str, respondents: Iterable[dict[str, Any]], choices: list[dict[str, Any]]) -> Raw:
    """Raw tables of respondents (one a name) and choices, whose rows are numbered as they come. A respondent's day is
    that of its last log, its prompts are those of all."""
    once: dict[str, dict[str, Any]] = {}
    for row in respondents:
        before = once.get(row["respondent"], row)
        once[row["respondent"]] = row | {
            "answered_on": max(before["answered_on"] or "", row["answered_on"] or "") or None,
            "prompts": told_prompts(prompts_of(before["prompts"]) | prompts_of(row["prompts"])),
        }
    tables = {
        name: pl.DataFrame(rows, infer_schema_length=None).with_row_index(ROW, offset=1)
        for name, rows in (("respondents", list(once.values())), ("choices", choices))
        if rows
    }
    return Raw(tables, dict.fromkeys(tables, file))


def respondent(
    model: str,
    temperature: float | None,
    source: str,
    *,
    day: str | None = None,
    prompts: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Row of respondents; another temperature than 0 is a condition of its own. ``day`` is when it answered, as far as
    the log says; ``prompts`` has the hash that the task gives to its prompt, by mode."""
    warm = bool(temperature)
    return {
        "respondent": f"{model} t{temperature:g}" if warm else model,
        "kind": "model",
        "model": model,
        "agent": model,
        "condition": f"temperature {temperature:g}" if warm else None,
        "temperature": temperature,
        "source": source,
        "answered_on": found[0] if (found := _DAY.match(day or "")) else None,
        "prompts": told_prompts({mode: one for mode, one in (prompts or {}).items() if _HASH.fullmatch(one)}),
    }
