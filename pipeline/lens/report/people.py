"""People in the report: those of a study are one respondent, as in the stage analyse, and nobody is named."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.measures.people import named, samples

ANSWERS = ("ratings", "choices", "enacted", "declared")


def together(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with each study's people as one respondent; who answered stands in the answers as ``person``."""
    who = samples(tables["respondents"])
    answers = {name: named(tables[name], who) for name in ANSWERS}
    respondents = named(tables["respondents"], who).unique("respondent", keep="first", maintain_order=True)
    return {**tables, **answers, "respondents": respondents.drop("person")}


def numbers(tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """How many people there are, by study."""
    kind = tables["respondents"].select("respondent", "kind", "group").filter(kind="human")
    counted = (
        tables["ratings"]
        .join(kind, on="respondent")
        .group_by("respondent", "group")
        .agg(pl.col("person").n_unique())
    )
    return [
        f"{name} are the {count:,} people of the study {group}: each answered a few cells, once, and is compared with "
        "what that person states. Their intervals are for people like them; no rate is of one scenario's values, so "
        "theirs is F1 over all cells (data/analyse)."
        for name, group, count in counted.sort("respondent").iter_rows()
    ]
