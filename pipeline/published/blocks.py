"""From lines to blocks: each line is taken for what it is, never for its number.

A block of questions is a marker for the masked scenario, a line with the scenario's five questions, in selection and
adoption a line with the five targets, and a line of answers a prompt wording::

    【Masked_Scenario】
    [[(generator, value, action), ... 4 options], ... 5 questions]
    model_choice for prompt1: [answer to question 1, ... 5 answers]

A block of the PVQ is a marker, a line for each value with the places and texts of its items, and a line with one
answer, of forty ratings, a wording::

    ----trial0----
    Security: [(place, item), ...]
    model_choice: [ratings under wording 1, ...]

Lists are Python literals. A line that is none of these is reported.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from pipeline.published.problems import Log, Unreadable, shown

_SCENARIO = re.compile(r"\s*【[^】]*】\s*")
_TRIAL = re.compile(r"\s*-{2,}\s*trial\s*(\d{1,3})\s*-{2,}\s*", re.IGNORECASE)
_ANSWERS = re.compile(r"\s*model_choice(?:\s+for\s+prompt\s*(\d{1,2}))?\s*:\s*(.*)", re.DOTALL)
_QUESTIONS = re.compile(r"\s*[\[(]\s*[\[(]")
_ITEMS = re.compile(r"\s*([^\[\]():]+?)\s*[:：]\s*(\[\s*[\[(].*)", re.DOTALL)
_TARGETS = re.compile(r"\s*(?:[\w ]+[:：]\s*)?(\[.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A literal in a line of the file, not evaluated yet."""

    number: int
    literal: str


@dataclass(slots=True)
class Block:
    """``body`` holds the questions under "", or the PVQ's items under each value's label; ``answers`` lines by wording
    (0 where the line names none); ``trial`` is the number in a PVQ block's marker."""

    number: int
    line: int
    trial: int = 0
    body: dict[str, Line] = field(default_factory=dict)
    targets: Line | None = None
    answers: dict[int, Line] = field(default_factory=dict)


def question_blocks(lines: list[str], log: Log) -> list[Block]:
    """The blocks of a file of questions, in order. A second line of questions begins a block also without a marker."""
    blocks: list[Block] = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        if _SCENARIO.fullmatch(text):
            blocks.append(Block(len(blocks) + 1, number))
        elif _QUESTIONS.match(text):
            if not blocks or blocks[-1].body or blocks[-1].answers:
                blocks.append(Block(len(blocks) + 1, number))
            blocks[-1].body[""] = Line(number, text)
        elif not _answers(text, number, blocks, log):
            targets = _TARGETS.fullmatch(text)
            if targets is None or not blocks:
                _stray(text, number, blocks, log)
            elif blocks[-1].targets is not None:
                log.add("repeated_line", "targets", line=number, block=len(blocks))
            else:
                blocks[-1].targets = Line(number, targets[1])
    return blocks


def pvq_blocks(lines: list[str], log: Log) -> list[Block]:
    """The blocks of a file of the PVQ, in order."""
    blocks: list[Block] = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        if trial := _TRIAL.fullmatch(text):
            blocks.append(Block(len(blocks) + 1, number, trial=int(trial[1])))
        elif not _answers(text, number, blocks, log):
            items = _ITEMS.fullmatch(text)
            if items is None or not blocks:
                _stray(text, number, blocks, log)
            elif items[1] in blocks[-1].body:
                log.add("repeated_line", shown(items[1]), line=number, block=len(blocks))
            else:
                blocks[-1].body[items[1]] = Line(number, items[2])
    return blocks


def literal(line: Line, reason: str) -> object:
    """The value of the literal; Unreadable with ``reason`` where it is none."""
    try:
        return ast.literal_eval(line.literal.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise Unreadable(
            reason, f"{type(error).__name__} in a literal of {len(line.literal):,} characters"
        ) from None


def _answers(text: str, number: int, blocks: list[Block], log: Log) -> bool:
    """Whether the line holds answers; these go into the last block."""
    match = _ANSWERS.fullmatch(text)
    if match is None:
        return False
    wording = int(match[1] or 0)
    if not blocks:
        log.add("outside_block", "answers", line=number)
    elif wording in blocks[-1].answers:
        log.add(
            "repeated_line",
            f"answers to wording {wording or 'without number'}",
            line=number,
            block=len(blocks),
        )
    else:
        blocks[-1].answers[wording] = Line(number, match[2])
    return True


def _stray(text: str, number: int, blocks: list[Block], log: Log) -> None:
    # What such a line says is not repeated: it may be a post's text, which is not ours to copy.
    log.add(
        "unknown_line" if blocks else "outside_block",
        f"{len(text):,} characters",
        line=number,
        block=len(blocks),
    )
