"""Tables as large as params say, where there are none yet: their texts are long, and nobody was asked about them."""

from __future__ import annotations

import polars as pl

from pipeline.designs import load
from pipeline.params import Params
from pipeline.tables import places
from pipeline.tables.places import Place

# Characters of a scenario's and of an action's text, and candidates for each scenario, where no table and no limit
# tells.
TEXT_CHARACTERS, ACTION_CHARACTERS = 1400, 120
CANDIDATES_A_SCENARIO = 6


def candidates(params: Params) -> pl.DataFrame:
    """As many in each category as the judges may be asked about."""
    each = candidates_each(params)
    count = each * len(params.categories)
    return pl.DataFrame(
        {
            "post_id": [f"{number}" for number in range(count)],
            "category": [category for category in params.categories for _ in range(each)],
            "rank": [rank for _ in params.categories for rank in range(1, each + 1)],
            "subreddit": [_subreddit(params)] * count,
            "text": [_text(number, TEXT_CHARACTERS) for number in range(count)],
        }
    )


def candidates_each(params: Params) -> int:
    """How many of a category."""
    wanted = params.quota.per_category + params.quota.reserve
    return params.judge.max_candidates or CANDIDATES_A_SCENARIO * wanted


def scenarios(params: Params, length: int, most: int) -> pl.DataFrame:
    """The scenarios that the quotas want, of texts that long; no more than there are candidates."""
    count = min(params.quota.per_category * len(params.categories), most)
    categories = [*params.categories]
    return pl.DataFrame(
        {
            "scenario_id": [f"s{number:010x}" for number in range(count)],
            "category": [categories[number % len(categories)] for number in range(count)],
            "rank": [number // len(categories) + 1 for number in range(count)],
            "subreddit": [_subreddit(params)] * count,
            "text": [_text(number, length) for number in range(count)],
        }
    )


def material(params: Params, length: int) -> dict[Place, pl.DataFrame]:
    """Everything that respondents are asked: scenarios, questions, options, actions."""
    categories = len(params.categories)
    ids = [f"s{number:010x}" for number in range(categories * params.quota.per_category)]
    scenarios = pl.DataFrame(
        {
            "scenario_id": ids,
            "category": [str(number % categories) for number in range(len(ids))],
            # Requests about equal texts would be one request.
            "text": [_text(number, length) for number in range(len(ids))],
        }
    )
    design = load(params.assemble.design)
    numbers = pl.DataFrame({"n": range(1, design.questions + 1)})
    questions = scenarios.select("scenario_id").join(numbers, how="cross")
    questions = questions.select(
        "scenario_id",
        question_id=pl.format("{}.q{}", "scenario_id", "n"),
        target_value=pl.lit(params.values.slugs[0]),
    )
    slugs = params.values.slugs[: design.options]
    values = pl.DataFrame({"position": range(1, design.options + 1), "value": slugs})
    options = questions.select("question_id").join(values, how="cross")
    options = options.with_columns(action_id=pl.format("{}.{}", "question_id", "position"))
    actions = options.select(
        "action_id",
        "value",
        scenario_id=pl.col("question_id").str.split(".").list.first(),
        # No two are alike either, so that no two questions are one.
        text=pl.format("(of an estimate) {}", "action_id").str.pad_end(ACTION_CHARACTERS, "x"),
    )
    return {
        places.SCENARIOS: scenarios,
        places.QUESTIONS: questions,
        places.OPTIONS: options,
        places.ACTIONS: actions,
    }


def _subreddit(params: Params) -> str:
    return max(params.subreddit_spelling.values(), key=len)


def _text(number: int, characters: int) -> str:
    """A text of that length that no recorded request holds."""
    return f"(text {number} of an estimate) ".ljust(characters, "x")
