"""The second paper's own data: every number that can be held against it comes out to the printed digits."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from services.project import ROOT

from pipeline.measures import mismatch, stability
from pipeline.measures.cells import cells, disagrees
from pipeline.measures.study import measure
from pipeline.measures.waist import declared_of, enacted_of
from pipeline.published.lens.imports import import_published
from pipeline.published.lens.reconstruct import full_runs
from pipeline.tables import ids
from pipeline.values import load

GPT, LLAMA, GEMMA = "published-gpt-3.5-turbo", "published-llama-3.3-70b", "published-gemma-2-9b"
COUNTRIES = (
    "United States,India,Pakistan,Nigeria,Philippines,United Kingdom,Germany,Uganda,Canada,Egypt,France,Australia"
).split(",")
TOPICS = (
    "Politics,Social Networks,Social Inequality,Family & Changing Gender Roles,Work Orientation,Religion,Environment,"
    "National Identity,Citizenship,Leisure Time and Sports,Health and Health Care"
).split(",")
VALUES = load("svs56")


@pytest.fixture(scope="module")
def imported(reference):
    return import_published(reference / "lens")


@pytest.fixture(scope="module")
def run(imported):
    """GPT-3.5's ratings, and its choices of the one prompt that was asked of all pairs."""
    choices = full_runs(imported["choices"].with_columns(file="origin")).drop("file").filter(respondent=GPT)
    return imported["ratings"].filter(respondent=GPT), choices


@pytest.fixture(scope="module")
def tables(imported, run):
    ratings, choices = run
    return measure(
        enacted_of(choices), declared_of(ratings), imported["factors"], VALUES, seed=1, ratings=ratings
    )


@pytest.fixture(scope="module")
def gpt(run):
    ratings, choices = run
    return cells(enacted_of(choices), declared_of(ratings), VALUES.slugs)[GPT]


def figure(tables, name, level="overall", values="all", compared="stated_acted"):
    rows = tables["alignment"].filter(measure=name, level=level, values=values, compared=compared)
    return rows["estimate"].item()


def without_respelled(imported, ratings):
    """Ratings under the exact names of their values."""
    lines = (
        imported["sources"]
        .filter(what="ratings")
        .with_columns(wording=pl.col("prompt").str.extract(r"^(\d+)").cast(pl.Int16))
    )
    respelled = (
        imported["problems"]
        .filter(reason="key_repaired")
        .with_columns(value=pl.col("detail").str.extract(r" is (\w+)$"))
        .join(lines.drop("value"), on=["file", "line"], validate="1:1")
    )
    assert respelled.height == 3
    return ratings.join(respelled, on=["scenario_id", "value", "wording"], how="anti")


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("rate", 0.1789),
        ("rate_best", 0.2237),
        ("rate_agree", 0.8901),
        ("f1", 0.1705),
        ("f1_independent", 0.0440),
        ("f1_best", 0.2125),
        ("agreement", 0.8078),
        ("kappa", 0.1323),
        ("phi", 0.2333),
        ("phi_best", 0.3109),
        ("stated_no", 0.0246),
        ("acted_no", 0.2071),
        ("auc", 0.764),
        ("distance", 0.2091),
        ("r_values", 0.709),
        ("r_types", 0.845),
    ],
)
def test_gpt_over_all_cells(tables, name, printed):
    digits = len(str(printed).split(".")[1])
    digits = max(digits, 3 if name in ("auc", "r_values", "r_types") else 4)
    assert round(figure(tables, name), digits) == printed


def test_rates_by_country_and_topic_and_of_45_values(tables):
    assert [round(figure(tables, "rate", name), 4) for name in COUNTRIES] == [
        *(0.1746, 0.1843, 0.1653, 0.1423, 0.1569, 0.1962),
        *(0.1785, 0.2048, 0.1899, 0.1844, 0.2006, 0.1685),
    ]
    assert [round(figure(tables, "rate", name), 3) for name in TOPICS] == [
        *(0.115, 0.166, 0.096, 0.162, 0.242, 0.165, 0.217, 0.169, 0.201, 0.244, 0.190)
    ]
    assert round(figure(tables, "rate", values="indexed"), 4) == 0.2003
    assert tables["alignment"].filter(values="indexed", level="overall")["cells"].unique().item() == 45 * 132


