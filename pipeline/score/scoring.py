"""Scores of instruments: value means, centred on the mean of all answers, and the instruments' exclusions.

The score of a value is the mean of the answers to its items, turned so that high is "like me"; centred, it is that mean
minus MRAT, the mean of all answers of the administration (S. H. Schwartz's instructions for the PVQ40, the PVQ21 and
the PVQ-RR, 2021). Each instrument's file says where its key and its rules come from.
"""

from __future__ import annotations

import polars as pl

from pipeline.core.errors import InputError
from pipeline.instruments import Instrument, Rules, load
from pipeline.tables import InstrumentScores, conform

TOO_MANY_MISSING = "too_many_missing"
STRAIGHT_LINING = "straight_lining"

_ADMINISTRATION = ["respondent", "instrument", "administration"]


def score_instruments(answers: pl.DataFrame) -> pl.DataFrame:
    """Table InstrumentScores from table InstrumentAnswers, whatever instruments are in it."""
    parts = [
        score(part, load(name))
        for (name,), part in sorted(answers.partition_by("instrument", as_dict=True).items())
    ]
    return pl.concat([InstrumentScores.create_empty(), *parts]).sort(InstrumentScores.primary_key())


def score(answers: pl.DataFrame, instrument: Instrument, rules: Rules | None = None) -> pl.DataFrame:
    """The rows of one instrument: one row for each value of an administration.

    An item that is not answered leaves both means; an item without a row counts as missing. The rows of an excluded
    administration stand there with the reason in ``excluded`` and without scores. InputError for items and answers that
    the instrument does not have.
    """
    rules = rules or instrument.rules
    _check(answers, instrument)
    turned = instrument.low + instrument.high - pl.col("answer") if instrument.reversed else pl.col("answer")
    value = pl.col("item").replace_strict(instrument.value_of, return_dtype=pl.String)
    by_value = answers.group_by(*_ADMINISTRATION, value=value).agg(
        items=pl.col("answer").count(), mean=turned.mean()
    )
    administrations = answers.group_by(_ADMINISTRATION).agg(
        answered=pl.col("answer").count(),
        same=pl.col("answer").drop_nulls().value_counts().struct.field("count").max().fill_null(0),
        overall=turned.mean(),
    )
    excluded = (
        pl.when(pl.col("answered") < len(instrument.items) - rules.missing)
        .then(pl.lit(TOO_MANY_MISSING))
        .when(pl.col("same") > rules.same)
        .then(pl.lit(STRAIGHT_LINING))
    )
    kept = pl.col("excluded").is_null()
    centred = pl.when(kept & instrument.centred).then(pl.col("mean") - pl.col("overall"))
    scores = (
        administrations.with_columns(excluded=excluded)
        .join(pl.DataFrame({"value": list(instrument.key)}), how="cross")
        .join(by_value, on=[*_ADMINISTRATION, "value"], how="left", validate="1:1")
        .select(
            *_ADMINISTRATION,
            "value",
            pl.col("items").fill_null(0),
            mean=pl.when(kept).then("mean"),
            centred=centred,
            excluded="excluded",
        )
    )
    return conform(InstrumentScores, scores, where=f"scores of {instrument.title}").sort(
        InstrumentScores.primary_key()
    )


def _check(answers: pl.DataFrame, instrument: Instrument) -> None:
    for column, known in (("item", instrument.items), ("answer", instrument.scale)):
        strange = answers.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known))
        if strange.height:
            row = strange.row(0, named=True)
            raise InputError(
                f"{column} {row[column]} of {row['respondent']}, administration {row['administration']}: the "
                f"{instrument.title} has {known[0]} to {known[-1]}",
                where="answers to instruments",
                remedy="the table was made with another instrument, or with another coding",
            )
