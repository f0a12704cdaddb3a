"""What language does to one agent: found where it was planted, of the size that was planted, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from services.simulated_languages import SHIFTED, declared_effects, in_two_languages, utilities_of
from services.values import TEN

from pipeline.analyse import families
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.languages import language_effects
from pipeline.analyse.study import ASKED_FOR, Scored
from pipeline.report import languages
from pipeline.tables import ANALYSIS_TABLES

NOTHING = {name: schema.create_empty() for name, schema in ANALYSIS_TABLES.items()}


def effects(scored: Scored) -> pl.DataFrame:
    coded = encode(scored.choices, scored.options, scored.questions, TEN)
    found = language_effects(coded, Agents.of(scored.respondents), 0.95)
    return families.correct(NOTHING | {"language_effects": found})["language_effects"]


def test_a_shift_of_one_value_is_found_and_the_others_pay_for_it() -> None:
    rng = np.random.default_rng(5)
    scored = in_two_languages(rng, utilities_of(rng, 0.5), 200)
    found = effects(scored)
    row = found.filter(value=SHIFTED).row(0, named=True)
    assert (row["agent"], row["a"], row["b"]) == ("one", "m00", "m01")
    assert (row["language_a"], row["language_b"], row["questions"], row["scenarios"]) == (
        "en",
        "zh",
        400,
        200,
    )
    assert row["holm_p"] < 0.05
    assert row["log_odds_low"] < 0.5 < row["log_odds_high"]
    assert 0 < row["low"] < row["difference"] < row["high"]
    # By hand: the share of the shifted value among the answers to questions that offer it.
    offered = scored.options.filter(value=SHIFTED)["question_id"].implode()
    asked = scored.choices.filter(pl.col("question_id").is_in(offered))
    by_hand = dict(asked.group_by("respondent").agg((pl.col("value") == SHIFTED).mean()).iter_rows())
    assert row["share_a"] == pytest.approx(by_hand["m00"])
    assert row["share_b"] == pytest.approx(by_hand["m01"])
    # In shares the others lose; against one another they do not.
    others = found.filter(pl.col("value") != SHIFTED)
    assert others["difference"].mean() < 0
    assert others.filter(pl.col("log_odds_low") > 0).is_empty()
    (table,) = languages.section(NOTHING | {"language_effects": found}, TEN).tables
    assert table.caption == "one: English (m00) and Chinese (m01)"
    assert [row[0] for row in table.rows] == [TEN.by_slug[slug].name for slug in TEN.slugs]


def test_nothing_is_found_where_nothing_was_planted() -> None:
    rng, rejected, held = np.random.default_rng(8), 0, 0
    for _ in range(20):
        found = effects(in_two_languages(rng, utilities_of(rng, 0.0), 40))
        rejected += (found["holm_p"] < 0.05).any()
        held += found.filter(pl.col("log_odds_low") < 0, pl.col("log_odds_high") > 0).height
    assert rejected <= 3
    assert held >= 0.9 * 20 * 10


def test_what_is_declared_in_another_language_is_compared_item_by_item() -> None:
    found = declared_effects(np.random.default_rng(3), 1.5)
    row = found.filter(value=SHIFTED).row(0, named=True)
    assert (row["a"], row["b"], row["instrument"], row["items"]) == ("m00", "m01", "pvq40", 4)
    assert row["holm_p"] < 0.05
    assert row["relative_low"] < 1.5 < row["relative_high"]
    # All answers lie higher in Chinese, which is no effect on any value.
    assert row["low"] < 1.8 < row["high"]
    assert row["difference"] == pytest.approx(row["mean_b"] - row["mean_a"])
    others = found.filter(pl.col("value") != SHIFTED)
    assert (others["holm_p"] > 0.05).all()
    assert row["relative"] == pytest.approx(row["difference"] - others["difference"].mean())
    section = languages.section(NOTHING | {"declared_language_effects": found}, TEN)
    (table,) = section.tables
    assert table.caption == "one, PVQ-40: English (m00) and Chinese (m01)"
    assert "paired by item" in section.text[0]
    assert [cells[0] for cells in table.rows] == [value.name for value in TEN.values]
    # Who was asked in one language is in no pair.
    assert declared_effects(np.random.default_rng(3), 1.5, language="en").is_empty()


def test_nothing_is_found_in_a_questionnaire_where_translations_move_items_alone() -> None:
    rng, rejected, held, runs = np.random.default_rng(4), 0, 0, 15
    for _ in range(runs):
        found = declared_effects(rng, 0.0)
        rejected += (found["holm_p"] < 0.05).any()
        held += found.filter(pl.col("relative_low") < 0, pl.col("relative_high") > 0).height
    assert rejected <= 3
    assert held >= 0.9 * 10 * runs


def test_pairs_are_of_one_agent_in_one_language_each() -> None:
    rng = np.random.default_rng(1)
    scored = in_two_languages(rng, utilities_of(rng, 0.0), 6)

    def of(
        conditions: list[str], spoken: list[str], agents: list[str] | None = None
    ) -> list[tuple[str, str]]:
        """Pairs where four respondents are asked under these conditions in these languages."""
        names = ["m00", "m01", "m02", "m03"]
        who = pl.DataFrame({"respondent": names, "language": spoken})
        base = scored.choices.filter(respondent="m00").drop("respondent", "language")
        choices = base.join(who, how="cross").select(scored.choices.columns)
        if "both" in spoken:
            both = choices.filter(language="both")
            choices = pl.concat(
                [
                    choices.filter(pl.col("language") != "both"),
                    *(both.with_columns(language=pl.lit(one)) for one in ("en", "zh")),
                ]
            )
        respondents = pl.concat([scored.respondents.head(1)] * 4).with_columns(
            respondent=pl.Series(names),
            agent=pl.Series(agents or ["one"] * 4),
            condition=pl.Series(conditions),
        )
        found = effects(replace(scored, choices=choices, respondents=respondents))
        return found.select("a", "b").unique().sort("b").rows()

    warm = "temperature 0.7"
    assert of(["main", warm, "language zh", f"language zh, {warm}"], ["en", "en", "zh", "zh"]) == [
        ("m00", "m02"),
        ("m01", "m03"),
    ]
    # Without one that differs in language alone, the one that stands for the agent.
    assert of(["main", "x", "language zh", "by night"], ["en", "en", "zh", "zh"]) == [
        ("m00", "m02"),
        ("m00", "m03"),
    ]
    # Who was asked in both at once is in no pair, and neither are two agents.
    assert of(["main", "a", "b", "c"], ["both", "en", "en", "zh"], ["one", "two", "two", "one"]) == []
    assert languages.section(NOTHING, TEN).empty
    assert "language_effects" in ASKED_FOR
