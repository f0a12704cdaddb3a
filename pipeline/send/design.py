"""The items of a round of validation: which actions, questions and scenarios raters see, and how many of each.

Actions are stratified over value x generator x category: every stratum gives its first action (by seeded hash), then
its second, and so on, in an order of strata that stays balanced wherever the sample ends. Strata are equally large
where the quotas are filled, and the sample is then proportional. A new post moves at most one action in each of its
strata and no other; only the size of the sample may grow by an item with the size of the release.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.params import Params
from pipeline.params.validation import Precision
from pipeline.send import checks
from pipeline.tables import Items, conform
from pipeline.tables.ids import ITEM_STEM
from pipeline.verdict.readings import read_as


def draw(
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    questions: pl.DataFrame,
    options: pl.DataFrame,
    params: Params,
    readings: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Items for Scenarios, Actions, Questions and Options of the assemble stage.

    A value item shows an action in its scenario; a distractor shows it in a scenario of another category (of the
    same one where there is no other), so that an attentive rater answers that it expresses none of the values. An
    option item shows a question and names the value of its target. ``item_id`` is a hash: who sees it learns
    nothing, and its first characters (``item_stem``) stay when the text that is shown changes. Actions that
    ``readings`` (Readings) say models see another value in come besides, marked as doubtful; where no plain ones are
    wanted, distractors are those in which models do not see the same value, fewer than wanted where there are fewer.
    """
    rules, seed = params.validation.sample, params.seed
    categories = dict(scenarios.select("scenario_id", "category").iter_rows())
    home = actions.with_columns(category=pl.col("scenario_id").replace_strict(categories))
    values = params.values.slugs
    strata = (values, params.generate.generators, sorted(set(categories.values())))
    of_action = ["value", "generator", "category"]

    count = sample_size(rules, home.height)
    ranked = in_order(home, "action_id", of_action, strata, seed, "value")
    value = ranked.head(count)
    doubtful = _doubtful(home, value, readings, seed).head(round(rules.doubtful * count))
    others = home.join(value.select("action_id"), on="action_id", how="anti")
    if not rules.plain_distractors and readings is not None:
        others = checks.usable(others, readings, doubtful)
    spare = in_order(others, "action_id", of_action, strata, seed, "distractor")
    misplaced = [
        {**row, "scenario_id": where, "category": categories[where], "distractor": True}
        for row in spare.head(round(rules.distractors * count)).iter_rows(named=True)
        if (where := checks.another_scenario(row, categories, seed))
    ]
    asked = questions.with_columns(
        category=pl.col("scenario_id").replace_strict(categories), value=pl.col("target_value")
    )
    option = in_order(asked, "question_id", ["value", "category"], (values, strata[2]), seed, "option")
    scenario = in_order(scenarios, "scenario_id", ["category"], (strata[2],), seed, "scenario")

    shown = _shown(scenarios, actions, options)
    make = _maker(params, shown)
    rows = [
        *(make("value", row) for row in [*value.iter_rows(named=True), *misplaced]),
        *(make("value", row | {"doubtful": True}) for row in doubtful.iter_rows(named=True)),
        *(make("option", row) for row in option.head(round(rules.options * count)).iter_rows(named=True)),
        *(
            make("scenario", row)
            for row in scenario.head(round(rules.scenarios * count)).iter_rows(named=True)
        ),
    ]
    return conform(Items, rows, where="items").sort("item_id")


def follow_up(
    first: pl.DataFrame,
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    new: Iterable[str],
    params: Params,
    round_: str,
) -> pl.DataFrame:
    """Items for the actions whose texts are ``new`` after a repair, each in its own scenario.

    ``first`` are the Items of the round in which the old texts were rejected; as many raters as there judge the new.
    """
    named = params.validation.model_copy(update={"round": round_})
    make = _maker(params.model_copy(update={"validation": named}), _shown(scenarios, actions, None))
    categories = dict(scenarios.select("scenario_id", "category").iter_rows())
    judged = first.filter((pl.col("task") == "value") & ~pl.col("distractor"))
    again = judged.select("action_id", "doubtful", wanted="raters").join(
        actions.filter(pl.col("action_id").is_in(list(new))), on="action_id", validate="1:1"
    )
    rows = [
        make("value", {**row, "category": categories[row["scenario_id"]]}) | {"raters": row["wanted"]}
        for row in again.iter_rows(named=True)
    ]
    return conform(Items, rows, where="items").sort("item_id")


def mark(items: pl.DataFrame, replaced: Iterable[str], options: pl.DataFrame) -> pl.DataFrame:
    """The items, those marked that show an action whose text is another one now."""
    gone = list(replaced)
    questions = options.filter(pl.col("action_id").is_in(gone))["question_id"].unique().to_list()
    shown = pl.col("action_id").is_in(gone).fill_null(False) | pl.col("question_id").is_in(
        questions
    ).fill_null(False)
    return items.with_columns(replaced=shown)


def sample_size(rules: Precision, population: int) -> int:
    """How many actions give a Wilson interval of ``half_width`` at the accuracy ``expected``.

    Wilson (1927): half-width = z / (1 + z²/n) * sqrt(p (1 - p) / n + z² / 4n²); the least such n, with the finite
    population correction n / (1 + (n - 1) / N) of Cochran (1977), section 4.2.
    """
    from scipy.stats import norm

    z, p = float(norm.ppf((1 + rules.confidence) / 2)), rules.expected

    def half_width(n: int) -> float:
        return z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))

    high = 1
    while half_width(high) > rules.half_width:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if half_width(middle) > rules.half_width else (low, middle)
    return min(population, math.ceil(high / (1 + (high - 1) / population))) if population else 0


