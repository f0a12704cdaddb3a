"""People in the report: those of a study are one respondent, as in the stage analyse, and nobody is named."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.measures.people import named, samples
from pipeline.report.document import counted
from pipeline.tables.waist import CELL

ANSWERS = ("ratings", "choices", "enacted", "declared")


def together(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with each study's people as one respondent; who answered stands in the answers as ``person``."""
    who = samples(tables["respondents"])
    answers = {name: named(tables[name], who) for name in ANSWERS}
    respondents = named(tables["respondents"], who).unique("respondent", keep="first", maintain_order=True)
    return {**tables, **answers, "respondents": respondents.drop("person")}


def cell(table: pl.DataFrame) -> list[str]:
    """The columns that tell one answer's cell from others; of people who stand together, of each person."""
    return [*CELL, "person"] if "person" in table.columns else CELL


def numbers(tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """How many people there are, by study."""
    studies = tables["respondents"].select("respondent", "kind", "group").filter(kind="human")
    return [
        f"{name}: {counted(_people(tables, name), 'person', 'people')} of the study {group}. Each answered a few "
        "cells, once, and is compared with what that person states; intervals are for people like them. A rate is of "
        "all values of a scenario, so people have F1 over all cells instead."
        for name, group in studies.select("respondent", "group").sort("respondent").iter_rows()
    ]


def _people(tables: Mapping[str, pl.DataFrame], sample: str) -> int:
    return tables["ratings"].filter(respondent=sample)["person"].n_unique()
