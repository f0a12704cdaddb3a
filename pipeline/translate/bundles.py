"""What is translated together: the text of a scenario and its actions, so that the same thing is called the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.engine import Response

SCENARIO = "text"
Row = dict[str, Any]


@dataclass(slots=True)
class Text:
    """One text on its way into a language. ``row`` is what is known of it so far, as Translations has it."""

    id: str
    kind: str
    english: str
    value: str | None = None
    row: Row = field(default_factory=dict)

    @property
    def translation(self) -> str:
        return self.row.get("text") or ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A scenario with its actions, by the field that each has in an answer."""

    scenario_id: str
    language: str
    texts: dict[str, Text]

    def actions(self) -> Iterator[tuple[str, Text]]:
        return ((name, text) for name, text in self.texts.items() if name != SCENARIO)


def bundles(scenarios: pl.DataFrame, actions: pl.DataFrame, language: str) -> list[Bundle]:
    """Of every scenario, in the order of ids: field ``text``, and ``a1`` and so on for its actions."""
    of = actions.sort("action_id").partition_by("scenario_id", as_dict=True)
    return [
        Bundle(
            scenario,
            language,
            {SCENARIO: Text(scenario, "scenario", text)}
            | {
                f"a{n}": Text(row["action_id"], "action", row["text"], row["value"])
                for n, row in enumerate(_rows(of, scenario), 1)
            },
        )
        for scenario, text in scenarios.sort("scenario_id").select("scenario_id", "text").iter_rows()
    ]


def _rows(of: Mapping[tuple[Any, ...], pl.DataFrame], scenario: str) -> Iterable[Row]:
    found = of.get((scenario,))
    return [] if found is None else found.iter_rows(named=True)


def schema(name: str, fields: Iterable[str]) -> dict[str, Any]:
    """Strict JSON schema of an object with a text in each field."""
    names = [*fields]
    return {
        "name": name,
        "schema": {
            "type": "object",
            "properties": {one: {"type": "string"} for one in names},
            "required": names,
            "additionalProperties": False,
        },
    }


def said(response: Response, fields: Iterable[str]) -> dict[str, str]:
    """The texts of an answer by field; none where it is no valid one."""
    found = response.json() if response.status == "ok" else {}
    return {name: str(found[name]).strip() for name in fields if name in found}
