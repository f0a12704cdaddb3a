"""From a row of a design to the request that shows it to a model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import polars as pl

from pipeline import prompts
from pipeline.administer import arms
from pipeline.administer.arms import prompt_of
from pipeline.administer.design import Material
from pipeline.administer.wordings import Wordings
from pipeline.core.errors import ParamsError
from pipeline.engine import Message
from pipeline.instruments import load as load_instrument
from pipeline.params import Params
from pipeline.prompts import Prompt
from pipeline.tables.columns import LETTERS

NONE = {"en": "None of these", "zh": "以上都不可取"}
# How much a value applies to a scenario.
RATINGS = tuple(range(1, 7))


# How many options there are, in words, from two on.
MANY = {"en": ("two", "three", "four", "five", "six", "seven"), "zh": ("两", "三", "四", "五", "六", "七")}


def letters_of(mode: str, options: int) -> str:
    """The letters on offer for so many options; in abstain mode one more, which means "none of these"."""
    return LETTERS[: options + (mode == "abstain")]


class Prompter:
    """Messages for every row of a design.

    In selection and adoption a value is shown with the items of the first instrument of params; ``arm`` is the way in
    which adoption is asked, None for plain role-play.
    """

    def __init__(
        self, material: Material, params: Params, wordings: Wordings, arm: str | None = None
    ) -> None:
        self._wordings, self._values, self._arm, self._seed = wordings, params.values, arm, params.seed
        self._first = next(iter(params.instruments), None)
        self._texts = dict(material.scenarios.select("scenario_id", "text").iter_rows())
        options = material.options.join(
            material.actions.select("action_id", "text"), on="action_id", how="left", validate="1:1"
        ).sort("question_id", "position")
        self._options: dict[str, list[str]] = {}
        for question, text in options.select("question_id", "text").iter_rows():
            self._options.setdefault(question, []).append(text)

    def question(
        self,
        mode: str,
        language: str,
        wording: int,
        question: str,
        scenario: str,
        order: str,
        target: str | None,
    ) -> list[Message]:
        """A question in one mode, its options in shown order under letters."""
        dealt = self._options[question]
        shown = [dealt[int(position) - 1] for position in order]
        if mode == "abstain":
            shown.append(NONE[language])
        fields = {} if target is None else self._target(target, language)
        if mode == "adoption" and target is not None:
            fields |= self._of_arm(target, question, language)
        many = MANY[language][len(dealt) - 2]
        return _messages(
            _prompt(prompt_of(mode, self._arm), language, wording),
            text=self._texts[scenario],
            options="\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, shown, strict=False)),
            many=many,
            Many=many.capitalize(),
            **fields,
        )

    def statements(self, name: str, language: str, wording: int, items: Sequence[int]) -> list[Message]:
        """The items of an instrument in shown order, numbered by their places."""
        said = self._wordings[name, language]
        asked = said.instrument
        number = asked.in_words(language)
        return _messages(
            _prompt(asked.prompt, language, wording),
            items="\n".join(
                f"{place}. {said.items[item]}" for place, item in zip(asked.places, items, strict=True)
            ),
            scale="\n".join(
                f"{code} = {anchor}" for code, anchor in zip(asked.scale, said.anchors, strict=True)
            ),
            number=number,
            Number=number.capitalize(),
            first=asked.places[0],
            last=asked.places[-1],
            low=asked.low,
            high=asked.high,
        )

    def rating(self, language: str, wording: int, scenario: str, values: Sequence[str]) -> list[Message]:
        """The values, in shown order, for one scenario."""
        named = self._values.texts(language)
        return _messages(
            _prompt("applicability", language, wording),
            text=self._texts[scenario],
            number=self._values.in_words(language),
            values="\n".join(f"- {value} ({named[value][0]}): {named[value][1]}" for value in values),
            fields=", ".join(values),
        )

    def _target(self, value: str, language: str) -> dict[str, str]:
        name, definition = self._values.texts(language)[value]
        items = "\n".join(f"- {item}" for item in self._items_of(value, language))
        return {"value": name, "definition": definition, "items": items}

    def _of_arm(self, value: str, question: str, language: str) -> dict[str, str]:
        if self._arm == arms.FEW_SHOT:
            return {"examples": arms.examples(value, language)}
        if self._arm == arms.PROFILE and self._first is not None:
            asked = load_instrument(self._first)
            return {
                "profile": self._persons.of(value, question, language, self._seed),
                "low": str(asked.low),
                "high": str(asked.high),
            }
        return {}

    @cached_property
    def _persons(self) -> arms.Persons:
        return arms.Persons(self._values, load_instrument(str(self._first)))

    def _items_of(self, value: str, language: str) -> tuple[str, ...]:
        members = None
        if self._first is not None:
            members = load_instrument(self._first).inventory.members(self._values)
        if self._first is None or members is None:
            raise ParamsError(
                "selection and adoption show the items of the target value, and the first instrument has none of "
                f"the inventory {self._values.name!r}",
                where="instruments",
                remedy="put one first whose values are these or lie within them (with shuffles: 0 it is only shown)",
            )
        return self._wordings[self._first, language].of(*members[value])


@cache
def choice_schema(letters: str, *, reasoned: bool = False) -> dict[str, Any]:
    """A letter; ``reasoned``: some sentences before it."""
    answer = {"answer": {"type": "string", "enum": list(letters)}}
    if reasoned:
        return _schema("reasoned_choice", {"reasoning": {"type": "string"}, **answer})
    return _schema("choice", answer)


@cache
def scale_schema(name: str, fields: tuple[str, ...], scale: tuple[int, ...]) -> dict[str, Any]:
    return _schema(name, {field: {"type": "integer", "enum": list(scale)} for field in fields})


def _schema(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "schema": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


@cache
def _prompt(mode: str, language: str, wording: int) -> Prompt:
    return prompts.load(f"administer/{mode}/{language}-{wording}")


def prompt_hashes(choices: pl.DataFrame, arm: str | None = None) -> dict[str, str]:
    """By mode, 16 hexadecimal digits of the SHA-256 of every prompt that a design's choices are asked with."""
    asked = choices.select("mode", "language", "wording").unique().sort("mode", "language", "wording")
    digests: dict[str, Any] = {}
    for mode, language, wording in asked.iter_rows():
        prompt = _prompt(prompt_of(mode, arm), language, wording)
        digests.setdefault(mode, hashlib.sha256()).update(f"{prompt.system}\0{prompt.user}\0".encode())
    return {mode: digest.hexdigest()[:16] for mode, digest in digests.items()}


def _messages(prompt: Prompt, **fields: object) -> list[Message]:
    system, user = prompt.fill(**fields)
    return [Message("system", system), Message("user", user)]
