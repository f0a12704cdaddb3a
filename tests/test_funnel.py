"""The funnel: counts of a finished run add up per category, and a run that does not is refused."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib
import polars as pl
import pytest
from services.finished_run import FATES, POSTS, finished_run, run_params

from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.release import funnel
from pipeline.release.funnel import STEPS
from pipeline.tables import Ledger, Posts, Questions, read_table, write_table

CAREER, ETHICS = "Career & work", "Ethics"


@pytest.fixture
def params() -> Params:
    return run_params()


@pytest.fixture
def data(tmp_path: Path, params: Params) -> Path:
    return finished_run(tmp_path / "data", params)


def test_counts_per_step_and_category(data: Path, params: Params) -> None:
    counts = funnel.count(data, params)

    expected = {
        "posts": POSTS,
        "candidates": POSTS - 3,
        "judged": POSTS - 4,
        "accepted": POSTS - 6,
        "asked": POSTS - 7,
        "scenarios": POSTS - 8,
        "questions": 5 * (POSTS - 8),
    }
    for category in (CAREER, ETHICS):
        assert {step: counts.at(step, category) for step in STEPS} == expected
    assert {step: counts.at(step) for step in STEPS} == {step: 2 * n for step, n in expected.items()}
    assert counts.records == 2 * POSTS + 10


def test_acceptance_is_told_by_subreddit(data: Path, params: Params) -> None:
    """Fates by number: 4 and 5 are not accepted, 6 had no turn; odd numbers are r/AskHR's."""
    table = funnel.count(data, params).acceptance
    assert table.rows() == [
        (CAREER, "AskHR", 4, 4, 3, 0.75),
        (CAREER, "careerguidance", 4, 3, 2, 0.6667),
        (ETHICS, "changemyview", 8, 7, 5, 0.7143),
    ]


def test_reasons_are_counted_by_stage_most_frequent_first(data: Path, params: Params) -> None:
    counts = funnel.count(data, params)

    assert list(counts.because("filter").items()) == [("too_short", 4), ("not_self_post", 2)]
    assert list(counts.because("scrape").items()) == [("other_subreddit", 9), ("bad_json", 1)]
    went = sum(sum(counts.because(stage).values()) for stage in ("filter", "judge", "assemble"))
    assert went == 2 * len(FATES)
    assert counts.failures.rows() == [
        ("writer-1", "words_in_range", 2, 2),
        ("writer-2", "words_in_range", 2, 2),
    ]


def test_a_lost_post_is_an_error_that_names_stage_and_category(data: Path, params: Params) -> None:
    path = data / "filter/ledger.parquet"
    write_table(Ledger, read_table(Ledger, path).filter(pl.col("post_id") != "valactc02"), path)

    with pytest.raises(InputError, match="filter: 11 rows of 'Career & work' came in, but 8 went out and 2"):
        funnel.count(data, params)


def test_a_lost_question_is_an_error(data: Path, params: Params) -> None:
    path = data / "assemble/questions.parquet"
    write_table(Questions, read_table(Questions, path).head(-1), path)

    with pytest.raises(InputError, match="5 questions a scenario"):
        funnel.count(data, params)


def test_a_ledger_of_another_run_is_an_error(data: Path, params: Params) -> None:
    path = data / "judge/ledger.parquet"
    stranger = pl.DataFrame(
        {"post_id": ["zzz"], "stage": ["judge"], "reason": ["voted_out"], "detail": [None]},
        schema_overrides={"detail": pl.String},
    )
    write_table(Ledger, pl.concat([read_table(Ledger, path), stranger]), path)

    with pytest.raises(InputError, match="posts that the scrape does not"):
        funnel.count(data, params)


def test_a_missing_table_is_an_error(data: Path, params: Params) -> None:
    (data / "scrape/posts.parquet").unlink()

    with pytest.raises(InputError, match="does not exist"):
        funnel.count(data, params)


def test_posts_without_a_category_are_counted_apart(data: Path, params: Params) -> None:
    path = data / "scrape/posts.parquet"
    posts = read_table(Posts, path)
    stray = posts.head(1).with_columns(post_id=pl.lit("valactz01"), subreddit=pl.lit("birds"))
    write_table(Posts, pl.concat([posts, stray]), path)
    ledger = read_table(Ledger, data / "filter/ledger.parquet")
    row = ledger.head(1).with_columns(post_id=pl.lit("valactz01"), reason=pl.lit("unknown_subreddit"))
    write_table(Ledger, pl.concat([ledger, row]), data / "filter/ledger.parquet")

    counts = funnel.count(data, params)

    assert counts.categories == [CAREER, ETHICS, funnel.NO_CATEGORY]
    assert counts.at("posts", funnel.NO_CATEGORY) == 1
    assert counts.at("candidates", funnel.NO_CATEGORY) == 0


def test_files_say_the_same_and_are_the_same_bytes_each_time(
    data: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = funnel.count(data, params)
    for run, size in (("one", 9), ("two", 30)):
        monkeypatch.setitem(matplotlib.rcParams, "font.size", size)  # a user's settings do not reach the plot
        funnel.write(
            counts,
            metrics_file=tmp_path / run / "m/funnel.json",
            table_file=tmp_path / run / "p/funnel.csv",
            plot_file=tmp_path / run / "p/funnel.svg",
        )
    for name in ("m/funnel.json", "p/funnel.csv", "p/funnel.svg", "p/acceptance.csv", "p/acceptance.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    metrics = json.loads((tmp_path / "one/m/funnel.json").read_text())
    table = pl.read_csv(tmp_path / "one/p/funnel.csv")
    assert table.columns == ["step", "category", "count"]
    for step in STEPS:
        assert metrics["total"][step] == table.filter(pl.col("step") == step)["count"].sum()
    assert metrics["subreddits"]["AskHR"]["acceptance"] == 0.75
    assert metrics["categories"][ETHICS]["questions"] == 5 * (POSTS - 8)
    svg = (tmp_path / "one/p/funnel.svg").read_text()
    ET.fromstring(svg)
    assert "dc:date" not in svg
    assert "font-family" not in svg  # text is paths: it looks the same without the font
