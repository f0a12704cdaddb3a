"""The lens's tables of what people answered: ratings of values, and choices between the two actions of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.core.invariants import given as there
from pipeline.forms.key import Key
from pipeline.lens.administer.design import PORTRAITS, UNNAMED
from pipeline.lens.tables import ShownPairs
from pipeline.people.reading import Given, Person
from pipeline.people.records import Note
from pipeline.tables import Factors, PairChoices, ValueRatings, conform

ANSWERS: dict[str, type[dy.Schema]] = {"ratings": ValueRatings, "choices": PairChoices}
ASKED: dict[str, type[dy.Schema]] = {"pairs": ShownPairs, "factors": Factors}


def answers(
    named: Sequence[tuple[str, Person]], key: Key | None
) -> tuple[dict[str, pl.DataFrame], list[Note]]:
    """Tables of ``ANSWERS`` and ``ASKED`` from people by the ids that they get. A person is asked about a cell once:
    in one order, and with the value named or not."""
    asked = there(key, "key of the lens's forms")
    ratings = [_rating(r, g, asked) for r, p in named for g in p.given if g.item["kind"] == "statement"]
    choices = [_choice(r, g) for r, p in named for g in p.given if g.item["kind"] == "question"]
    tables = {
        "ratings": conform(ValueRatings, ratings, where="ratings of people"),
        "choices": conform(PairChoices, choices, where="choices of people"),
    }
    scenarios = tables["choices"].select("scenario_id").unique()
    cells = tables["choices"].select("scenario_id", "value").unique()
    tables["pairs"] = asked.tables["pairs"].join(cells, on=["scenario_id", "value"], how="semi")
    tables["factors"] = asked.tables["factors"].join(scenarios, on="scenario_id", how="semi")
    return tables, []


def _cell(respondent: str, given: Given) -> dict[str, Any]:
    return {
        "respondent": respondent,
        "scenario_id": given.item["scenario_id"],
        "value": given.item["value"],
        "repeat": 1,
        "status": given.status,
        "raw": given.plain,
    }


def _rating(respondent: str, given: Given, key: Key) -> dict[str, Any]:
    family, low, high = given.item["instrument"], key.scale[0], key.scale[-1]
    return _cell(respondent, given) | {
        "wording": 1 + PORTRAITS * (family == "portraits"),
        "order": "shuffled",
        "family": family,
        "place": given.item["number_place"],
        "rating": given.choice,
        # 1 is most agreement: its score is 1.
        "score": None if given.choice is None else (high - given.choice) / (high - low),
    }


def _choice(respondent: str, given: Given) -> dict[str, Any]:
    """The first option is the action at the first place of ``order``; 1 is the one that expresses the value."""
    item, option = given.item, given.choice
    return _cell(respondent, given) | {
        "wording": 1 + UNNAMED * (not item["named"]),
        "order": "expressing_first" if item["order"][0] == "1" else "opposing_first",
        "explained": False,
        "named": item["named"],
        "option": option,
        "expressed": None if option is None else item["order"][option - 1] == "1",
    }