def in_order(
    rows: pl.DataFrame,
    key: str,
    columns: Sequence[str],
    levels: Sequence[Sequence[str]],
    seed: int,
    purpose: str,
) -> pl.DataFrame:
    """The rows in drawing order: any head of it is a sample stratified over ``columns`` with these ``levels``."""
    order = balanced_order(levels, seed, purpose)
    places = pl.DataFrame([*order], schema=dict.fromkeys(columns, pl.String), orient="row").with_row_index(
        "place"
    )
    hashes = pl.Series("hash", [seeded_hash(seed, f"draw {purpose}", one) for one in rows[key]], pl.UInt64)
    return (
        rows.with_columns(hashes)
        .join(places, on=list(columns), how="left", validate="m:1")
        .sort("hash", key)
        .with_columns(layer=pl.int_range(pl.len()).over(columns))
        .sort("layer", "place", "hash", key)
        .drop("hash", "place", "layer")
    )


def balanced_order(levels: Sequence[Sequence[str]], seed: int, purpose: str) -> list[tuple[str, ...]]:
    """Every combination of the levels once, so that each head of the list is spread evenly over all margins.

    Greedy: the next is the one whose levels, and pairs of levels, have been used least for their number; the seed
    settles ties.
    """
    cells = list(product(*levels))
    shares = np.array(
        [seeded_hash(seed, f"strata {purpose}", "\x1f".join(cell)) for cell in cells], np.uint64
    )
    margins = []
    for size in (1, 2):
        for places in combinations(range(len(levels)), size):
            names = {part: n for n, part in enumerate(product(*(levels[i] for i in places)))}
            margins.append((len(names), np.array([names[tuple(cell[i] for i in places)] for cell in cells])))
    cost, taken, order = np.zeros(len(cells), np.int64), np.iinfo(np.int64).max, []
    for _ in cells:
        least = np.flatnonzero(cost == cost.min())
        best = int(least[shares[least].argmin()])
        order.append(cells[best])
        for weight, group in margins:
            cost[(group == group[best]) & (cost != taken)] += weight
        cost[best] = taken
    return order


def _doubtful(
    actions: pl.DataFrame, drawn: pl.DataFrame, readings: pl.DataFrame | None, seed: int
) -> pl.DataFrame:
    """Actions that are not drawn and that models do not read as intended, those that fewest recognise first."""
    if readings is None:
        return actions.clear()
    others = actions.join(drawn.select("action_id"), on="action_id", how="anti")
    lots = {one: seeded_hash(seed, "draw doubtful", one) for one in others["action_id"]}
    return (
        others.join(read_as(others, readings), on="action_id", validate="1:1")
        .filter(pl.col("readers") > 0, pl.col("read_as").ne_missing(pl.col("value")))
        .with_columns(lot=pl.col("action_id").replace_strict(lots, default=None, return_dtype=pl.UInt64))
        .sort("recognised", "lot")
        .select(actions.columns)
    )


def _shown(scenarios: pl.DataFrame, actions: pl.DataFrame, options: pl.DataFrame | None) -> dict[str, str]:
    """Text by scenario_id and action_id, and of the options together by question_id."""
    texts = dict(scenarios.select("scenario_id", "text").iter_rows())
    texts |= dict(actions.select("action_id", "text").iter_rows())
    if options is None:
        return texts
    dealt = options.sort("question_id", "position").group_by("question_id", maintain_order=True)
    return texts | {
        question: "\x1f".join(texts[action] for action in shown)
        for question, shown in dealt.agg("action_id").iter_rows()
    }


def _maker(params: Params, shown: dict[str, str]) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    rules, seed, round_ = params.validation.sample, params.seed, params.validation.round

    def make(task: str, row: dict[str, Any]) -> dict[str, Any]:
        action = row["action_id"] if task == "value" else None
        question = row["question_id"] if task == "option" else None
        named = row["target_value"] if task == "option" else None
        about = "\x1f".join([round_, task, row["scenario_id"], action or question or "", named or ""])
        there = action or question
        text = "\x1f".join([shown[row["scenario_id"]], shown[str(there)] if there else ""])
        digest = hashlib.sha256(text.encode()).hexdigest()
        stem = f"i{seeded_hash(seed, 'item', about):016x}"[:ITEM_STEM]
        distractor, doubtful = row.get("distractor", False), row.get("doubtful", False)
        everybody = distractor or seeded_hash(seed, "overlap", about) < rules.overlap * 2**64
        return {
            "item_id": f"{stem}{seeded_hash(seed, about, digest):016x}"[: ITEM_STEM + 7],
            "round": round_,
            "task": task,
            "block": seeded_hash(seed, "block", about) % rules.blocks,
            "scenario_id": row["scenario_id"],
            "action_id": action,
            "question_id": question,
            "intended": named or (row["value"] if task == "value" else None),
            "distractor": distractor,
            "doubtful": doubtful,
            "replaced": False,
            "category": row["category"],
            "generator": row["generator"] if task == "value" else None,
            "raters": rules.raters if everybody else 1,
            "shown_sha256": digest,
        }

    return make
