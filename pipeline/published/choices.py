"""Blocks of questions become rows of Choices: five a wording and round, whatever became of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.published.answers import answers_in, letter, plain
from pipeline.published.blocks import Block, Line, Round, literal
from pipeline.published.files import Read, ResultFile
from pipeline.published.names import asked_wording
from pipeline.published.problems import Log, Unreadable, shown
from pipeline.published.questions import Bank, Scenario
from pipeline.published.rounds import LETTERS, Targets, read_targets, split

COLUMNS = (
    "mode language wording repeat question_id scenario_id order status letter position action_id value target_value raw"
).split()
_AS_DEALT = "1234"
# Rounds of a scenario so far: its targets, in each.
Seen = dict[str, list[list[str] | None]]


def read_choices(read: Read, blocks: list[Block], bank: Bank, log: Log, advance: Callable[[], None]) -> None:
    """Fills ``read`` with rows in the order of ``COLUMNS``. An unreadable block keeps its place."""
    read.blocks = len(blocks)
    numbers = {n for block in blocks for asked in block.rounds for n in asked.answers}
    wordings = sorted({number or 1 for number in numbers}) or [1]
    named = {number: _asked(read.file, number, wordings, log) for number in wordings}
    seen: Seen = {}
    for block in blocks:
        advance()
        try:
            scenario = _scenario(block, bank, log)
            rounds = []
            for asked in block.rounds:
                targets = _targets(read.file, block, asked, scenario, log)
                rounds.append((asked, targets, _numbers(targets, scenario, seen)))
        except Unreadable as problem:
            log.add(problem.reason, problem.detail, line=block.line, block=block.number)
            read.unreadable += 1
            read.scenarios.append(None)
            continue
        read.scenarios.append(scenario.scenario_id)
        for asked, targets, repeats in rounds:
            for number, wording in named.items():
                line = asked.answers.get(number) or (asked.answers.get(0) if number == 1 else None)
                given = _answers(line, number, targets, block, log)
                for at, repeat in enumerate(repeats):
                    said = given[at] if given else None
                    of_round = targets.values[at] if targets else None
                    read.rows.extend(
                        _rows(read.file, (wording, repeat), scenario, of_round, said, line, block, log)
                    )
                    place = line.number if line else block.line
                    read.sources.append((wording, scenario.scenario_id, repeat, place, block.number))


def _asked(file: ResultFile, number: int, wordings: list[int], log: Log) -> int:
    if file.temperature is None or wordings != [1]:
        return number
    wording = asked_wording(file.model, file.named, number)
    log.add(
        "wording_moved" if wording != number else "wording_doubtful", f"wording {number}", subject=file.model
    )
    return wording


def _scenario(block: Block, bank: Bank, log: Log) -> Scenario:
    if "" not in block.body:
        raise Unreadable("no_options", f"{len(block.answers)} lines of answers")
    line = block.body[""]
    scenario = bank.parse(line)
    if not any(asked.answers for asked in block.rounds):
        raise Unreadable("no_answers", "questions only")
    return bank.add(scenario, log, line=line.number, block=block.number)


def _numbers(targets: Targets | None, scenario: Scenario, seen: Seen) -> list[int]:
    """Number of each round; Unreadable where the file has asked this before."""
    before = seen.setdefault(scenario.scenario_id, [])
    found = []
    for values in targets.values if targets else [None]:
        if values in before or (before and values is None):
            raise Unreadable("repeated_block", scenario.scenario_id)
        before.append(values)
        found.append(len(before))
    return found


def _targets(file: ResultFile, block: Block, asked: Round, scenario: Scenario, log: Log) -> Targets | None:
    """The targets; None in default mode, and, with a problem, where they cannot be read."""
    if file.instrument == "default":
        if asked.targets:
            log.add("unknown_line", "targets in default mode", line=asked.targets.number, block=block.number)
        return None
    if asked.targets is None:
        log.add("target_missing", "no line of targets", line=block.line, block=block.number)
        return None
    try:
        return read_targets(literal(asked.targets, "target_missing"), scenario)
    except Unreadable as problem:
        log.add(problem.reason, problem.detail, line=asked.targets.number, block=block.number)
        return None


def _answers(
    line: Line | None, wording: int, targets: Targets | None, block: Block, log: Log
) -> list[list[str]] | None:
    """Raw answers by round and question, or None and a problem: a list of another length says of no answer where it
    belongs."""
    if line is None:
        detail = f"wording {wording}"
        log.add("wording_missing", detail, line=block.line, block=block.number, subject=str(wording))
        return None
    try:
        return split(answers_in(line), targets or Targets([[]]), plain)
    except Unreadable as problem:
        log.add(problem.reason, problem.detail, line=line.number, block=block.number)
        return None


def _rows(
    file: ResultFile,
    asked: tuple[int, int],
    scenario: Scenario,
    targets: list[str] | None,
    answers: list[str] | None,
    line: Line | None,
    block: Block,
    log: Log,
) -> list[tuple[Any, ...]]:
    without_target = targets is None and file.instrument != "default"
    rows = []
    for index, (question, ids) in enumerate(zip(scenario.options, scenario.ids, strict=True)):
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
        where = (file.instrument, file.language, *asked, key, scenario.scenario_id, _AS_DEALT)
        kept = log.kept(raw, line.number if line else 0, block.number, key)
        rows.append((*where, status, *choice, targets[index] if targets else None, kept))
    return rows
