"""Score: the answers of all respondents, imported ones too, as one set, and what they enact and declare."""

from __future__ import annotations

import polars as pl

from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.measures import waist
from pipeline.score.gather import folders_of, together
from pipeline.step import Job, Step
from pipeline.tables import Factors, PairChoices, Respondents, ValueRatings, check_values, read_table
from pipeline.tables.places import DATA

TABLES = {"respondents": Respondents, "ratings": ValueRatings, "choices": PairChoices}


def make(job: Job[Params]) -> None:
    administered = [job.path(places.RESPONDENT, name).parent for name in job.params.respondents]
    folders = folders_of(administered, job.root / places.LENS.home / DATA / "imported")
    tables = together(folders, TABLES, job.params.analysis.groups)
    for name in ("ratings", "choices"):
        check_values(tables[name], ("value",), job.params.values.slugs, where=f"{name} of all respondents")
    job.write(places.RESPONDENTS, tables["respondents"])
    job.write(places.RATINGS, tables["ratings"])
    job.write(places.CHOICES, tables["choices"])
    job.write(places.ENACTED, waist.enacted_of(tables["choices"]))
    job.write(places.DECLARED, waist.declared_of(tables["ratings"]))
    # Published answers may be about countries and topics that this run does not have: they bring theirs.
    brought = [
        read_table(Factors, file) for folder in folders if (file := folder / "factors.parquet").exists()
    ]
    job.write(places.SCORED_FACTORS, pl.concat([job.read(places.FACTORS), *brought]).unique())


STEP = Step(
    "score",
    make,
    inputs=(places.RESPONDENT, places.ITS_RATINGS, places.ITS_CHOICES, places.FACTORS),
    outputs=(
        places.RESPONDENTS,
        places.RATINGS,
        places.CHOICES,
        places.ENACTED,
        places.DECLARED,
        places.SCORED_FACTORS,
    ),
)
