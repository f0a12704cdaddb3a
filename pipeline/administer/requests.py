"""From a row of a design to the request that shows it to a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml

from pipeline import prompts
from pipeline.administer.design import Material
from pipeline.engine import Message
from pipeline.instruments.pvq import FOLDER, ITEMS, SCALE, Instrument
from pipeline.prompts import Prompt
from pipeline.tables.columns import LETTERS
from pipeline.values.schwartz import BY_SLUG, SLUGS

NONE = {"en": "None of these"}
NAMES = {"en": {slug: (BY_SLUG[slug].name, BY_SLUG[slug].definition) for slug in SLUGS}}
_ZH = yaml.safe_load((FOLDER / "values.zh.yaml").read_text(encoding="utf-8"))
NONE["zh"] = _ZH["none_of_these"]
NAMES["zh"] = {slug: (_ZH["values"][slug]["name"], _ZH["values"][slug]["definition"]) for slug in SLUGS}

# Fields of an answer to the PVQ: places in shown order, so that nothing hints at the key.
PLACES = tuple(f"q{place:02d}" for place in ITEMS)


# How many options there are, in words, from two on.
MANY = {"en": ("two", "three", "four", "five", "six", "seven"), "zh": ("两", "三", "四", "五", "六", "七")}


def letters_of(mode: str, options: int) -> str:
    """The letters on offer for so many options; in abstain mode one more, which means "none of these"."""
    return LETTERS[: options + (mode == "abstain")]


class Prompter:
    """Messages for every row of a design. ``instruments`` by language of the prompt."""

    def __init__(self, material: Material, instruments: dict[str, Instrument]) -> None:
        self._instruments = instruments
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
        many = MANY[language][len(dealt) - 2]
        return _messages(
            _prompt(mode, language, wording),
            text=self._texts[scenario],
            options="\n".join(f"{letter}. {text}" for letter, text in zip(LETTERS, shown, strict=False)),
            many=many,
            Many=many.capitalize(),
            **fields,
        )

    def pvq(self, language: str, wording: int, items: Sequence[int]) -> list[Message]:
        """The forty items in shown order, numbered by their places."""
        instrument = self._instruments[language]
        return _messages(
            _prompt("pvq", language, wording),
            items="\n".join(
                f"{place}. {instrument.items[item]}" for place, item in zip(PLACES, items, strict=True)
            ),
            scale="\n".join(
                f"{number} = {anchor}" for number, anchor in zip(SCALE, instrument.anchors, strict=True)
            ),
        )

    def rating(self, language: str, wording: int, scenario: str, values: Sequence[str]) -> list[Message]:
        """The ten values, in shown order, for one scenario."""
        named = NAMES[language]
        return _messages(
            _prompt("applicability", language, wording),
            text=self._texts[scenario],
            values="\n".join(f"- {value} ({named[value][0]}): {named[value][1]}" for value in values),
            fields=", ".join(values),
        )

    def _target(self, value: str, language: str) -> dict[str, str]:
        name, definition = NAMES[language][value]
        items = "\n".join(f"- {item}" for item in self._instruments[language].of(value))
        return {"value": name, "definition": definition, "items": items}


@cache
def choice_schema(letters: str) -> dict[str, Any]:
    return _schema("choice", {"answer": {"type": "string", "enum": list(letters)}})


@cache
def scale_schema(name: str, fields: tuple[str, ...]) -> dict[str, Any]:
    return _schema(name, {field: {"type": "integer", "enum": list(SCALE)} for field in fields})


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


def _messages(prompt: Prompt, **fields: object) -> list[Message]:
    system, user = prompt.fill(**fields)
    return [Message("system", system), Message("user", user)]
