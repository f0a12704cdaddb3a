"""People judge the lens's actions: who is drawn, what a page gives away, what counts, and what the gate says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from services.folder import valact

from pipeline.annotation import rounds
from pipeline.annotation.exchange import outgoing
from pipeline.collect.judgements import judgements
from pipeline.core.errors import ParamsError
from pipeline.lens import about, places
from pipeline.lens import params as settings
from pipeline.lens.collect.step import READING
from pipeline.lens.release.step import FOLDER
from pipeline.lens.send.draw import draw, offered, parts_of
from pipeline.lens.send.site import SITE
from pipeline.lens.send.tasks import tasks
from pipeline.lens.tables import JUDGED, ValuedItems, ValuedJudgements
from pipeline.lens.validate.answers import join
from pipeline.lens.validate.figures import coverage, measure, verdicts_of
from pipeline.lens.validate.gate import pass_gate
from pipeline.lens.verify import verify
from pipeline.recipe import LENS
from pipeline.release.files import write_checksums
from pipeline.send.push import _others_too
from pipeline.tables import read_table
from pipeline.verdict import gate

ROOT = Path(__file__).resolve().parent.parent
TRIAL = sorted((ROOT / "lens/annotations/rounds").glob("*.json"))


@pytest.fixture(scope="module")
def params():
    return settings.load(ROOT / "lens/profiles/sample.yaml")


@pytest.fixture(scope="module")
def made(lens_run):
    """Scenarios, actions and items of the sample."""
    return [
        read_table(place.schema, place.path(lens_run))
        for place in (places.SCENARIOS, places.ACTIONS, places.ITEMS)
    ]


def with_sample(params, **changes):
    sample = params.validation.sample.model_copy(update=changes)
    return params.model_copy(update={"validation": params.validation.model_copy(update={"sample": sample})})


def test_a_sample_is_spread_over_every_axis_and_shows_no_refusal(made, params):
    scenarios, actions, items = made
    assert items.height == 20
    for column, levels in (("country", 2), ("topic", 2), ("stance", 2), ("value", 10)):
        counts = items[column].value_counts()["count"]
        assert (counts.len(), counts.max() - counts.min()) == (levels, 0)
    everything = draw(scenarios, actions, with_sample(params, half_width=0.001))
    shown = actions.filter(pl.col("status") == "ok")["action_id"]
    assert sorted(everything["action_id"]) == sorted(shown) != sorted(actions["action_id"])


def test_a_changed_text_is_another_item_of_the_same_stem(made, params):
    scenarios, actions, items = made
    one = items["action_id"][0]
    other = actions.with_columns(
        text=pl.when(pl.col("action_id") == one).then(pl.lit("I do another thing.")).otherwise("text")
    )
    before, after = (
        dict(t.select("action_id", "item_id").iter_rows()) for t in (items, draw(scenarios, other, params))
    )
    assert {a for a in before if before[a] != after[a]} == {one}
    assert before[one][:13] == after[one][:13]


def test_the_value_meant_is_among_those_offered_at_no_fixed_place(params):
    shown = [offered(f"{n}", "power", params) for n in range(200)]
    assert all(len(set(one)) == 5 and "power" in one for one in shown)
    at = [one.index("power") for one in shown]
    assert all(20 < at.count(place) < 60 for place in range(5))  # 40 each by chance
    others = [slug for one in shown for slug in one if slug != "power"]
    assert set(others) == set(params.asked) - {"power"}


def test_names_of_parts_are_plain_and_differ():
    found = parts_of(["United States", "Côte d'Ivoire", "中国", "日本", "united-states"])
    assert found["Côte d'Ivoire"] == "c-te-d-ivoire"
    assert len(set(found.values())) == 5
    assert all(re.fullmatch(r"[a-z0-9-]+", one) for one in found.values())


def test_a_task_says_nothing_of_how_the_action_came_about(made, params):
    """What was meant is there, because the page shows it afterwards; ids and generators are not."""
    _, actions, items = made
    for round_, several in tasks(items, actions, params.values).items():
        country = {"germany": "Germany", "uganda": "Uganda"}[round_.removeprefix("lens-trial.in-")]
        assert {task["data"]["country"] for task in several} == {country}
        text = json.dumps(several)
        for secret in (*items["action_id"], *items["scenario_id"], params.generate.generator):
            assert secret not in text
    config = (ROOT / "lens/annotations/labelling.xml").read_text()
    fields = set(re.findall(r'value="\$(\w+)"', config))
    assert fields <= set(several[0]["data"])


def test_the_trial_says_that_no_person_judged(lens_run):
    for path in TRIAL:
        assert json.loads(path.read_text())["note"].startswith(about.SAMPLE_JUDGED)
    assert about.SAMPLE_JUDGED in (lens_run / FOLDER / "README.md").read_text()
    assert about.SAMPLE_JUDGED in " ".join((ROOT / "lens/data/sample/README.md").read_text().split())
    verdict = gate.read(lens_run / places.GATE)
    assert not verdict.validated
    assert verdict.figures["coverage"] == {"wanted": 60, "there": 0, "share": 0.0}
    assert read_table(places.COLLECT_LEDGER.schema, places.COLLECT_LEDGER.path(lens_run)).is_empty()


def item(number, **changes):
    plain = {
        "item_id": f"i{number:019d}",
        "round": "lens-1.in-germany",
        "action_id": f"s{number:010x}.power.writer",
        "scenario_id": f"s{number:010x}",
        "country": "Germany",
        "topic": "Work",
        "value": "power",
        "stance": "expresses",
        "offered": ["power", "security"],
        "raters": 2,
        "shown_sha256": "0" * 64,
    }
    return plain | changes


def said(number, rater, value="power", stance="expresses", own=True, **changes):
    plain = dict.fromkeys(ValuedJudgements.columns()) | {
        "item_id": f"i{number:019d}",
        "rater": f"r{rater}",
        "round": "lens-1.in-germany",
        "status": "judged",
        "value": value,
        "stance": stance,
        **dict.fromkeys(("correct", "harmless", "sufficient", "plausible"), True),
        "own_country": own,
    }
    return plain | changes


def joined(items, judged, params, **options):
    tables = (
        pl.DataFrame(rows, schema=schema.create_empty().schema)
        for rows, schema in ((items, ValuedItems), (judged, ValuedJudgements))
    )
    return join(*tables, params.values, **options)


@pytest.fixture(scope="module")
def round_of_two(params):
    """Two actions: of the first two see all, a third rater from elsewhere another value; of the second they differ."""
    items = [item(1), item(2, stance="opposes")]
    judged = [
        said(1, 1),
        said(1, 2),
        said(1, 3, "security", own=False),
        said(2, 1, stance="opposes", harmless=False),
        said(2, 2, stance="expresses", sufficient=None),
        said(2, 4, status="skipped", value=None, stance=None, correct=None, harmless=None, sufficient=None,
             plausible=None, own_country=None),
        said(2, 5, "none", "unsure", correct=False, excluded=True),
    ]  # fmt: skip
    return joined(items, judged, params), joined(items, judged, params, everybody=True)


def test_figures_of_a_round_by_hand(round_of_two, params):
    found, everybody = round_of_two
    figures = measure(found, everybody, params.validation.careless, 1)
    rows = {
        (row["question"], row["grouping"], row["group"], row["unit"]): (row["matching"], row["n"])
        for row in figures.shares.iter_rows(named=True)
    }
    assert rows["blind_value", "all", "all", "judgement"] == (4, 5)
    assert rows["blind_stance", "all", "all", "judgement"] == (4, 5)
    assert rows["blind", "all", "all", "judgement"] == (3, 5)
    assert rows["blind", "all", "all", "item"] == (1, 2)
    assert rows["blind", "raters", "elsewhere", "judgement"] == (0, 1)
    assert rows["blind", "stance", "opposes", "judgement"] == (1, 2)
    assert rows["harmless", "country", "Germany", "judgement"] == (4, 5)
    assert rows["sufficient", "all", "all", "judgement"] == (4, 4)  # one said nothing of it
    assert figures.overall["excluded"] == figures.overall["skipped"] == 1
    # Only people of the country count as wanted, and no action makes up for another.
    assert coverage(found) == {"wanted": 4, "there": 4, "share": 1.0}
    majority = {row["action_id"][:11]: row for row in verdicts_of(found).iter_rows(named=True)}
    assert [majority[f"s{n:010x}"]["blind"] for n in (1, 2)] == [True, None]
    assert [majority[f"s{n:010x}"]["of_country"] for n in (1, 2)] == [2, 2]
    assert majority["s0000000002"]["harmless"] is None


def test_kappa_is_that_of_the_blind_answers(params):
    """Four actions, two raters; both questions by hand: value and stance together agree on two of the four."""
    items = [item(n) for n in range(1, 5)]
    pairs = [("power", "power"), ("power", "security"), ("security", "security"), ("power", "security")]
    judged = [said(n, rater, pair[rater - 1]) for n, pair in enumerate(pairs, 1) for rater in (1, 2)]
    figures = measure(*[joined(items, judged, params)] * 2, params.validation.careless, 1)
    kappa = figures.overall["blind"]["agreement"]["kappa"]["estimate"]
    assert kappa == pytest.approx((0.5 - 0.5) / (1 - 0.5))  # power and security half of the answers each
    assert figures.overall["correct"]["agreement"]["kappa"]["estimate"] is None  # all said yes


def of_people(figures, params, **changes):
    settings_ = params.validation.model_copy(update={"kind": "experts", **changes})
    return pass_gate(figures, settings_)


@pytest.fixture(scope="module")
def good(params):
    """Figures of a round in which everybody of the country sees all that was meant."""
    values = params.asked
    items = [item(n, value=values[n % 10], offered=[values[n % 10], "none"]) for n in range(40)]
    judged = [said(n, rater, values[n % 10]) for n in range(40) for rater in (1, 2)]
    found = joined(items, judged, params)
    return measure(found, found, params.validation.careless, 1).overall


def test_a_good_round_of_people_validates_and_a_trial_does_not(good, params):
    assert of_people(good, params).validated
    assert not pass_gate(good, params.validation).validated


@pytest.mark.parametrize("question", ["blind", "correct", "harmless", "sufficient", "plausible"])
def test_each_share_can_fail_the_gate(good, params, question):
    wanted = getattr(params.validation.gate, question)
    worse = good | {
        question: good[question] | {"judgement": good[question]["judgement"] | {"estimate": wanted - 0.01}}
    }
    [missing] = of_people(worse, params).missing
    assert f"{100 * wanted:.1f} % is needed" in missing


def test_a_country_that_surely_fails_fails_the_gate_and_another_is_a_doubt(good, params):
    low = {"estimate": 0.4, "low": 0.3, "high": 0.5, "n": 60}
    for high, failing, doubts in ((0.5, 1, 0), (0.9, 0, 1)):
        countries = {"Egypt": low | {"high": high}}
        verdict = of_people(good | {"blind": good["blind"] | {"countries": countries}}, params)
        assert (len(verdict.missing), len(verdict.doubts)) == (failing, doubts)
        assert "Egypt" in " ".join(verdict.missing + verdict.doubts)


def test_alpha_and_coverage_can_fail_the_gate(good, params):
    low = {"estimate": 0.1, "low": 0.0, "high": 0.2, "n": 40}
    blind = good["blind"] | {"agreement": good["blind"]["agreement"] | {"alpha": low}}
    there = {"wanted": 80, "there": 40, "share": 0.5}
    assert len(of_people(good | {"blind": blind, "coverage": there}, params).missing) == 2
    assert "Nobody has judged yet" in of_people({"judgements": 0, "coverage": there}, params).missing[0]


def test_an_answer_without_a_value_is_no_judgement_and_a_strange_one_is_in_the_ledger(lens_run):
    out = outgoing(lens_run / SITE.send)
    task = out.all_tasks[0]["data"]
    of = {one["data"]["item_id"]: name for name, several in out.follow_ups.items() for one in several}
    source, name = "file", of[task["item_id"]]

    def given(rater, **choices):
        parts = [
            {"from_name": key, "to_name": "scenario", "type": "choices", "value": {"choices": [choice]}}
            for key, choice in choices.items()
        ]
        return {"annotation": rater, "item_id": task["item_id"], "rater": rater, "skipped": False,
                "seconds": 9.0, "updated_at": "2026-11-22", "result": parts}  # fmt: skip

    value = task["value_choices"][0]["alias"]
    strange = next(slug for slug in ("power", "security", "tradition", "hedonism", "achievement", "conformity")
                   if slug not in {one["alias"] for one in task["value_choices"]})  # fmt: skip
    made = rounds.Round(name, "", (
        given("r1", value=value, stance="opposes", correct="no", own_country="yes"),
        given("r2", stance="opposes"),
        given("r3", value=strange, stance="opposes"),
    ))  # fmt: skip
    found, ledger = judgements([(source, made)], out.all_tasks, out.config, of, READING)
    [row] = found.iter_rows(named=True)
    assert (row["value"], row["stance"], row["correct"], row["own_country"]) == (
        value,
        "opposes",
        False,
        True,
    )
    assert row["harmless"] is None
    assert dict(ledger.select("annotation", "reason").iter_rows()) == {
        "r2": "no_answer",
        "r3": "not_in_config",
    }


def test_a_rater_from_elsewhere_leaves_the_place_to_another(lens_run):
    out = outgoing(lens_run / SITE.send)
    name, several = next(iter(out.follow_ups.items()))
    judged = rounds.known(name, lens_run / SITE.rounds)
    assert {task["data"]["raters"] for task in several} == {3}
    assert {task["data"]["raters"] for task in _others_too(several, judged, SITE)} == {6}
    assert {task["data"]["raters"] for task in _others_too(several, judged)} == {3}


def test_the_commands_are_about_the_lens(lens_run, monkeypatch):
    monkeypatch.chdir(lens_run)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    shown = valact("annotate", "status", "--recipe", "lens").output
    assert "0 of 60 judgements wanted are there" in shown
    assert re.search(r"Uganda +10 +30 +30 +0 +30", shown)
    assert "lens/annotations/rounds/" in shown
    assert "6 people: " in valact("annotate", "plan", "--recipe", "lens").output
    few = valact("annotate", "plan", "--recipe", "lens", "--raters", "3", fails=True)
    assert "of its country" in few.stderr
    nobody = valact("annotate", "exclude", "r0", "--why", "x", "--recipe", "lens", fails=True)
    assert "lens-trial.in-germany" in nobody.stderr


def test_rounds_of_both_recipes_never_have_one_name(params):
    raw = json.loads(params.model_dump_json())
    raw["validation"]["round"] = "round-1"
    with pytest.raises(ParamsError, match="begin with 'lens-'"):
        settings.parse(raw, where="x")


def test_the_release_has_every_judgement_and_verify_finds_one_of_another_value(lens_run, tmp_path):
    copy = shutil.copytree(lens_run / FOLDER, tmp_path / "copy")
    path = copy / "validation/test.parquet"
    table = pl.read_parquet(path)
    assert table.height == 60
    assert "comment" not in table.columns
    assert json.loads((copy / "release.json").read_text())["validated"] is False
    table.with_columns(intended=pl.lit("power")).write_parquet(path)
    write_checksums(copy)
    [found] = [one for one in verify(copy) if one.name == "judgements"]
    assert "is no action with that value and stance" in " ".join(found.problems)


def test_the_questions_of_the_page_are_those_of_the_tables():
    config = (ROOT / "lens/annotations/labelling.xml").read_text()
    names = set(re.findall(r'<Choices name="(\w+)"', config))
    assert names == {"value", "stance", "own_country", *JUDGED[3:]}
    assert LENS.steps.index("send") < LENS.steps.index("collect") < LENS.steps.index("validate")


def test_the_readme_of_the_lens_has_every_param_of_its_validation():
    readme, named = (ROOT / "lens/README.md").read_text(), set()
    for row in re.findall(r"^\| (`validation\..*?) \|", readme, re.MULTILINE):
        before = ""
        for name in re.findall(r"`([^`]+)`", row):
            before = before.rpartition(".")[0] + name if name.startswith(".") else name
            named.add(before)
    there = {
        f"validation.{name}" + (f".{inner}" if inner else "")
        for name, field in settings.Validation.model_fields.items()
        for inner in getattr(field.annotation, "model_fields", {"": None})
    }
    assert named == there
