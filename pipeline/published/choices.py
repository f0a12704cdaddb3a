"""Blocks of questions become rows of Choices: five a wording, whatever became of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.published.answers import LETTERS, answer_list, letter
from pipeline.published.blocks import Block, Line, literal
from pipeline.published.files import Read, ResultFile
from pipeline.published.problems import Log, Unreadable, shown
from pipeline.published.questions import QUESTIONS, Bank, Scenario, parse, value_slug

COLUMNS = (
    "mode language wording repeat question_id scenario_id order status letter position action_id value target_value raw"
).split()
_AS_DEALT = "1234"


def read_choices(read: Read, blocks: list[Block], bank: Bank, log: Log, advance: Callable[[], None]) -> None:
    """Fills ``read`` with rows in the order of ``COLUMNS``. An unreadable block keeps its place."""
    read.blocks = len(blocks)
    wordings = sorted({wording or 1 for block in blocks for wording in block.answers}) or [1]
    seen: set[str] = set()
    for block in blocks:
        advance()
        try:
            scenario = _scenario(block, bank, log, seen)
        except Unreadable as problem:
            log.add(problem.reason, problem.detail, line=block.line, block=block.number)
            read.unreadable += 1
            read.scenarios.append(None)
            continue
        read.scenarios.append(scenario.scenario_id)
        targets = _targets(read.file, block, scenario, log)
        for wording in wordings:
            line = block.answers.get(wording) or (block.answers.get(0) if wording == 1 else None)
            answers = _answers(line, wording, block, log)
            read.rows.extend(_rows(read.file, wording, scenario, targets, answers, line, block, log))
            read.sources.append(
                (wording, scenario.scenario_id, line.number if line else block.line, block.number)
            )


def _scenario(block: Block, bank: Bank, log: Log, seen: set[str]) -> Scenario:
    if "" not in block.body:
        raise Unreadable("no_options", f"{len(block.answers)} lines of answers")
    line = block.body[""]
    scenario = parse(literal(line, "options_unreadable"))
    if not block.answers:
        raise Unreadable("no_answers", "questions only")
    if scenario.scenario_id in seen:
        raise Unreadable("repeated_block", scenario.scenario_id)
    seen.add(scenario.scenario_id)
    return bank.add(scenario, log, line=line.number, block=block.number)


def _targets(file: ResultFile, block: Block, scenario: Scenario, log: Log) -> list[str] | None:
    """The five target values; None in default mode, and, with a problem, where they cannot be read."""
    if file.instrument == "default":
        if block.targets:
            log.add("unknown_line", "targets in default mode", line=block.targets.number, block=block.number)
        return None
    if block.targets is None:
        log.add("target_missing", "no line of targets", line=block.line, block=block.number)
        return None
    try:
        named = literal(block.targets, "target_missing")
        if not isinstance(named, list | tuple) or len(named) != QUESTIONS:
            raise Unreadable("target_missing", f"five targets are wanted; found {shown(named)}")
        return [_target(name, question) for name, question in zip(named, scenario.options, strict=True)]
    except Unreadable as problem:
        log.add(problem.reason, problem.detail, line=block.targets.number, block=block.number)
        return None


def _target(name: object, question: tuple[Any, ...]) -> str:
    """A value by its name, or by the letter of its option; it must be one of the question's."""
    if isinstance(name, str) and len(name.strip()) == 1 and name.strip().upper() in LETTERS:
        return str(question[LETTERS.index(name.strip().upper())].value)
    value = value_slug(name) if isinstance(name, str) else None
    if value is None or value not in {option.value for option in question}:
        raise Unreadable("target_missing", f"{shown(name)} is no value of the question")
    return value


def _answers(line: Line | None, wording: int, block: Block, log: Log) -> list[str] | None:
    """Five raw answers, or None and a problem: a list of another length says of no answer where it belongs."""
    if line is None:
        log.add(
            "wording_missing", f"wording {wording}", line=block.line, block=block.number, subject=str(wording)
        )
        return None
    try:
        answers = answer_list(line)
        if len(answers) != QUESTIONS:
            raise Unreadable("wrong_number_of_answers", f"five answers are wanted; found {len(answers)}")
    except Unreadable as problem:
        log.add(problem.reason, problem.detail, line=line.number, block=block.number)
        return None
    return answers


def _rows(
    file: ResultFile,
    wording: int,
    scenario: Scenario,
    targets: list[str] | None,
    answers: list[str] | None,
    line: Line | None,
    block: Block,
    log: Log,
) -> list[tuple[Any, ...]]:
    without_target = targets is None and file.instrument != "default"
    rows = []
    for index, (question, ids) in enumerate(zip(scenario.options, scenario.action_ids(), strict=True)):
        key = f"{scenario.scenario_id}.q{index + 1}"
        raw = answers[index] if answers else None
        status, found = ("failed", None) if raw is None else letter(raw)
        if raw is not None and status != "answered" and line:
            reason = "empty_answer" if status == "failed" else "invalid_answer"
            log.add(reason, shown(raw), line=line.number, block=block.number, subject=key)
        if without_target:
            status, found = "failed", None
        at = LETTERS.index(found) if found else None
        choice = (None, None, None, None) if at is None else (found, at + 1, ids[at], question[at].value)
        asked = (file.instrument, file.language, wording, 1, key, scenario.scenario_id, _AS_DEALT)
        rows.append((*asked, status, *choice, targets[index] if targets else None, raw))
    return rows
