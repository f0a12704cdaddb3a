"""Grid: the scenarios that params span, each a country and a topic."""

from __future__ import annotations

from itertools import product

from pipeline.core.errors import ParamsError
from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.step import Job, Step
from pipeline.tables.ids import scenario_of


def scenarios(params: Params) -> list[dict[str, str]]:
    """Rows of GridScenarios. ParamsError where two of them would have one id."""
    rows = [
        {"scenario_id": scenario_of(country, topic), "country": country, "topic": topic}
        for country, topic in product(params.countries, params.topics)
    ]
    if len({row["scenario_id"] for row in rows}) < len(rows):
        raise ParamsError("two scenarios have one id: rename a country or a topic", where="countries, topics")
    return rows


def make(job: Job[Params]) -> None:
    rows = scenarios(job.params)
    job.balance("scenarios", len(job.params.countries) * len(job.params.topics), in_the_grid=len(rows))
    job.write(places.SCENARIOS, rows)
    job.write(
        places.FACTORS,
        (
            {"scenario_id": row["scenario_id"], "factor": factor, "level": row[factor]}
            for row in rows
            for factor in ("country", "topic")
        ),
    )


STEP = Step("grid", make, outputs=(places.SCENARIOS, places.FACTORS))
