"""Quotas: even spread over subreddits and years, stable under additions, shortages told."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import params as params_module
from pipeline.judge.quota import draw, shortages
from pipeline.tables import Candidates, conform
from pipeline.tables.ids import scenario_id

HASH = "0" * 64


@pytest.fixture(scope="module")
def params(root):
    return params_module.load(root / "params.yaml")


def with_quota(params, per_category, reserve=0):
    return params.model_copy(
        update={"quota": params.quota.model_copy(update={"per_category": per_category, "reserve": reserve})}
    )


def accepted(cells):
    """Candidates: ``cells`` is a list of (category, subreddit, year, count)."""
    rows = [
        {
            "post_id": f"{subreddit.lower()}{year}x{i}",
            "category": category,
            "subreddit": subreddit,
            "created_at": dt.datetime(year, 6, 1, tzinfo=dt.UTC),
            "text": "text",
            "words": 50,
            "masked": 0,
            "source_sha256": HASH,
            "text_sha256": HASH,
        }
        for category, subreddit, year, count in cells
        for i in range(count)
    ]
    return conform(Candidates, rows, where="test")


counts = st.lists(st.integers(0, 6), min_size=15, max_size=15)


def ethics(numbers):
    subreddits = ["AmItheAsshole", "changemyview", "askphilosophy"]
    cells = [(s, y) for s in subreddits for y in range(2020, 2025)]
    return [("Ethics", s, y, n) for (s, y), n in zip(cells, numbers, strict=True)]


@given(numbers=counts, quota=st.integers(1, 40), reserve=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_posts_are_kept_or_told_and_the_spread_is_as_even_as_the_supply(root, numbers, quota, reserve):
    table = accepted(ethics(numbers))
    drawn = draw(table, with_quota(params_module.load(root / "params.yaml"), quota, reserve))
    assert drawn.scenarios.height + drawn.ledger.height == table.height
    assert (drawn.scenarios["role"] == "chosen").sum() == min(quota, table.height)
    assert (drawn.scenarios["role"] == "reserve").sum() == min(reserve, max(0, table.height - quota))
    # Water-filling: a cell that gave fewer than another has nothing left, up to one post.
    cells = drawn.cells.filter(pl.col("category") == "Ethics")
    most = cells["chosen"].max()
    assert (cells.filter(pl.col("chosen") < pl.col("accepted"))["chosen"] >= most - 1).all()
    assert cells["chosen"].sum() == min(quota, table.height)


def test_a_new_post_replaces_at_most_one_other(params):
    few = with_quota(params, 20)
    before = draw(accepted(ethics([4] * 15)), few).scenarios
    after = draw(accepted(ethics([5] + [4] * 14)), few).scenarios
    gone = set(before["post_id"]) - set(after["post_id"])
    assert len(gone) <= 1


def test_the_seed_decides_the_draw(params):
    table = accepted(ethics([4] * 15))
    few = with_quota(params, 20)
    assert draw(table, few).scenarios.equals(
        draw(table.sample(fraction=1, shuffle=True, seed=3), few).scenarios
    )
    other = draw(table, few.model_copy(update={"seed": 1})).scenarios
    assert set(other["post_id"]) != set(draw(table, few).scenarios["post_id"])


def test_ranks_count_each_category_from_one_and_reserves_come_last(params):
    table = accepted([*ethics([2] * 15), ("Relationships", "family", 2022, 9)])
    scenarios = draw(table, with_quota(params, 6, 2)).scenarios
    for _, group in scenarios.group_by("category"):
        assert sorted(group["rank"]) == list(range(1, 9))
        assert group.sort("rank")["role"].to_list() == ["chosen"] * 6 + ["reserve"] * 2


def test_a_shortage_names_the_category_and_its_emptiest_cells(params):
    drawn = draw(accepted([("Ethics", "changemyview", 2021, 4)]), params)
    lines = shortages(drawn.cells, 6)
    assert len(lines) == 5
    ethics_line = next(line for line in lines if line.startswith("Ethics"))
    assert "2 of 6 scenarios missing" in ethics_line
    assert "0 of 0.4" in ethics_line


def test_scenario_ids_are_opaque_and_stable():
    assert scenario_id("abc123") == scenario_id("abc123")
    assert scenario_id("abc123") != scenario_id("abc124")
    assert "abc123" not in scenario_id("abc123")
