"""Whether people chose between the actions of today's pairs: a folder of theirs says what its forms showed."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.lens.tables import ShownPairs
from pipeline.tables import PairChoices, read_table

_PAIR = ["scenario_id", "value"]


def others(folders: list[Path], pairs: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Respondent, scenario and value of choices between other actions than those of this run's pair (tables Pairs and
    ValuedActions). Pairs that this run has not got are the folder's own."""
    text = actions.select("action_id", "text")
    today = pairs.select(*_PAIR, "expresses", "opposes")
    for stance in ("expresses", "opposes"):
        today = today.join(text, left_on=stance, right_on="action_id", validate="m:1").with_columns(
            pl.col("text").alias(f"{stance}_today")
        )
        today = today.drop("text")
    found = [pl.DataFrame(schema=dict.fromkeys(("respondent", *_PAIR), pl.String))]
    for folder in folders:
        if not (folder / "pairs.parquet").exists():
            continue
        shown = read_table(ShownPairs, folder / "pairs.parquet")
        changed = shown.join(today.drop("expresses", "opposes"), on=_PAIR).filter(
            (pl.col("expresses") != pl.col("expresses_today"))
            | (pl.col("opposes") != pl.col("opposes_today"))
        )
        chosen = read_table(PairChoices, folder / "choices.parquet").select("respondent", *_PAIR)
        found.append(chosen.join(changed, on=_PAIR, how="semi"))
    return pl.concat(found)
