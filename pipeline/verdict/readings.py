"""What models that read actions blindly saw in them, put together from each reader's label."""

from __future__ import annotations

import polars as pl


def read_as(actions: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    """Each of Actions by its Readings: ``read_as`` is what two readers say, empty where no two agree; ``readers`` gave
    a valid label, ``recognised`` of them the value intended.

    Rows: action_id, read_as, readers, recognised, one an action in the order of ``actions``; of actions that nobody
    read, with no label and zeros. Readings of texts that were replaced since do not count.
    """
    labels = (
        actions.select("action_id", "attempt", "value")
        .join(readings, on=["action_id", "attempt"], how="inner", validate="1:m")
        .drop_nulls("label")
    )
    counted = labels.group_by("action_id").agg(
        readers=pl.len().cast(pl.Int8),
        recognised=(pl.col("label") == pl.col("value")).sum().cast(pl.Int8),
    )
    agreed = labels.group_by("action_id", "label").len().filter(pl.col("len") > 1)
    return (
        actions.select("action_id")
        .join(agreed.select("action_id", read_as="label"), on="action_id", how="left", validate="1:1")
        .join(counted, on="action_id", how="left", validate="1:1")
        .with_columns(pl.col("readers", "recognised").fill_null(0))
    )
