"""The whole analysis on studies whose truth is known, against the same numbers counted the long way round."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from services.simulated_study import Truth, study, truth

from pipeline.analyse.families import ALONE, FAMILIES
from pipeline.analyse.study import ASKED_FOR, Scored, analyse, metrics
from pipeline.cli import main
from pipeline.compare.sides import Side, compare
from pipeline.core.errors import InputError
from pipeline.params.analysis import Analysis
from pipeline.tables import ANALYSIS_TABLES, Scenarios
from pipeline.values import load as load_inventory

TEN = load_inventory("schwartz10")
SLUGS = TEN.slugs

SETTINGS = Analysis(draws=400)
FILES = (
    "respondents",
    "choices",
    "instrument_answers",
    "instrument_scores",
    "ratings",
    "options",
    "questions",
)


@pytest.fixture(scope="module")
def scored() -> Scored:
    rng = np.random.default_rng(11)
    made = study(truth(3, rng), rng, scenarios=40)
    # One answer in twenty is refused.
    refused = pl.Series(rng.random(made.choices.height) < 0.05)
    empty = [pl.when(~refused).then(pl.col(name)).alias(name) for name in ("letter", "position", "value")]
    status = pl.when(refused).then(pl.lit("refused")).otherwise(pl.col("status"))
    return replace(made, choices=made.choices.with_columns(*empty, status=status))


@pytest.fixture(scope="module")
def tables(scored: Scored) -> dict[str, pl.DataFrame]:
    return analyse(scored, SETTINGS, TEN, seed=1)


def person(scored: Scored, mode: str, name: str = "m01") -> pl.DataFrame:
    return scored.choices.filter(pl.col("respondent") == name, pl.col("mode") == mode)


def test_profiles_are_counts(scored: Scored, tables: dict[str, pl.DataFrame]) -> None:
    chosen = person(scored, "default").drop_nulls("value")
    shown = chosen.select("question_id").join(scored.options, on="question_id")
    ethics = scored.questions.filter(pl.col("category") == "Ethics")
    for keys, rows, of_shown in (
        ({"category": "all", "wording": 0}, chosen, shown),
        (
            {"category": "Ethics", "wording": 0},
            chosen.join(ethics, on="question_id", how="semi"),
            shown.join(ethics, on="question_id", how="semi"),
        ),
    ):
        found = tables["profiles"].filter(
            pl.col("respondent") == "m01",
            pl.col("mode") == "default",
            pl.col("language") == "all",
            *(pl.col(key) == value for key, value in keys.items()),
        )
        times, offered = (dict(part["value"].value_counts().iter_rows()) for part in (rows, of_shown))
        for row in found.iter_rows(named=True):
            assert row["chosen"] == times.get(row["value"], 0)
            assert row["shown"] == offered[row["value"]]
            assert row["share_of_choices"] == pytest.approx(row["chosen"] / rows.height)
            assert row["low"] <= row["share_of_choices"] <= row["high"]


def test_intervals_of_shares_are_those_of_resampled_rows(
    scored: Scored, tables: dict[str, pl.DataFrame]
) -> None:
    """The same bootstrap with rows in hand: scenarios drawn, their rows taken along, the share counted anew."""
    chosen = person(scored, "default").drop_nulls("value")
    parts = [part["value"].to_numpy() for _, part in chosen.group_by("scenario_id")]
    rng = np.random.default_rng(3)
    drawn = [
        np.mean(np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))]) == "power")
        for _ in range(4000)
    ]
    row = tables["profiles"].row(
        by_predicate=(pl.col("respondent") == "m01")
        & (pl.col("mode") == "default")
        & (pl.col("category") == "all")
        & (pl.col("wording") == 0)
        & (pl.col("value") == "power"),
        named=True,
    )
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * np.std(drawn) * 1.05, rel=0.15)


def test_accuracy_counts_what_is_missing_both_ways(scored: Scored, tables: dict[str, pl.DataFrame]) -> None:
    asked = person(scored, "adoption").filter(pl.col("target_value") == "security")
    right = (asked["value"] == asked["target_value"]).sum()
    row = tables["accuracy"].row(
        by_predicate=(pl.col("respondent") == "m01")
        & (pl.col("mode") == "adoption")
        & (pl.col("wording") == 0)
        & (pl.col("value") == "security"),
        named=True,
    )
    assert (row["asked"], row["right"]) == (asked.height, right)
    assert row["answered"] == asked["value"].count() < asked.height
    assert row["accuracy"] == pytest.approx(right / row["answered"])
    assert row["accuracy_of_asked"] == pytest.approx(right / asked.height)


def test_drops_are_of_the_same_questions(scored: Scored, tables: dict[str, pl.DataFrame]) -> None:
    key = ["question_id", "wording"]
    selection, adoption = (
        person(scored, mode).drop_nulls("value").with_columns(right=pl.col("value") == pl.col("target_value"))
        for mode in ("selection", "adoption")
    )
    pairs = selection.join(adoption, on=key, suffix="_b")
    majority = pairs.group_by("question_id").agg(
        selection=pl.col("right").mean() > 0.5, adoption=pl.col("right_b").mean() > 0.5
    )
    with_majority = pairs.join(majority, on="question_id")
    row = tables["drops"].row(
        by_predicate=(pl.col("respondent") == "m01") & (pl.col("value") == "all"), named=True
    )
    assert row["pairs"] == pairs.height
    assert row["drop"] == pytest.approx(pairs["right"].mean() - pairs["right_b"].mean())
    assert row["only_selection"] == majority.filter("selection", ~pl.col("adoption")).height
    assert row["only_adoption"] == majority.filter("adoption", ~pl.col("selection")).height
    assert row["adoption_given_selection"] == pytest.approx(
        with_majority.filter("selection")["right_b"].mean()
    )
    assert row["selection_given_adoption"] == pytest.approx(with_majority.filter("adoption")["right"].mean())
    assert row["restricted_drop"] == pytest.approx(1 - row["adoption_given_selection"])


def test_agreement_is_of_pairs_of_answers_under_different_wordings(
    scored: Scored, tables: dict[str, pl.DataFrame]
) -> None:
    one, other = (
        scored.choices.filter(pl.col("respondent") == name, pl.col("mode") == "default").drop_nulls(
            "position"
        )
        for name in ("m00", "m01")
    )
    shares = (
        one.join(other, on="question_id", suffix="_b")
        .filter(pl.col("wording") != pl.col("wording_b"))
        .group_by("question_id")
        .agg((pl.col("position") == pl.col("position_b")).mean())
    )
    row = tables["agreement"].row(
        by_predicate=(pl.col("mode") == "default") & (pl.col("a") == "m00") & (pl.col("b") == "m01"),
        named=True,
    )
    assert row["questions"] == shares.height
    assert row["share"] == pytest.approx(shares["position"].mean())


def test_wordings_are_compared_where_the_options_stood_in_one_order_and_where_in_two(scored: Scored) -> None:
    """A respondent who always takes what is shown as A follows the order, and no wording."""
    orders = pl.Series("order", np.random.default_rng(3).choice(["1234", "2341"], scored.choices.height))
    shown = scored.choices.with_columns(
        orders, letter=pl.lit("A"), status=pl.lit("answered"), position=orders.str.head(1).cast(pl.Int8)
    )
    of = scored.options.select("question_id", "position", value="value")
    shown = shown.drop("value").join(of, on=["question_id", "position"], how="left")
    row = analyse(replace(scored, choices=shown), SETTINGS, TEN, seed=1)["wordings"].row(0, named=True)
    assert row["same_order_share"] == 1
    assert row["other_order_share"] == 0
    assert row["same_order_questions"] + row["other_order_questions"] == row["questions"]


def test_every_p_is_in_a_family_or_said_to_be_alone(tables: dict[str, pl.DataFrame], root: Path) -> None:
    raw = {
        (name, column)
        for name, schema in ANALYSIS_TABLES.items()
        for column in schema.column_names()
        if column == "p" or (column.endswith("_p") and not column.endswith("holm_p"))
    }
    assert raw == {(family.table, family.p) for family in FAMILIES} | ALONE
    docs = (root / "docs/statistics.md").read_text()
    for family in FAMILIES:
        assert f"| `{family.table}.{family.corrected}` |" in docs
        of = tables[family.table].filter(family.rows, pl.col(family.p).is_not_null())
        assert (of[family.corrected] >= of[family.p]).all()
        assert of.height or family.table in {"covariates", "contamination"} | ASKED_FOR
    one = tables["positions"].filter(mode="default").unique("respondent").sort("joint_p")
    assert one["joint_holm_p"][0] == pytest.approx(min(1, 3 * one["joint_p"][0]))


def test_missing_counts_every_status(scored: Scored, tables: dict[str, pl.DataFrame]) -> None:
    whole = tables["missing"].filter(
        pl.col("respondent") == "m01", pl.col("instrument") == "default", pl.col("wording") == 0
    )
    counted = dict(person(scored, "default")["status"].value_counts().iter_rows())
    assert {k: v for k, v in whole.select("status", "count").iter_rows() if v} == counted
    assert whole["share"].sum() == pytest.approx(1)


def test_positions_find_a_bias_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    plain = truth(1, rng)
    for bias, finds in (((0.0,) * 4, False), ((0.6, 0.0, 0.0, 0.0), True)):
        made = study(replace(plain, bias=bias), rng, scenarios=80, wordings=4, modes=("default",))
        found = analyse(made, SETTINGS, TEN, seed=1)["positions"]
        assert (found["joint_p"][0] < 0.001) == finds
        assert (found["low"][0] > 0.25) == finds


def test_the_order_of_rows_does_not_matter(scored: Scored, tables: dict[str, pl.DataFrame]) -> None:
    shuffled = {name: getattr(scored, name).sample(fraction=1, shuffle=True, seed=3) for name in FILES}
    again = analyse(Scored(**shuffled), SETTINGS, TEN, seed=1)
    for name, schema in ANALYSIS_TABLES.items():
        key = schema.primary_key()
        assert again[name].sort(key).equals(tables[name].sort(key)), name


def test_the_truth_is_found(tables: dict[str, pl.DataFrame]) -> None:
    """Forty scenarios: the true strengths are inside most intervals, and what is asked for is known better."""
    rng = np.random.default_rng(11)
    what = truth(3, rng)
    strengths = np.exp(what.utilities) / np.exp(what.utilities).sum(axis=1, keepdims=True)
    rows = tables["profiles"].filter(
        pl.col("mode") == "default", pl.col("category") == "all", pl.col("wording") == 0
    )
    inside = [
        row["luce_low"] - 0.02
        <= strengths[int(row["respondent"][1:]), SLUGS.index(row["value"])]
        <= row["luce_high"] + 0.02
        for row in rows.iter_rows(named=True)
    ]
    assert np.mean(inside) > 0.85


def test_models_at_the_length_of_people() -> None:
    """People with sixteen scenarios each and models with the same strengths: only at equal length are they alike."""
    rng = np.random.default_rng(5)
    same = np.tile(rng.normal(0, 0.8, len(SLUGS)), (5, 1))
    what = Truth(same, np.tile(rng.uniform(2, 5, len(SLUGS)), (5, 1)), pull=0.3)
    made = study(what, rng, scenarios=120, modes=("default",))
    who = pl.when(pl.col("respondent").is_in(["m00", "m01"])).then(pl.lit("model")).otherwise(pl.lit("human"))
    forms = {"m02": 0, "m03": 16, "m04": 32}
    kept = pl.any_horizontal(
        pl.col("respondent").is_in(["m00", "m01"]),
        *(
            (pl.col("respondent") == name)
            & (pl.col("wording") == 1)
            & pl.col("scenario_id").is_in([f"s{first + i:010x}" for i in range(16)])
            for name, first in forms.items()
        ),
    )
    made = replace(
        made, respondents=made.respondents.with_columns(kind=who), choices=made.choices.filter(kept)
    )
    found = analyse(made, SETTINGS, TEN, seed=1)["equal_length"]
    mean = dict(found.filter(pl.col("measure") == "cross_mean").select("population", "estimate").iter_rows())
    length = dict(found.select("population", "questions").iter_rows())
    assert length == {"people": 80, "models": 80, "models_full": 600}
    assert mean["models_full"] > 0.95
    assert mean["models"] == pytest.approx(mean["people"], abs=0.12)
    assert mean["models"] < mean["models_full"]


def test_metrics_are_plain_numbers(tables: dict[str, pl.DataFrame]) -> None:
    found = metrics(tables)
    assert set(found["declared_enacted_r"]["pvq40"]) == {"m00", "m01", "m02"}
    assert found["answered"]["default"]["m00"] == pytest.approx(0.95, abs=0.04)


# Comparisons.


def test_a_respondent_does_not_differ_from_itself(scored: Scored) -> None:
    rows, notes = compare(Side("one", "m00", scored), Side("two", "m00", scored), SETTINGS, TEN, 1)
    assert (rows.filter(pl.col("measure") != "same_answer")["difference"] == 0).all()
    assert rows["low"].drop_nulls().len() == 12  # of the gap, of the PVQ, and of equal answers
    assert notes.is_empty()


def test_a_comparison_is_paired_by_question(scored: Scored) -> None:
    rows, _ = compare(Side("one", "m00", scored), Side("two", "m01", scored), SETTINGS, TEN, 1)
    of = {
        name: person(scored, "default", name)
        .drop_nulls("value")
        .group_by("question_id")
        .agg((pl.col("value") == "power").mean())
        for name in ("m00", "m01")
    }
    both = of["m00"].join(of["m01"], on="question_id", suffix="_b")
    row = rows.row(
        by_predicate=(pl.col("measure") == "share_of_choices") & (pl.col("value") == "power"), named=True
    )
    assert row["n"] == both.height
    assert row["difference"] == pytest.approx(both["value_b"].mean() - both["value"].mean())
    assert row["low"] < row["difference"] < row["high"]
    assert row["holm_p"] >= row["p"]


def test_questions_whose_options_changed_are_left_out(scored: Scored) -> None:
    first = scored.options["question_id"].min()
    other = (
        pl.when(pl.col("question_id") == first).then(pl.col("action_id") + "x").otherwise(pl.col("action_id"))
    )
    changed = replace(scored, options=scored.options.with_columns(action_id=other))
    rows, notes = compare(Side("one", "m00", scored), Side("two", "m00", changed), SETTINGS, TEN, 1)
    assert rows.filter(pl.col("measure") == "same_answer")["n"].item() < 200
    assert "options_changed" in set(notes["reason"])


def test_nothing_in_common_is_said(scored: Scored) -> None:
    nothing = replace(
        scored,
        choices=scored.choices.head(0),
        instrument_scores=scored.instrument_scores.head(0),
        instrument_answers=scored.instrument_answers.head(0),
    )
    rows, notes = compare(Side("one", "m00", scored), Side("two", "m01", nothing), SETTINGS, TEN, 1)
    assert rows.is_empty()
    assert set(notes["subject"]) == {"default", "selection", "adoption", "declared"}


@pytest.fixture
def folder(scored: Scored, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data/score").mkdir(parents=True)
    (tmp_path / "data/assemble").mkdir(parents=True)
    Scenarios.create_empty().write_parquet(tmp_path / "data/assemble/scenarios.parquet")
    for name in FILES:
        getattr(scored, name).write_parquet(tmp_path / f"data/score/{name}.parquet")
    text = (root / "profiles/sample.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("draws: 2000", "draws: 200"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compare_on_the_command_line(folder: Path) -> None:
    done = CliRunner().invoke(main, ["compare", "m00", "m01", "--out", "found.csv"])
    assert done.exit_code == 0, done.output
    assert "m01 against m00" in done.output
    assert pl.read_csv(folder / "found.csv")["measure"].n_unique() == 9
    done = CliRunner().invoke(main, ["compare", str(folder), f"{folder}/data/score:m02"])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["compare", "m00", "nobody"])
    assert done.exit_code == 1
    assert "known are m00, m01, m02" in done.output


def test_two_folders_compare_who_is_in_both(folder: Path) -> None:
    done = CliRunner().invoke(main, ["compare", str(folder), "data/score"])
    assert done.exit_code == 0, done.output
    assert done.output.count("against") == 3


def test_the_stage_writes_every_table_with_the_same_bytes(folder: Path, root: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    seen = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "stages.analyse"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        files = [*sorted((folder / "data/analyse").iterdir()), folder / "data/metrics/analysis.json"]
        seen.append({path.name: path.read_bytes() for path in files})
    assert seen[0] == seen[1]
    assert {name.removesuffix(".parquet") for name in seen[0]} == {
        *ANALYSIS_TABLES,
        "answers",
        "results",
        "analysis.json",
        "published.csv",
    }


def test_choices_without_a_question_are_refused(scored: Scored) -> None:
    with pytest.raises(InputError, match="its options or its category are not there"):
        analyse(replace(scored, questions=scored.questions.tail(-1)), SETTINGS, TEN, 1)


def test_answers_of_nobody_are_refused(scored: Scored) -> None:
    with pytest.raises(InputError, match="'m00' has answers"):
        analyse(replace(scored, respondents=scored.respondents.tail(-1)), SETTINGS, TEN, 1)
