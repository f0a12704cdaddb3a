"""Tables of the lens as large as params say, where there are none yet."""

from __future__ import annotations

import polars as pl

from pipeline.lens import places
from pipeline.lens.grid.step import scenarios
from pipeline.lens.params import Params
from pipeline.tables.places import Place

# Characters of an action: 22 words.
ACTION_CHARACTERS = 130


def tables(params: Params) -> dict[Place, pl.DataFrame]:
    """The grid, and both actions of each of its pairs."""
    grid = pl.DataFrame(scenarios(params))
    cells = grid.select("scenario_id").join(pl.DataFrame({"value": params.asked}), how="cross")
    ids = pl.format("{}.{}.{}", "scenario_id", "value", pl.lit(params.generate.generator))
    pairs = cells.with_columns(expresses=ids, opposes=pl.concat_str(ids, pl.lit(".opposes")))
    actions = pl.concat([pairs["expresses"], pairs["opposes"]]).rename("action_id").to_frame()
    text = "(text of an estimate) ".ljust(ACTION_CHARACTERS, "x")
    return {
        places.SCENARIOS: grid,
        places.PAIRS: pairs,
        places.ACTIONS: actions.with_columns(text=pl.lit(text)),
    }
