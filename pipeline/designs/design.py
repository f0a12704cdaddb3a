"""Designs: which values meet in which question, at which position, by which generator, and which is the target.

A design is a table for a cycle of scenarios in terms of *slots*; each cycle of the data puts values in place of the
slots by seed. Designs are data files of this folder, found by ``python -m pipeline.find_design``, which also says
how far each is balanced. A row of the file is a scenario of the cycle, ``|`` stands between its questions, and an
option is a word: the slot's number, the generator's letter, ``-`` if the option opposes its value, ``*`` on the
target. ``4b*`` is the target of its question: slot 4 as the second generator expresses it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core.documents import parse_yaml, read_text
from pipeline.core.errors import InputError, ParamsError
from pipeline.tables.columns import STANCES

FOLDER = Path(__file__).parent
_REMEDY = "make it with `python -m pipeline.find_design`"
_WORD = re.compile(r"(\d+)([a-z])(-?)(\*?)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One option of a design. ``generator`` counts from 0; ``stance`` is one of ``tables.STANCES``."""

    slot: int
    generator: int
    stance: str = STANCES[0]
    target: bool = False

    def __str__(self) -> str:
        opposes = "-" if self.stance == STANCES[1] else ""
        return (
            f"{self.slot}{'abcdefghijklmnopqrstuvwxyz'[self.generator]}{opposes}{'*' if self.target else ''}"
        )


Question = tuple[Place, ...]  # by position
Scenario = tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """``rows``: scenarios of a cycle x questions x options, of ``values`` slots by ``generators`` generators."""

    values: int
    generators: int
    rows: tuple[Scenario, ...]

    @property
    def scenarios(self) -> int:
        """Length of the cycle."""
        return len(self.rows)

    @property
    def questions(self) -> int:
        return len(self.rows[0])

    @property
    def options(self) -> int:
        return len(self.rows[0][0])

    @property
    def stances(self) -> tuple[str, ...]:
        """Stances in which a value is shown, in the order of ``tables.STANCES``."""
        found = {place.stance for row in self.rows for question in row for place in question}
        return tuple(stance for stance in STANCES if stance in found)

    @property
    def actions(self) -> int:
        """Actions that there are for a scenario."""
        return self.values * self.generators * len(self.stances)

    @property
    def complete(self) -> bool:
        """Whether the questions of a scenario show all its actions; else each shows one at most once."""
        return self.questions * self.options == self.actions

    @property
    def targets(self) -> tuple[int, ...]:
        """How often each position holds the target in a cycle."""
        held = Counter(p for row in self.rows for question in row for p, o in enumerate(question) if o.target)
        return tuple(held[position] for position in range(self.options))


def dumps(design: Design, head: str = "") -> str:
    """The text of a design's file; ``head`` becomes its comment."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    lines += [f"values: {design.values}", f"generators: {design.generators}", "scenarios:"]
    lines += [f'  - "{row}"' for row in as_data(design)["scenarios"]]
    return "\n".join(lines) + "\n"


def loads(text: str, where: str) -> Design:
    """Reads what ``dumps`` writes; InputError names the scenario that is no part of a design."""
    return of_data(parse_yaml(text, where=where, remedy=_REMEDY), where)


def as_data(design: Design) -> dict[str, Any]:
    """A design as plain data, for files of other kinds."""
    rows = [" | ".join(" ".join(map(str, question)) for question in row) for row in design.rows]
    return {"values": design.values, "generators": design.generators, "scenarios": rows}


def of_data(data: Any, where: str) -> Design:
    """Reads what ``as_data`` gives; InputError names the scenario that is no part of a design."""
    try:
        rows = tuple(
            tuple(_question(question, f"scenario {number}") for question in str(row).split("|"))
            for number, row in enumerate(data["scenarios"], start=1)
        )
        design = Design(int(data["values"]), int(data["generators"]), rows)
        _check(design)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise _none(error, where) from None
    return design


@cache
def load(name: str) -> Design:
    """The design of that name; ParamsError where there is none."""
    file = FOLDER / f"{name}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yaml")))
        raise ParamsError(
            f"there is no design {name!r}; known are {known}",
            where="assemble.design",
            remedy=f"find one: python -m pipeline.find_design --help, and save it as pipeline/designs/{name}.yaml",
        )
    return loads(read_text(file, remedy=_REMEDY), str(file))


def fits(design: Design, values: Sequence[str], generators: Sequence[str]) -> None:
    """ParamsError where the design is not for so many values or generators."""
    for what, wanted, there in (
        ("values", design.values, len(values)),
        ("generators", design.generators, len(generators)),
    ):
        if wanted != there:
            raise ParamsError(
                f"the design is for {wanted} {what}, there are {there}",
                where="assemble.design",
                remedy=f"find one for {there} {what}: python -m pipeline.find_design --help",
            )


def _none(error: Exception, where: str) -> InputError:
    return InputError(f"this is no design: {error}", where=where, remedy=_REMEDY)


def _question(text: str, where: str) -> Question:
    places = []
    for word in text.split():
        match = _WORD.fullmatch(word)
        if not match:
            raise ValueError(f"{where}: {word!r} is no option such as 4b, 4b* or 4b-")
        slot, generator, opposes, target = match.groups()
        places.append(Place(int(slot), ord(generator) - ord("a"), STANCES[bool(opposes)], bool(target)))
    return tuple(places)


def _check(design: Design) -> None:
    """Every question is of one size and has one target; every option is within the numbers, once a scenario."""
    shape = (design.questions, {design.options})
    for number, row in enumerate(design.rows, start=1):
        options = [place for question in row for place in question]
        if (len(row), {len(question) for question in row}) != shape:
            raise ValueError(f"scenario {number}: not {shape[0]} questions of {design.options} options")
        if any(sum(place.target for place in question) != 1 for question in row):
            raise ValueError(f"scenario {number}: not every question has one target")
        if any(place.slot >= design.values or place.generator >= design.generators for place in options):
            raise ValueError(f"scenario {number}: an option is beyond the numbers of values and generators")
        if len({(p.slot, p.generator, p.stance) for p in options}) < len(options):
            raise ValueError(f"scenario {number}: an option stands there twice")
