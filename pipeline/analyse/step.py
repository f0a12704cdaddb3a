"""Analyse: enacted and declared values, the gap between them, and what each number is worth."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.analyse.results import FEWEST_PEOPLE, answers, results
from pipeline.analyse.study import Scored, analyse, metrics
from pipeline.core.atomic import write_text, writing
from pipeline.step import Job, Step
from pipeline.tables import places, scan_table


def make(job: Job) -> None:
    scored = replace(
        Scored.read(job.path(places.RESPONDENTS).parent, job.path(places.ACTIONS)),
        posted=job.read(places.SCENARIOS).select("scenario_id", "created_at"),
    )
    tables = analyse(scored, job.params.analysis, job.params.values, job.params.seed)
    for name, place in places.ANALYSIS.items():
        job.write(place, tables[name])
    rows, few = results(scored.respondents, tables, job.params.analysis.confidence)
    job.write(places.RESULTS, rows)
    job.write(places.ANSWERS, answers(rows, scan_table(places.CHOICES.schema, job.path(places.CHOICES))))
    if few:
        job.note(
            f"results: {few} people are in no group of {FEWEST_PEOPLE}, and so in no row that a release carries"
        )
    with writing(job.path(places.ANALYSIS["published"]).with_suffix(".csv")) as part:
        tables["published"].write_csv(part)
    write_text(json.dumps(metrics(tables), indent=2) + "\n", job.root / places.DATA / "metrics/analysis.json")


STEP = Step(
    "analyse",
    make,
    inputs=(
        places.ACTIONS,
        places.SCENARIOS,
        places.RESPONDENTS,
        places.CHOICES,
        places.INSTRUMENT_ANSWERS,
        places.INSTRUMENT_SCORES,
        places.RATINGS,
        places.SCORED_OPTIONS,
        places.SCORED_QUESTIONS,
        places.PUBLISHED_NUMBERS,
        places.COVARIATES,
    ),
    outputs=(*places.ANALYSIS.values(), places.RESULTS, places.ANSWERS),
)
