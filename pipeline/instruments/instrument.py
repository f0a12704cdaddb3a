"""An instrument: which item asks for which value, on which scale, and how it is scored.

``load("pvq40")`` reads ``pvq40.yaml`` of this folder. docs/instruments.md says what such a file holds; adding one adds
the instrument to params, prompts, scores, analysis and report.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated

import pydantic
from pydantic import ConfigDict, Field

from pipeline import values
from pipeline.core.documents import first_fault, read_yaml
from pipeline.core.entries import files_in, names_in
from pipeline.core.errors import InputError, ParamsError
from pipeline.values import Inventory

FOLDER = Path(__file__).parent
_REMEDY = "docs/instruments.md shows what such a file holds"
Text = Annotated[str, Field(min_length=1)]


class Rules(pydantic.BaseModel):
    """An administration is excluded with more than ``missing`` items unanswered, or more than ``same`` answers
    alike."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    missing: Annotated[int, Field(ge=0)]
    same: Annotated[int, Field(ge=1)]


class _Scale(pydantic.BaseModel):
    model_config = ConfigDict(extra="forbid")

    low: int
    high: int
    reversed: bool


class _Item(pydantic.BaseModel):
    model_config = ConfigDict(extra="forbid")

    value: str
    text: Text


class _File(pydantic.BaseModel):
    """What an instrument's file holds."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    inventory: str
    key: dict[str, Annotated[list[int], Field(min_length=1)]]
    scale: _Scale
    anchors: dict[str, list[Text]]
    centred: bool
    exclude: Rules
    prompt: str
    number: dict[str, Text] = {}
    in_scenario: bool
    seeded_as: str | None = None
    stand_in: dict[str, dict[int, _Item]] = {}


@dataclass(frozen=True)
class Instrument:
    """Items by number, each of one value of ``inventory``.

    Answers are coded from ``low`` to ``high``; with ``reversed`` the low end is most like the person. ``anchors`` by
    language, from low to high. ``centred``: scores are also given less the mean of all answers. ``prompt`` is the
    folder of prompts that shows it; ``in_scenario`` whether it is answered inside a scenario. ``stand_ins``: items of
    ours in the place of a wording that is not ours to ship, by language.
    """

    name: str
    title: str
    inventory: Inventory
    key: dict[str, tuple[int, ...]]
    low: int
    high: int
    reversed: bool
    anchors: dict[str, tuple[str, ...]]
    centred: bool
    rules: Rules
    prompt: str
    number: dict[str, str]
    in_scenario: bool
    seeded_as: str
    stand_ins: dict[str, dict[int, str]]

    @cached_property
    def value_of(self) -> dict[int, str]:
        return {item: value for value, items in self.key.items() for item in items}

    @cached_property
    def items(self) -> tuple[int, ...]:
        """The numbers of the items, ascending."""
        return tuple(sorted(self.value_of))

    @cached_property
    def scale(self) -> tuple[int, ...]:
        """The answers there are, as they are coded."""
        return tuple(range(self.low, self.high + 1))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Fields of an answer: places in shown order, so that nothing hints at the key."""
        return tuple(f"q{place:02d}" for place in range(1, len(self.items) + 1))

    def turned(self, answer: int) -> int:
        """An answer in the direction "like me", or such a one as it is coded."""
        return self.low + self.high - answer if self.reversed else answer

    def items_of(self, values_: tuple[str, ...]) -> tuple[int, ...]:
        """The items of some values, in the order of these and of their numbers."""
        return tuple(item for value in values_ for item in self.key[value])

    def in_words(self, language: str) -> str:
        """How many items there are, as a word where the file has one, else in digits."""
        return self.number.get(language, str(len(self.items)))


def names() -> list[str]:
    """The instruments there are."""
    return names_in(FOLDER, ".yaml")


@cache
def load(name: str) -> Instrument:
    """The instrument of that name; ParamsError where there is none, InputError where its file is not one."""
    files = files_in(FOLDER, ".yaml")
    if name not in files:
        raise ParamsError(
            f"there is no instrument {name!r}; known are {', '.join(names())}", where="instruments"
        )
    return read(files[name])


def read(path: Path) -> Instrument:
    """The instrument in a file. InputError for unknown and missing fields, a key that does not have every value of the
    inventory and every item once, anchors that are not one for each answer, and stand-in items off the key."""
    content = read_yaml(path, remedy=_REMEDY)
    try:
        file = _File.model_validate(content)
    except pydantic.ValidationError as error:
        raise _bad(path, first_fault(error)) from None
    inventory = values.load(file.inventory)
    if set(file.key) != set(inventory.slugs):
        off = sorted(set(file.key) ^ set(inventory.slugs))
        raise _bad(path, f"the key does not have the values of {inventory.name}, each once: {', '.join(off)}")
    key = {value: tuple(file.key[value]) for value in inventory.slugs}
    numbered = sorted(item for items in key.values() for item in items)
    if numbered != list(range(1, len(numbered) + 1)):
        raise _bad(path, f"the items of the key are not 1 to {len(numbered)}, each once")
    if file.scale.low >= file.scale.high:
        raise _bad(path, "scale.low must be below scale.high")
    answers = file.scale.high - file.scale.low + 1
    for language, anchors in file.anchors.items():
        if len(anchors) != answers:
            raise _bad(path, f"{answers} anchors are needed in {language!r}; found {len(anchors)}")
    instrument = Instrument(
        path.stem,
        file.title,
        inventory,
        key,
        file.scale.low,
        file.scale.high,
        file.scale.reversed,
        {language: tuple(anchors) for language, anchors in file.anchors.items()},
        file.centred,
        file.exclude,
        file.prompt,
        file.number,
        file.in_scenario,
        file.seeded_as or path.stem,
        {
            language: {number: item.text for number, item in sorted(items.items())}
            for language, items in file.stand_in.items()
        },
    )
    for language, items in file.stand_in.items():
        if {number: item.value for number, item in items.items()} != instrument.value_of:
            raise _bad(
                path, f"the stand-in items in {language!r} are not those of the key, each with its value"
            )
    return instrument


def _bad(path: Path, message: str) -> InputError:
    return InputError(message, where=str(path), remedy=_REMEDY)