def test_mismatches_stand_under_their_own_headings(tables):
    overall = tables["mismatches"].filter(factor="overall").row(0, named=True)
    assert (overall["states_agrees_acts_against"], overall["states_against_acts_for"]) == (1385, 36)
    assert (overall["both_disagree"], overall["at_middle"]) == (146, 22)
    assert sum(value for name, value in overall.items() if name.startswith(("states", "both"))) == 7392


def test_distances_and_their_ranking(imported, tables, gpt):
    largest = tables["value_distances"].filter(factor="overall").sort("rank").head(5)
    assert largest.select("value", pl.col("distance").round(3)).rows() == [
        ("preserving_my_public_image", 0.658),
        ("independent", 0.646),
        ("detachment", 0.634),
        ("obedient", 0.609),
        ("accepting_my_portion_in_life", 0.591),
    ]
    country = dict(imported["factors"].filter(factor="country").select("scenario_id", "level").iter_rows())
    groups = np.array([country[scenario] for scenario in gpt.scenarios])
    assert round(mismatch.subtracted_by_group(gpt, groups), 4) == 0.1476


def test_countries_differ_by_chance_and_topics_do_not(tables):
    p = dict(tables["factor_effects"].select("factor", "p").iter_rows())
    assert p["country"] == pytest.approx(0.89, abs=0.015)  # of 9,999 permutations
    assert p["topic"] < 0.01
    # The interval that takes countries and topics as samples is the wider one.
    rate = tables["alignment"].filter(level="overall", values="all", measure="rate", compared="stated_acted")
    low, high, wide_low, wide_high = rate.select("low", "high", "wide_low", "wide_high").row(0)
    assert wide_low < low < 0.1789 < high < wide_high


def test_task_1_of_both_models(imported, tables):
    assert round(figure(tables, "rate", compared="claims_portraits"), 4) == 0.6908
    ratings = imported["ratings"].filter(respondent=GPT)
    assert ratings.height == 59_136
    assert round(ratings["rating"].mean(), 3) == 1.255
    # Four are not under their name; three of these are under another spelling of it.
    task1 = imported["problems"].filter(file="task1/gpt-3.5-turbo.csv")
    assert dict(task1.group_by("reason").len().iter_rows()) == {"value_missing": 1, "key_repaired": 3}
    assert ratings.filter(pl.col("status") != "answered")["value"].to_list() == ["meaning_in_life"]
    effects = dict(tables["prompt_effects"].filter(side="agreement").select("part", "estimate").iter_rows())
    assert round(effects["stated_side"], 3) == 0.980
    # .8686 without the three that stand under another spelling, .8687 with them.
    assert round(effects["stated_rating"], 4) == 0.8687
    exact = stability.prompt_agreement(without_respelled(imported, ratings), pl.col("rating"))
    assert round(exact["share"].sum() / exact["cells"].sum(), 4) == 0.8686

    other = imported["ratings"].filter(respondent=LLAMA)
    assert (round(other["rating"].mean(), 4), other["rating"].null_count()) == (1.8262, 0)
    declared = declared_of(other)
    assert round(declared.select(disagrees("score").mean()).item(), 4) == 0.1676
    assert declared.select((pl.col("score") - 0.5).abs().lt(1e-9).sum()).item() == 160
    extra = imported["problems"].filter(file="task1/llama-3.3-70b.csv")
    assert dict(extra.group_by("reason").len().iter_rows()) == {"extra_key": 6}
    agreement = stability.prompt_agreement(other, stability.side())
    assert round(agreement["share"].sum() / agreement["cells"].sum(), 3) == 0.950


def test_lists_follow_from_the_ratings(imported):
    assert imported["mismatches"].group_by("respondent").agg(pl.len(), pl.col("rated_so").sum()).sort(
        "respondent"
    ).rows() == [(GPT, 1421, 1421), (LLAMA, 1002, 1002)]
    # Only of the complete one do choices follow.
    full = imported["choices"].filter(pl.col("raw").is_null())
    assert full.group_by("respondent").len().rows() == [(GPT, 7392)]


