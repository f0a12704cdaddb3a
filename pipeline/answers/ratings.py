"""Ratings of texts: how much a value applies in each."""

from __future__ import annotations

import re

import polars as pl

from pipeline.answers.cells import once
from pipeline.answers.study import Study, known
from pipeline.core.seeding import seeded_hash
from pipeline.tables import Ratings
from pipeline.tables.answers import Texts
from pipeline.tables.columns import SCENARIO_ID


def ratings(study: Study, ids: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = known(study, "ratings", ids)
    if table is None:
        return Ratings.create_empty(), Texts.create_empty()
    file = study.file("ratings")
    own = {text: _text_id(text) for text in table["text_id"].unique().sort()}
    table = table.with_columns(
        scenario_id=pl.col("text_id").replace_strict(own, return_dtype=pl.String),
        value=pl.col("value").str.to_lowercase().str.replace_all(r"[\s-]+", "_"),
    )
    strange = ~pl.col("value").is_in(list(study.values.slugs))
    study.ledger.leave_out(table.filter(strange), file, "value_not_known", pl.col("value"))
    table = table.filter(~strange)
    beyond = (pl.col("rating") < 1) | (pl.col("rating") > 6)
    study.ledger.leave_out(table.filter(beyond), file, "out_of_range", "ratings are from 1 to 6")
    table = table.filter(~beyond.fill_null(value=False))
    table = once(
        table, ["respondent", "language", "wording", "repeat", "scenario_id", "value"], file, study.ledger
    )
    rated = table.with_columns(
        status=pl.when(pl.col("rating").is_not_null())
        .then(pl.lit("answered"))
        .otherwise(pl.coalesce(pl.col("status").replace("answered", None), pl.lit("failed"))),
        request_key=pl.lit(None, pl.String),
        origin=pl.lit(None, pl.String),
    ).select(Ratings.column_names())
    texts = [{"scenario_id": key, "text_id": text} for text, key in own.items() if key != text]
    return rated, pl.DataFrame(texts, schema=Texts.create_empty().schema)


def _text_id(text: str) -> str:
    """Our own ids as they are, any other one as a hash in their form."""
    return text if re.fullmatch(SCENARIO_ID, text) else f"s{seeded_hash(0, 'rated text', text):016x}"[:11]
