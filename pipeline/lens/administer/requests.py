"""From a row of a design to the request that shows it to a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from pipeline import prompts
from pipeline.administer.requests import NONE, choice_schema, scale_schema
from pipeline.engine import Answerer, Message, Request
from pipeline.lens.administer.design import Design
from pipeline.lens.params import Params
from pipeline.prompts import Prompt
from pipeline.tables.columns import LETTERS

# 1 is most agreement, or most likeness.
SCALE = (1, 2, 3, 4)
OPTIONS = 2
_PERSON = {"resident": "You live in {}.", "neutral": "The place is {}."}
_STATEMENT = {
    "claims": "{}. {} is a guiding principle for me: {}",
    "portraits": "{}. This person is guided by {}: {}",
}


@dataclass(frozen=True, slots=True)
class Material:
    """What is shown: country and topic of each scenario, and the texts of each pair, the expressing one first."""

    scenarios: Mapping[str, tuple[str, str]]
    pairs: Mapping[tuple[str, str], tuple[str, str]]

    @classmethod
    def of(cls, scenarios: pl.DataFrame, pairs: pl.DataFrame, actions: pl.DataFrame) -> Material:
        """From the tables GridScenarios, Pairs and ValuedActions."""
        texts = dict(actions.select("action_id", "text").iter_rows())
        return cls(
            {
                id_: (country, topic)
                for id_, country, topic in _rows(scenarios, "scenario_id", "country", "topic")
            },
            {
                (scenario, value): (texts[one], texts[other])
                for scenario, value, one, other in _rows(
                    pairs, "scenario_id", "value", "expresses", "opposes"
                )
            },
        )


def letters(*, abstain: bool) -> str:
    return LETTERS[: OPTIONS + abstain]


class Requests:
    """The requests of a design, made as they are taken; ``places`` says which row each of them answers."""

    def __init__(
        self,
        engine: Answerer,
        params: Params,
        design: Design,
        material: Material,
        *,
        model: str,
        temperature: float,
    ) -> None:
        self._engine, self._params, self._design, self._material = engine, params, design, material
        self._model, self._temperature = model, temperature
        self.places: dict[str, tuple[str, int]] = {}

    def __len__(self) -> int:
        return self._design.ratings.height + self._design.choices.height

    def __iter__(self) -> Iterator[Request]:
        return self._requests(self._design)

    def sample(self, most: int) -> Iterator[tuple[Request, float]]:
        """About ``most`` of the requests, spread over both tasks, each with how many it stands for."""
        whole = {"ratings": self._design.ratings, "choices": self._design.choices}
        for kind, rows in whole.items():
            part = rows.gather_every(max(1, len(whole) * rows.height // most))
            for request in self._requests(Design(**{k: t.clear() for k, t in whole.items()} | {kind: part})):
                yield request, rows.height / part.height

    def _requests(self, design: Design) -> Iterator[Request]:
        for index, row in enumerate(design.ratings.iter_rows(named=True)):
            yield self._request(
                "ratings", index, row, self._rating(row), _rating_schema(tuple(row["values"]))
            )
        for index, row in enumerate(design.choices.iter_rows(named=True)):
            schema = _choice_schema(letters(abstain=row["abstain"]), explained=row["explained"])
            yield self._request("choices", index, row, self._choice(row), schema)

    def _request(
        self, kind: str, index: int, row: Mapping[str, Any], messages: list[Message], schema: dict[str, Any]
    ) -> Request:
        request = self._engine.request(
            model=self._model,
            messages=messages,
            schema=schema,
            temperature=self._temperature,
            subject=row["scenario_id"],
            # The engine counts repeats from 0.
            repeat=row["repeat"] - 1,
        )
        self.places[request.key] = (kind, index)
        return request

    def _rating(self, row: Mapping[str, Any]) -> list[Message]:
        values = [self._params.values.by_slug[slug] for slug in row["values"]]
        statements = "\n".join(
            _STATEMENT[row["family"]].format(value.slug, value.name, value.definition) for value in values
        )
        _, ending = _prompt(f"rate/ending-{row['ending']}").fill(fields=_listed(row["values"]))
        prompt = _prompt(f"rate/{row['family']}-{row['parts']}")
        return self._messages(prompt, row, statements=statements, ending=ending)

    def _choice(self, row: Mapping[str, Any]) -> list[Message]:
        expressing, opposing = self._material.pairs[row["scenario_id"], row["value"]]
        shown = [opposing, expressing] if row["order"] == "opposing_first" else [expressing, opposing]
        offered = letters(abstain=row["abstain"])
        if row["abstain"]:
            shown.append(f"{NONE['en']}.")
        value = self._params.values.by_slug[row["value"]]
        ending = "choose/ending_explained" if row["explained"] else "choose/ending"
        _, asked = _prompt(ending).fill(letters='" or "'.join(offered))
        options = "\n".join(f"{letter}. {text}" for letter, text in zip(offered, shown, strict=True))
        named = {"name": value.name, "definition": value.definition.rstrip(".")} if row["named"] else {}
        prompt = _prompt(f"choose/{'named' if row['named'] else 'unnamed'}")
        return self._messages(prompt, row, options=options, ending=asked, **named)

    def _messages(self, prompt: Prompt, row: Mapping[str, Any], **fields: str) -> list[Message]:
        country, topic = self._material.scenarios[row["scenario_id"]]
        system, user = prompt.fill(person=_PERSON[row["person"]].format(country), topic=topic, **fields)
        return [Message("system", system), Message("user", user)]


@cache
def _rating_schema(values: tuple[str, ...]) -> dict[str, Any]:
    return scale_schema("stated", values, SCALE)


@cache
def _choice_schema(offered: str, *, explained: bool) -> dict[str, Any]:
    plain = choice_schema(offered)
    if not explained:
        return plain
    body = plain["schema"]
    properties = {"explanation": {"type": "string"}, **body["properties"]}
    return {
        "name": "explained_choice",
        "schema": body | {"properties": properties, "required": list(properties)},
    }


@cache
def _prompt(name: str) -> Prompt:
    return prompts.load(f"lens/{name}")


def _rows(table: pl.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    return table.select(columns).iter_rows()


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values)
