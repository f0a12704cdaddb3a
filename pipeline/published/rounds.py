"""Targets and answers of a block, whichever way they are nested: five, or five for each of several targets.

The follow-up asks every question for each of the targets that the first run left. Its lines may hold five lists (one a
question), lists of five (one a target), or one list of all; or a block has several lines of targets, each with answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.published.problems import Unreadable, shown
from pipeline.published.questions import QUESTIONS, Option, Scenario, value_slug

LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class Targets:
    """``values[round][question]``; ``by_question``: lists go through a question's targets before the next question."""

    values: list[list[str]]
    by_question: bool = False


def read_targets(content: object, scenario: Scenario) -> Targets:
    """From the literal of a line of targets; Unreadable (target_missing) for anything else."""
    if not isinstance(content, list | tuple) or not content:
        raise Unreadable("target_missing", f"five targets are wanted; found {shown(content)}")
    nested = [list(part) if isinstance(part, list | tuple) else None for part in content]
    if all(part is not None for part in nested):
        return _nested([part for part in nested if part is not None], scenario)
    if len(content) == QUESTIONS:
        return Targets([_row(content, scenario)])
    rounds, rest = divmod(len(content), QUESTIONS)
    if rest or rounds > len(LETTERS):
        raise Unreadable("target_missing", f"five targets are wanted; found {shown(content)}")
    of_question = [content[n * rounds : (n + 1) * rounds] for n in range(QUESTIONS)]
    in_rounds = [content[n * QUESTIONS : (n + 1) * QUESTIONS] for n in range(rounds)]
    for rows, by_question in ((_turned(of_question), True), (in_rounds, False)):
        try:
            values = [_row(row, scenario) for row in rows]
        except Unreadable:
            continue
        if all(len(set(column)) == rounds for column in zip(*values, strict=True)):
            return Targets(values, by_question)
    raise Unreadable(
        "target_missing", f"no order of {len(content)} targets gives each question different ones"
    )


def split(answers: Sequence[object], targets: Targets, text: Callable[[object], str]) -> list[list[str]]:
    """Raw answers by round and question; Unreadable where there are more or fewer than were asked for."""
    rounds = len(targets.values)
    parts = [list(part) if isinstance(part, list | tuple) else None for part in answers]
    if rounds > 1 and all(part is not None for part in parts):
        rows = [part for part in parts if part is not None]
        if len(rows) == QUESTIONS and {len(row) for row in rows} == {rounds}:
            rows = _turned(rows)
        if len(rows) == rounds and {len(row) for row in rows} == {QUESTIONS}:
            return [[text(answer) for answer in row] for row in rows]
    if len(answers) != QUESTIONS * rounds:
        wanted = "five" if rounds == 1 else str(QUESTIONS * rounds)
        raise Unreadable("wrong_number_of_answers", f"{wanted} answers are wanted; found {len(answers)}")
    raw = [text(answer) for answer in answers]
    if targets.by_question:
        return [raw[n::rounds] for n in range(rounds)]
    return [raw[n * QUESTIONS : (n + 1) * QUESTIONS] for n in range(rounds)]


def _nested(parts: list[list[object]], scenario: Scenario) -> Targets:
    sizes = {len(part) for part in parts}
    if len(parts) == QUESTIONS and len(sizes) == 1 and 0 < min(sizes) <= len(LETTERS):
        return Targets([_row(row, scenario) for row in _turned(parts)], by_question=True)
    if len(parts) <= len(LETTERS) and sizes == {QUESTIONS}:
        return Targets([_row(row, scenario) for row in parts])
    raise Unreadable("target_missing", f"{len(parts)} lists of {sorted(sizes)} targets")


def _turned(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _row(names: Sequence[object], scenario: Scenario) -> list[str]:
    return [_target(name, question) for name, question in zip(names, scenario.options, strict=True)]


def _target(name: object, question: tuple[Option, ...]) -> str:
    """A value by its name, or by the letter of its option; it must be one of the question's."""
    if isinstance(name, str) and len(name.strip()) == 1 and name.strip().upper() in LETTERS:
        return question[LETTERS.index(name.strip().upper())].value
    value = value_slug(name) if isinstance(name, str) else None
    if value is None or value not in {option.value for option in question}:
        raise Unreadable("target_missing", f"{shown(name)} is no value of the question")
    return value
