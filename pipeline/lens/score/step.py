"""Score: the answers of all respondents, imported ones too, as one set, and what they enact and declare."""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import InputError
from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.lens.score.shown import others
from pipeline.measures import waist
from pipeline.score.gather import folders_of, together
from pipeline.step import Job, Step
from pipeline.tables import Factors, PairChoices, Respondents, ValueRatings, read_table
from pipeline.tables.places import DATA

TABLES = {"respondents": Respondents, "ratings": ValueRatings, "choices": PairChoices}


def make(job: Job[Params]) -> None:
    administered = [job.path(places.RESPONDENT, name).parent for name in job.params.respondents]
    folders = folders_of(administered, job.root / places.LENS.home / DATA / "imported")
    tables = together(folders, TABLES, job.params.analysis.groups)
    changed = others(folders, job.read(places.PAIRS), job.read(places.ACTIONS))
    if changed.height:
        tables["choices"] = tables["choices"].join(changed, on=list(changed.columns), how="anti")
        job.note(
            f"{changed.height:,} choices of {changed['respondent'].n_unique():,} people are left out: the actions of "
            "their pairs are others by now than the forms showed"
        )
    for name in ("ratings", "choices"):
        _check_values(tables[name], job.params)
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


def _check_values(rows: pl.DataFrame, params: Params) -> None:
    """InputError for answers about values that the inventory of params does not have: nothing of them is left out."""
    strange = rows.filter(~pl.col("value").is_in(params.values.slugs)).sort("respondent", "value")
    if strange.height:
        raise InputError(
            f"{strange['value'].n_unique():,} values, {strange['value'][0]} first, are none of {params.inventory}",
            where=f"answers of {strange['respondent'][0]}",
            remedy="set `inventory` in lens/params.yaml to the one that they are of (svs56 for the publication; "
            "`only_values` says which are asked), or move its folder out of lens/data/imported; "
            "`valact import-published DIR --report FOLDER` reports a publication alone",
        )


STEP = Step(
    "score",
    make,
    inputs=(
        places.RESPONDENT,
        places.ITS_RATINGS,
        places.ITS_CHOICES,
        places.FACTORS,
        places.PAIRS,
        places.ACTIONS,
    ),
    outputs=(
        places.RESPONDENTS,
        places.RATINGS,
        places.CHOICES,
        places.ENACTED,
        places.DECLARED,
        places.SCORED_FACTORS,
    ),
)
