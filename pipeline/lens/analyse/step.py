"""Analyse: the gap between what respondents state and how they choose, in every measure there is."""

from __future__ import annotations

from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.measures.study import measure
from pipeline.step import Job, Step


def make(job: Job[Params]) -> None:
    found = measure(
        job.read(places.ENACTED),
        job.read(places.DECLARED),
        job.read(places.SCORED_FACTORS),
        job.params.values,
        seed=job.params.seed,
        confidence=job.params.analysis.confidence,
        ratings=job.read(places.RATINGS),
        pairs=job.read(places.CHOICES),
    )
    for name, place in places.ANALYSIS.items():
        job.write(place, found[name])


STEP = Step(
    "analyse",
    make,
    inputs=(places.RATINGS, places.CHOICES, places.ENACTED, places.DECLARED, places.SCORED_FACTORS),
    outputs=tuple(places.ANALYSIS.values()),
)