@pytest.mark.parametrize(
    ("respondent", "expressing", "mode", "orders", "wordings"),
    [
        (GPT, 0.9000, 0.9300, (0.830, 0.970), (0.920, 0.880)),
        (LLAMA, 0.9475, 0.9775, (0.940, 0.955), (0.970, 0.925)),
        (GEMMA, 0.9223, 0.9525, (0.920, 0.925), (0.935, 0.910)),
    ],
)
def test_eight_prompts_on_fifty_pairs(imported, respondent, expressing, mode, orders, wordings):
    asked = imported["choices"].filter(respondent=f"{respondent}-prompts")
    assert round(asked["expressed"].mean(), 4) == expressing
    agreement = stability.prompt_agreement(asked, pl.col("expressed"))
    assert round(agreement["share"].sum() / agreement["cells"].sum(), 4) == mode

    def share(**of):
        return round(asked.filter(**of)["expressed"].mean(), 3)

    assert (share(order="opposing_first"), share(order="expressing_first")) == orders
    assert (share(named=True), share(named=False)) == wordings
    assert asked.filter(pl.col("status") != "answered").height == (1 if respondent == GEMMA else 0)


def test_predictions(imported):
    found = imported["figures"].filter(respondent=GPT)
    by_setting = {
        setting: tuple(
            round(found.filter(figure=f"prediction_{name}", level=setting)["recomputed"].item(), digits)
            for name, digits in (("f1", 4), ("accuracy", 3), ("f1_of_guessing_true", 3))
        )
        for setting in ("action", "spans", "explanation", "both")
    }
    assert by_setting == {
        "action": (0.7952, 0.745, 0.667),
        "spans": (0.8230, 0.785, 0.667),
        "explanation": (0.8299, 0.795, 0.667),
        "both": (0.8299, 0.795, 0.667),
    }


def test_experts(imported):
    found = imported["figures"].filter(respondent="experts")

    def by_prompt(name):
        levels = [f"action, prompt {n}" for n in range(4)]
        return [found.filter(figure=name, level=level)["recomputed"].item() for level in levels]

    assert by_prompt("judged_right") == pytest.approx([0.506, 0.881, 0.485, 0.906], abs=0.0006)
    assert by_prompt("kappa") == pytest.approx([0.3865, 0.3433, 0.7235, 0.9265], abs=0.00005)


def test_actions_of_germany(imported):
    actions = imported["actions"]
    assert dict(actions.group_by("form").len().iter_rows()) == {
        "json": 1113,
        "literal": 106,
        "repaired": 3,
        "refusal": 10,
    }
    read = actions.filter(pl.col("form").is_in(["json", "literal"]))
    assert (read.height, round(read["words"].mean(), 2)) == (1219, 22.84)
    refused = actions.filter(form="refusal")
    assert refused["text"].null_count() == 10
    assert set(refused["stance"]) == {"opposes"}
    assert set(refused["value"]) == {"equality", "social_justice"}


def test_everything_is_read_and_every_loss_has_its_line(imported):
    assert imported["files"].filter(pl.col("read_as").is_in(["nothing", "beside"])).is_empty()
    lost = imported["problems"].filter(pl.col("effect").is_in(["line", "answer"]))
    assert lost.filter(pl.col("line") == 0).is_empty()
    assert dict(lost.group_by("reason").len().iter_rows()) == {
        "refusal": 10,
        "value_missing": 1,
        "not_a_choice": 1,
    }
    assert imported["factors"].filter(scenario_id=ids.scenario_of("France", "Religion"))[
        "level"
    ].to_list() == [
        "France",
        "Religion",
    ]


def test_the_documentation_says_what_comes_out(tables):
    """Every row of the table in docs/statistics.md."""
    text = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    rows = [
        line.strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith("| ") and line.count(" to .") == 2
    ]
    named = {
        "rate": "rate",
        "largest rate that the margins allow": "rate_best",
        "rate by chance": "rate_independent",
        "agreement": "agreement",
        "kappa": "kappa",
        "phi, of at most .311": "phi",
        "area under the curve": "auc",
        "correlation over 56 values": "r_values",
        "claims against portraits, rate": "rate",
    }
    assert [name for name, *_ in rows] == list(named)
    for name, said, these, general in rows:
        compared = "claims_portraits" if name.startswith("claims") else "stated_acted"
        row = (
            tables["alignment"]
            .filter(measure=named[name], level="overall", values="all", compared=compared)
            .row(0, named=True)
        )
        found = [row["estimate"], row["low"], row["high"], row["wide_low"], row["wide_high"]]
        assert [said, *these.split(" to "), *general.split(" to ")] == [f"{x:.3f}"[1:] for x in found], name
