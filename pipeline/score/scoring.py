"""Scores of the PVQ-40: value means, centred on the mean of all answers, and the instrument's exclusions.

After Schwartz's instructions for the PVQ40 (2021): the score of a value is the mean of the answers to its items;
centred, it is that mean minus MRAT, the mean of all answers of the administration. Where they come from, and where
the numbers of the exclusion rules do, is said in ``instruments/pvq40.yaml``.
"""

from __future__ import annotations

import polars as pl

from pipeline.instruments.pvq import KEY, RULES, VALUE_OF, Rules
from pipeline.tables import PvqScores, conform

TOO_MANY_MISSING = "too_many_missing"
STRAIGHT_LINING = "straight_lining"

_ADMINISTRATION = ["respondent", "administration"]


def score_pvq(answers: pl.DataFrame, rules: Rules = RULES) -> pl.DataFrame:
    """Table PvqScores from table PvqAnswers: ten rows an administration, on the scale 1 to 6.

    An item that is not answered leaves both means; an item without a row counts as missing. The rows of an excluded
    administration stand there with the reason in ``excluded`` and without scores.
    """
    value = pl.col("item").replace_strict(VALUE_OF, return_dtype=pl.String)
    by_value = answers.group_by(*_ADMINISTRATION, value=value).agg(
        items=pl.col("answer").count(), mean=pl.col("answer").mean()
    )
    administrations = answers.group_by(_ADMINISTRATION).agg(
        answered=pl.col("answer").count(),
        same=pl.col("answer").drop_nulls().value_counts().struct.field("count").max().fill_null(0),
        overall=pl.col("answer").mean(),
    )
    excluded = (
        pl.when(pl.col("answered") < len(VALUE_OF) - rules.missing)
        .then(pl.lit(TOO_MANY_MISSING))
        .when(pl.col("same") > rules.same)
        .then(pl.lit(STRAIGHT_LINING))
    )
    kept = pl.col("excluded").is_null()
    scores = (
        administrations.with_columns(excluded=excluded)
        .join(pl.DataFrame({"value": list(KEY)}), how="cross")
        .join(by_value, on=[*_ADMINISTRATION, "value"], how="left", validate="1:1")
        .select(
            *_ADMINISTRATION,
            "value",
            pl.col("items").fill_null(0),
            mean=pl.when(kept).then("mean"),
            centred=pl.when(kept).then(pl.col("mean") - pl.col("overall")),
            excluded="excluded",
        )
    )
    return conform(PvqScores, scores, where="scores of the PVQ-40").sort(PvqScores.primary_key())
