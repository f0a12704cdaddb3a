"""What one respondent answered, as tables: letters become stances, places values, before anything else sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.lens.administer.design import Design
from pipeline.lens.administer.requests import SCALE
from pipeline.tables import PairChoices, ValueRatings, conform

# Status, rating, what was said, key of the request and origin of the answer, of each value of a request.
Rated = Sequence[tuple[str, int | None, str | None, str | None, str | None]]
# Status, letter, what was said, key and origin.
Chosen = tuple[str, str | None, str | None, str | None, str | None]
_SAID = ("status", "rating", "raw", "request_key", "origin")


def ratings_table(name: str, design: Design, answers: Sequence[Rated]) -> pl.DataFrame:
    """Table ValueRatings from the answers to each row of ``design.ratings``."""
    rows: list[dict[str, Any]] = []
    for asked, said in zip(design.ratings.iter_rows(named=True), answers, strict=True):
        about = {key: asked[key] for key in ("scenario_id", "wording", "order", "repeat", "family")}
        for place, (value, answer) in enumerate(
            zip(asked["values"], said, strict=True), start=asked["first"]
        ):
            rows.append(
                {
                    "respondent": name,
                    **about,
                    "value": value,
                    "place": place,
                    **dict(zip(_SAID, answer, strict=True)),
                }
            )
    table = pl.DataFrame(rows, schema=ValueRatings.create_empty().drop("score").schema)
    # 1 is most agreement: its score is 1.
    score = (SCALE[-1] - pl.col("rating").cast(pl.Float64)) / (SCALE[-1] - SCALE[0])
    return _conform(ValueRatings, table.with_columns(score=score), f"ratings of {name}")


def choices_table(name: str, design: Design, answers: Sequence[Chosen]) -> pl.DataFrame:
    """Table PairChoices from the answer to each row of ``design.choices``."""
    columns = ("status", "letter", "raw", "request_key", "origin")
    said = pl.DataFrame(answers, schema=dict.fromkeys(columns, pl.String), orient="row")
    option = pl.col("letter").replace_strict({"A": 1, "B": 2}, default=None, return_dtype=pl.Int8)
    expressing = pl.when(pl.col("order") == "expressing_first").then(1).otherwise(2)
    table = pl.concat([design.choices, said], how="horizontal").with_columns(
        respondent=pl.lit(name), option=option, expressed=option == expressing
    )
    return _conform(PairChoices, table, f"choices of {name}")


def _conform(schema: Any, table: pl.DataFrame, where: str) -> pl.DataFrame:
    return conform(schema, table.select(schema.column_names()), where=where)
