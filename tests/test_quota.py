"""Quotas: spread over subreddits and years, stable under additions, shortages told with what helps."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import params as params_module
from pipeline.judge.quota import REMEDIES, cells, draw, remedies, shortages
from pipeline.tables.flags import FLAGS
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
    """Accepted candidates: ``cells`` is a list of (category, subreddit, year, count)."""
    rows = [
        {
            "post_id": f"{subreddit.lower()}{year}x{i}",
            "category": category,
            "subreddit": subreddit,
            "created_at": dt.datetime(year, 6, 1, tzinfo=dt.UTC),
            "text": "text",
            "masked": 0,
            "source_sha256": HASH,
            "text_sha256": HASH,
            "outcome": "accepted",
            **dict.fromkeys(FLAGS),
        }
        for category, subreddit, year, count in cells
        for i in range(count)
    ]
    return pl.DataFrame(rows, schema_overrides={"created_at": pl.Datetime("ms", "UTC")})


counts = st.lists(st.integers(0, 6), min_size=15, max_size=15)


def ethics(numbers):
    subreddits = ["AmItheAsshole", "changemyview", "askphilosophy"]
    cells = [(s, y) for s in subreddits for y in range(2020, 2025)]
    return [("Ethics", s, y, n) for (s, y), n in zip(cells, numbers, strict=True)]


@given(numbers=counts, quota=st.integers(1, 40), reserve=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_the_spread_is_as_even_as_the_supply(root, numbers, quota, reserve):
    table = accepted(ethics(numbers))
    if table.is_empty():
        return
    params = with_quota(params_module.load(root / "params.yaml"), quota, reserve)
    drawn = draw(table, params)
    assert (drawn["role"] == "chosen").sum() == min(quota, table.height)
    assert (drawn["role"] == "reserve").sum() == min(reserve, max(0, table.height - quota))
    # Water-filling: a cell that gave fewer than another has nothing left, up to one post.
    filled = cells(table, drawn, params).filter(pl.col("category") == "Ethics")
    most = filled["chosen"].max()
    assert (filled.filter(pl.col("chosen") < pl.col("accepted"))["chosen"] >= most - 1).all()
    assert filled["chosen"].sum() == min(quota, table.height)


def ranks(table, params):
    return dict(draw(table, params).select("post_id", "rank").iter_rows())


@given(numbers=st.lists(st.integers(4, 12), min_size=15, max_size=15), cell=st.integers(0, 14))
@settings(max_examples=40, deadline=None)
def test_a_new_post_moves_only_posts_of_its_own_cell_where_no_cell_had_run_out(root, numbers, cell):
    few = with_quota(params_module.load(root / "params.yaml"), 40, 5)
    grown = [n + (i == cell) for i, n in enumerate(numbers)]
    before, after = (ranks(accepted(ethics(n)), few) for n in (numbers, grown))
    assert len(before.keys() - after.keys()) <= 1
    name = accepted(ethics([int(i == cell) for i in range(15)]))["post_id"][0].rsplit("x", 1)[0]
    moved = {post for post in before if before[post] != after.get(post)}
    assert all(post.startswith(f"{name}x") for post in moved)


def test_a_new_post_takes_one_place_and_seldom_moves_another(params):
    """Of 12 in a cell 2 to 3 are drawn: on average ln(12 / 10) of those drawn before move or leave."""
    few = with_quota(params, 40)
    moved = []
    for cell in range(15):
        for pool in (12, 13, 14, 15):
            numbers = [pool] * 15
            before = ranks(accepted(ethics(numbers)), few)
            after = ranks(accepted(ethics([n + (i == cell) for i, n in enumerate(numbers)])), few)
            moved.append(sum(before[post] != after.get(post) for post in before))
    assert max(moved) <= 3
    assert sum(moved) / len(moved) < 0.5


def test_a_larger_quota_moves_nobody(params):
    table = accepted(ethics([8] * 15))
    small, large = (ranks(table, with_quota(params, n)) for n in (20, 100))
    assert small.items() <= large.items()


def test_where_a_cell_had_run_out_at_most_one_post_leaves_and_the_others_shift_by_one(params):
    few = with_quota(params, 50)
    before, after = (ranks(accepted(ethics([n] + [6] * 14)), few) for n in (1, 2))
    assert len(before.keys() - after.keys()) == 1
    others = {post for post in before if not post.startswith("amitheasshole2020x")}
    assert {after[post] - before[post] for post in others & after.keys()} <= {0, 1}


def test_renaming_a_category_moves_nobody(params):
    renamed = params.model_copy(
        update={"categories": {("Morals" if c == "Ethics" else c): s for c, s in params.categories.items()}}
    )
    table = accepted(ethics([5] * 15))
    other = table.with_columns(category=pl.lit("Morals"))
    assert ranks(table, with_quota(params, 20)) == ranks(other, with_quota(renamed, 20))


def test_the_seed_decides_the_draw(params):
    table = accepted(ethics([4] * 15))
    few = with_quota(params, 20)
    assert draw(table, few).equals(draw(table.sample(fraction=1, shuffle=True, seed=3), few))
    other = draw(table, few.model_copy(update={"seed": 1}))
    assert set(other["post_id"]) != set(draw(table, few)["post_id"])


def test_ranks_count_each_category_from_one_and_reserves_come_last(params):
    table = accepted([*ethics([2] * 15), ("Relationships", "family", 2022, 9)])
    scenarios = draw(table, with_quota(params, 6, 2))
    for _, group in scenarios.group_by("category"):
        assert sorted(group["rank"]) == list(range(1, 9))
        assert group.sort("rank")["role"].to_list() == ["chosen"] * 6 + ["reserve"] * 2


def test_a_shortage_names_the_category_its_emptiest_cells_and_what_helps(params):
    table = accepted([("Ethics", "changemyview", 2021, 4)])
    filled = cells(table, draw(table, params), params)
    lines = shortages(filled, params)
    assert len(lines) == 5
    (line,) = [line for line in lines if line.startswith("Ethics")]
    assert "2 of 6 scenarios missing; 4 of 4 judged candidates were accepted, of 4 that there are" in line
    assert "r/AmItheAsshole 2020: 0 of 0.4 from 0" in line
    assert "and 9 more cells" in line
    assert remedies(params, filled) == "; or ".join(REMEDIES)
    assert all(
        word in remedies(params, filled) for word in ("dates", "score", "subreddits", "judge.prompt", "quota")
    )
    bounded = params.model_copy(update={"judge": params.judge.model_copy(update={"max_candidates": 3})})
    assert remedies(bounded, filled).startswith("a higher judge.max_candidates (now 3)")


def test_scenario_ids_are_opaque_and_stable():
    assert scenario_id("abc123") == scenario_id("abc123")
    assert scenario_id("abc123") != scenario_id("abc124")
    assert "abc123" not in scenario_id("abc123")
