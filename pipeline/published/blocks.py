"""From lines to blocks: each line is taken for what it is, never for its number.

A block of questions is a marker for the masked scenario, a line with the scenario's five questions, in selection and
adoption a line with the five targets, and a line of answers a prompt wording::

    【Masked_Scenario】
    [[(generator, value, action), ... 4 options], ... 5 questions]
    target_choice: [letter or value, ... 5 targets]
    model_choice for prompt1: [answer to question 1, ... 5 answers]

In adoption the last reads ``model_choice for trial1``. Targets after answers begin another round of the same questions.
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
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.published.lines import LONGEST_LINE
from pipeline.published.problems import Log, Unreadable, shown

Lines = Iterable[tuple[int, str | None]]
# A line of questions has some two hundred parts; a literal of many more would take memory for nothing.
MOST_PARTS = 20_000

_SCENARIO = re.compile(r"\s*【[^】]*】\s*")
_TRIAL = re.compile(r"\s*-{2,}\s*trial\s*(\d{1,3})\s*-{2,}\s*", re.IGNORECASE)
_ANSWERS = re.compile(
    r"\s*model_choice(?:\s+for\s+(?:prompt|trial|wording)\s*(\d{1,2}))?\s*[:：]\s*(.*)",
    re.DOTALL | re.IGNORECASE,
)
_QUESTIONS = re.compile(r"\s*[\[(]\s*[\[(]")
_LABEL = re.compile(r"[^\[\](){}:：]{1,100}[:：]")
# What counts as a part of a literal: a string, a mark, a run of anything else.
_PART = re.compile(r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|[^\s'\"\[\](){},:]++|\S", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A literal in a line of the file, not evaluated yet."""

    number: int
    literal: str


@dataclass(slots=True)
class Round:
    """One asking of the questions of a block: targets, and answers by wording (0 where the line names none)."""

    targets: Line | None = None
    answers: dict[int, Line] = field(default_factory=dict)


@dataclass(slots=True)
class Block:
    """``body`` holds the questions under "", or the PVQ's items under each value's label; ``trial`` is the number in a
    PVQ block's marker. A block has one round at least."""

    number: int
    line: int
    trial: int = 0
    body: dict[str, Line] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=lambda: [Round()])

    @property
    def answers(self) -> dict[int, Line]:
        """Those of the last round."""
        return self.rounds[-1].answers


def question_blocks(lines: Lines, log: Log) -> list[Block]:
    """The blocks of a file of questions, in order. A second line of questions begins a block also without a marker."""
    blocks: list[Block] = []
    for number, text in lines:
        if text is None:
            _too_long(number, blocks, log)
        elif _SCENARIO.fullmatch(text):
            blocks.append(Block(len(blocks) + 1, number))
        elif _QUESTIONS.match(text):
            if not blocks or blocks[-1].body or blocks[-1].answers:
                blocks.append(Block(len(blocks) + 1, number))
            blocks[-1].body[""] = Line(number, text)
        elif not _answers(text, number, blocks, log):
            _targets(text, number, blocks, log)
    return blocks


def pvq_blocks(lines: Lines, log: Log) -> list[Block]:
    """The blocks of a file of the PVQ, in order."""
    blocks: list[Block] = []
    for number, text in lines:
        if text is None:
            _too_long(number, blocks, log)
        elif trial := _TRIAL.fullmatch(text):
            blocks.append(Block(len(blocks) + 1, number, trial=int(trial[1])))
        elif not _answers(text, number, blocks, log):
            label, rest = _labelled(text)
            if not label or not blocks or not _QUESTIONS.match(rest):
                _stray(text, number, blocks, log)
            elif label in blocks[-1].body:
                log.add("repeated_line", shown(label), line=number, block=len(blocks))
            else:
                blocks[-1].body[label] = Line(number, rest)
    return blocks


def literal(line: Line, reason: str) -> object:
    """The value of the literal; Unreadable with ``reason`` where it is none, or one of too many parts."""
    text = line.literal.strip()
    # Counting takes longer than reading a short line.
    if len(text) > MOST_PARTS and sum(
        1 for _, _ in zip(_PART.finditer(text), range(MOST_PARTS), strict=False)
    ) == (MOST_PARTS):
        raise Unreadable(reason, f"more than {MOST_PARTS:,} parts in a literal of {len(text):,} characters")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise Unreadable(
            reason, f"{type(error).__name__} in a literal of {len(line.literal):,} characters"
        ) from None


def _labelled(text: str) -> tuple[str, str]:
    """The label before a colon, without spaces around it, and what follows; no label where there is none."""
    text = text.strip()
    match = _LABEL.match(text)
    return (match[0][:-1].strip(), text[match.end() :].strip()) if match else ("", text)


def _answers(text: str, number: int, blocks: list[Block], log: Log) -> bool:
    """Whether the line holds answers; these go into the last block."""
    match = _ANSWERS.fullmatch(text)
    if match is None:
        return False
    wording = int(match[1] or 0)
    if not blocks:
        log.add("outside_block", "answers", line=number)
    elif wording in blocks[-1].answers:
        detail = f"answers to wording {wording or 'without number'}"
        log.add("repeated_line", detail, line=number, block=len(blocks))
    else:
        blocks[-1].answers[wording] = Line(number, match[2])
    return True


def _targets(text: str, number: int, blocks: list[Block], log: Log) -> None:
    _, rest = _labelled(text)
    if not rest.startswith("[") or not blocks:
        _stray(text, number, blocks, log)
        return
    last = blocks[-1].rounds[-1]
    if last.targets is not None and not last.answers:
        log.add("repeated_line", "targets", line=number, block=len(blocks))
    elif last.targets is not None:
        blocks[-1].rounds.append(Round(Line(number, rest)))
    else:
        last.targets = Line(number, rest)


def _stray(text: str, number: int, blocks: list[Block], log: Log) -> None:
    # What such a line says is not repeated: it may be a post's text, which is not ours to copy.
    reason = "unknown_line" if blocks else "outside_block"
    log.add(reason, f"{len(text):,} characters", line=number, block=len(blocks))


def _too_long(number: int, blocks: list[Block], log: Log) -> None:
    log.add("line_too_long", f"more than {LONGEST_LINE:,} bytes", line=number, block=len(blocks))
