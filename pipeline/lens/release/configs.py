"""The configs of a release of the lens: their schemas, and the tables that the pipeline's tables make."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipeline.lens.release.validation import ValidationConfig
from pipeline.lens.tables import GridScenarios, ValuedActions
from pipeline.tables import PairChoices, ValueRatings, conform, value_column
from pipeline.tables.columns import ACTION_ID, SCENARIO_ID


class PairsConfig(dy.Schema):
    """One row a pair: an action that expresses the value and one that opposes it, with all that is needed to ask."""

    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="The scenario, by its opaque id")
    value = value_column("The value", primary_key=True)
    country = dy.String(nullable=False, min_length=1, description="The country in which one lives")
    topic = dy.String(nullable=False, min_length=1, description="What is at stake")
    expresses_id = dy.String(
        nullable=False, regex=ACTION_ID, description="The action that expresses the value"
    )
    expresses = dy.String(nullable=False, min_length=1, description="Its text")
    opposes_id = dy.String(nullable=False, regex=ACTION_ID, description="The action that opposes it")
    opposes = dy.String(nullable=False, min_length=1, description="Its text")
    same_matter = dy.Bool(
        nullable=False, description="The two share a word that is no commonplace: they are about one thing"
    )


# In the order in which people read about them.
CONFIGS: dict[str, type[dy.Schema]] = {
    "pairs": PairsConfig,
    "actions": ValuedActions,
    "scenarios": GridScenarios,
    "ratings": ValueRatings,
    "choices": PairChoices,
    "validation": ValidationConfig,
}
DEFAULT = "pairs"


def tables(
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    pairs: pl.DataFrame,
    ratings: pl.DataFrame,
    choices: pl.DataFrame,
    validation: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """The config tables by name, in the order of their primary keys; Polars raises on a join that is not m:1."""
    text = actions.select("action_id", "text")
    shown = pairs.rename({"expresses": "expresses_id", "opposes": "opposes_id"}).join(
        scenarios, on="scenario_id", how="left", validate="m:1"
    )
    for stance in ("expresses", "opposes"):
        shown = shown.join(
            text.rename({"action_id": f"{stance}_id", "text": stance}),
            on=f"{stance}_id",
            how="left",
            validate="1:1",
        )
    parts = {
        "pairs": shown,
        "actions": actions,
        "scenarios": scenarios,
        "ratings": ratings,
        "choices": choices,
        "validation": validation,
    }
    return {
        name: conform(
            schema, parts[name].select(list(schema.columns())), where=f"release config {name}"
        ).sort(schema.primary_key())
        for name, schema in CONFIGS.items()
    }
