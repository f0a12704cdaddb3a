"""The results and answers that a release hands on: of each model or simulation by itself, of people only as a group
(and no answers)."""

from __future__ import annotations

import math

import polars as pl
from scipy import stats

from pipeline.tables import Answers, Results, conform
from pipeline.tables.evaluation import prompts_of
from pipeline.tables.results import ALL

# Fewer people than this are no group in which nobody is recognised.
FEWEST_PEOPLE = 10
# Kinds whose respondents stand by themselves.
ALONE = ("model", "simulated")
COLUMNS = ("respondent", "mode", "measure", "value", "estimate", "low", "high", "n")
OVERALL = pl.col("language").eq(ALL) & pl.col("wording").eq(0)


def results(
    respondents: pl.DataFrame, tables: dict[str, pl.DataFrame], confidence: float
) -> tuple[pl.DataFrame, int]:
    """Table Results from Respondents and the tables Profiles, Accuracy and Missing; and the number of people who are
    in no group of ``FEWEST_PEOPLE``, and so in no row.

    Published results are left out: they are of other questions.
    """
    found = _measured(tables)
    alone = respondents.filter(pl.col("kind").is_in(ALONE))
    rows = found.join(alone, on="respondent", how="inner", validate="m:1").with_columns(
        prompts=pl.struct("mode", "prompts").map_elements(
            lambda of: prompts_of(of["prompts"]).get(of["mode"]), return_dtype=pl.String
        )
    )
    people = respondents.filter(pl.col("kind") == "human").join(
        found.select("respondent").unique(), on="respondent", how="semi"
    )
    sizes = people.group_by("group").agg(people=pl.len())
    many = people.join(sizes.filter(pl.col("people") >= FEWEST_PEOPLE), on="group", validate="m:1")
    together = _groups(found.join(many, on="respondent", validate="m:1"), confidence)
    columns = Results.column_names()
    table = pl.concat([rows.select(columns), together.select(columns)], how="vertical_relaxed")
    return conform(Results, table, where="results").sort(Results.primary_key()), people.height - many.height


def answers(found: pl.DataFrame, choices: pl.LazyFrame) -> pl.DataFrame:
    """Table Answers from Results and Choices: what models and simulations that have results were asked; not people."""
    alone = found.filter(pl.col("kind").is_in(ALONE)).select("respondent").lazy()
    return choices.select(Answers.column_names()).join(alone, on="respondent", how="semi").collect()


def _measured(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    shares = tables["profiles"].filter(OVERALL, pl.col("category") == ALL)
    shares = shares.select(
        "respondent",
        "mode",
        "value",
        measure=pl.lit("share"),
        estimate="share_of_shown",
        low="shown_low",
        high="shown_high",
        n="shown",
    )
    right = tables["accuracy"].filter(OVERALL)
    right = right.with_columns(measure=pl.lit("accuracy"), estimate="accuracy", n="answered")
    modes = [*tables["profiles"]["mode"].unique(), "selection", "adoption"]
    answered = tables["missing"].filter(
        OVERALL, pl.col("status") == "answered", pl.col("instrument").is_in(modes)
    )
    answered = answered.with_columns(
        mode="instrument", measure=pl.lit("answered"), value=pl.lit(ALL), estimate="share", n="asked"
    )
    parts = [part.select(COLUMNS) for part in (shares, right, answered)]
    return pl.concat(parts, how="vertical_relaxed")


def _groups(rows: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Means over the people of each group, with Student's interval; ``n`` is their number."""
    known = rows.filter(pl.col("estimate").is_not_null())
    grouped = known.group_by("group", "mode", "measure", "value").agg(
        estimate=pl.col("estimate").mean(), sd=pl.col("estimate").std(), n=pl.len()
    )
    reach = [
        (sd or 0.0) / math.sqrt(n) * float(stats.t.ppf((1 + confidence) / 2, n - 1)) if n > 1 else None
        for sd, n in grouped.select("sd", "n").iter_rows()
    ]
    reached = grouped.with_columns(reach=pl.Series(reach, dtype=pl.Float64))
    return reached.with_columns(
        respondent=pl.col("group"),
        low=(pl.col("estimate") - pl.col("reach")).clip(0, 1),
        high=(pl.col("estimate") + pl.col("reach")).clip(0, 1),
        kind=pl.lit("human"),
        source=pl.format("people of {}", "group"),
        **{name: pl.lit(None, pl.String) for name in ("model", "served_model", "answered_on", "prompts")},
    )
