"""Tables of the lens as large as params say, where there are none yet."""

from __future__ import annotations

import polars as pl

from pipeline.lens import places
from pipeline.lens.grid.step import scenarios
from pipeline.lens.params import Params
from pipeline.tables.places import Place

# Characters of an action: 22 words.
ACTION_CHARACTERS = 130
CELLS = ("scenario_id", "value")


def tables(params: Params) -> dict[Place, pl.DataFrame]:
    """The grid, and both actions of each of its pairs."""
    grid = pl.DataFrame(scenarios(params))
    cells = grid.select("scenario_id").join(pl.DataFrame({"value": params.asked}), how="cross")
    ids = pl.format("{}.{}.{}", "scenario_id", "value", pl.lit(params.generate.generator))
    pairs = cells.with_columns(expresses=ids, opposes=pl.concat_str(ids, pl.lit(".opposes")))
    actions = pl.concat(
        [pairs.select(*CELLS, action_id=stance, stance=pl.lit(stance)) for stance in ("expresses", "opposes")]
    )
    # No two actions are alike, so that no two questions about them are one.
    text = pl.format("(of an estimate) {}", "action_id").str.pad_end(ACTION_CHARACTERS, "x")
    asked = pl.DataFrame({"respondent": list(params.respondents)}, schema={"respondent": pl.String})
    # As many agree as do not, as far as balanced draws go: examples and questions are as many as params have it.
    answered = asked.join(cells, how="cross").with_columns(holds=pl.int_range(pl.len()) % 2 == 0)
    return {
        places.RESPONDENTS: asked.with_columns(kind=pl.lit("model")),
        places.DECLARED: answered.select("respondent", *CELLS, score=pl.col("holds").cast(pl.Float64)),
        places.ENACTED: answered.select(
            "respondent",
            *CELLS,
            expressed=pl.col("holds").cast(pl.Int32),
            shown=pl.lit(1, pl.Int32),
            by_chance=pl.lit(0.5),
        ),
        places.SCENARIOS: grid,
        places.PAIRS: pairs,
        places.ACTIONS: actions.with_columns(
            text=text, explanation=text, spans=pl.concat_list(text.str.head(40)), status=pl.lit("ok")
        ),
    }
