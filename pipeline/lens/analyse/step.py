"""Analyse: the gap between what respondents state and how they choose, in every measure there is."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.measures.people import samples
from pipeline.measures.study import measure, of_scenarios
from pipeline.step import Job, Step


def make(job: Job[Params]) -> None:
    enacted, declared, factors = (
        job.read(place) for place in (places.ENACTED, places.DECLARED, places.SCORED_FACTORS)
    )
    params, people = job.params, samples(job.read(places.RESPONDENTS))
    drawn: dict[str, Any] = {"seed": params.seed, "confidence": params.analysis.confidence, "people": people}
    judged, chosen = job.read(places.RATINGS), job.read(places.CHOICES)
    found = measure(enacted, declared, factors, params.values, ratings=judged, pairs=chosen, **drawn)
    # Published answers are to the publication's scenarios: beside this run's stand those that both have.
    grid = job.read(places.FACTORS)["scenario_id"].unique()
    sample = pl.col("respondent").replace(people)
    elsewhere = enacted.filter(~pl.col("scenario_id").is_in(grid.implode())).select(sample).unique()
    both = enacted.filter(sample.is_in(elsewhere["respondent"].implode()))
    same = of_scenarios(grid, both, declared, factors, params.values, **drawn)
    found["alignment"] = pl.concat([found["alignment"], same])
    for name, place in places.ANALYSIS.items():
        job.write(place, found[name])


STEP = Step(
    "analyse",
    make,
    inputs=(
        places.RESPONDENTS,
        places.RATINGS,
        places.CHOICES,
        places.ENACTED,
        places.DECLARED,
        places.SCORED_FACTORS,
        places.FACTORS,
    ),
    outputs=tuple(places.ANALYSIS.values()),
)
