"""From judgements to figures, verdicts and the gate: whatever is missing is said, and nothing is made up."""

from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest
import yaml
from services.finished_run import finished_run, run_params
from services.raters import Rater, judge
from services.validated_run import validate_run
from services.values import SLUGS, TEN

from pipeline.core.errors import InputError
from pipeline.params.validation import Validation
from pipeline.tables import (
    Actions,
    ActionVerdicts,
    Consensus,
    Items,
    JudgementLedger,
    Judgements,
    Options,
    conform,
    read_table,
    write_table,
)
from pipeline.validate.consensus import action_verdicts, consensus
from pipeline.validate.figures import measure
from pipeline.validate.raters import raters
from pipeline.verdict import gate, judged
from stages import validate

GOOD = [Rater(0.97), Rater(0.96), Rater(0.95)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a finished run with its items drawn, and the items and options."""
    folder = finished_run(tmp_path_factory.mktemp("run"), run_params())
    return (
        folder,
        read_table(Items, folder / "send/items.parquet"),
        read_table(Options, folder / "assemble/options.parquet"),
    )


def joined(run, judgements):
    _, items, options = run
    return judged.join(items, conform(Judgements, judgements, where="test"), options, TEN, source="test")


def by(run, raters, seed=1):
    _, items, options = run
    return joined(run, judge(items, options, raters, seed))


def one(item, rater="r1", **answer):
    empty = dict.fromkeys(["value", "second_value", "position", "verdict", "comment"])
    return (
        {"item_id": item, "rater": rater, "round": "round-1", "status": "judged", "seconds": 5.0}
        | empty
        | answer
    )


def value_item(run):
    return run[1].filter((pl.col("task") == "value") & ~pl.col("distractor")).row(0, named=True)


def experts(**changes):
    return Validation(kind="experts", round="r", **changes)


KNOWN = [Rater(0.9, near=0.8), Rater(0.7, near=0.8, attention=0), Rater(0.8, near=0.8)]


def test_known_raters_are_found_again_as_often_as_their_intervals_say(run):
    held, seeds = 0, 60
    for seed in range(seeds):
        people = {row["rater"]: row for row in raters(by(run, KNOWN, seed)).iter_rows(named=True)}
        for number, known in enumerate(KNOWN, start=1):
            row = people[f"r{number}"]
            held += row["low"] <= known.accuracy <= row["high"]
            assert row["checks_passed"] == (row["checks"] if known.attention else 0)
            assert 5 < row["seconds"] < 60
    rounds = seeds * len(KNOWN)
    assert abs(held / rounds - 0.95) <= 3 * (0.95 * 0.05 / rounds) ** 0.5


def test_errors_near_on_the_circle_and_second_values_are_found(run):
    overall = measure(by(run, KNOWN), 7).overall
    near = overall["neighbour_errors"]
    assert near["by_chance"] == pytest.approx(2 / 9, abs=1e-6)
    assert near["by_chance"] < near["low"] < 0.8 < near["high"]
    assert overall["accuracy_of_items"]["estimate"] > overall["accuracy"]["estimate"]
    assert overall["accuracy_with_second_value"]["estimate"] > overall["accuracy"]["estimate"]


def test_each_table_adds_up_to_the_judgements(run):
    found = by(run, [Rater(0.8, skips=0.1, leaves=0.1)] * 3)
    figures = measure(found, 7)
    of_value = found.of("value").height
    assert figures.confusion["judgements"].sum() == of_value
    assert figures.confusion.height == 110
    for grouping in ("all", "value", "generator", "category"):
        rows = figures.accuracy.filter(
            (pl.col("task") == "value") & (pl.col("grouping") == grouping) & (pl.col("unit") == "judgement")
        )
        assert rows["n"].sum() == of_value, grouping
        assert rows["matching"].sum() == found.of("value")["matches"].sum()
    assert figures.raters["judgements"].sum() == found.answers.height == figures.overall["judgements"]
    assert figures.raters["skipped"].sum() == found.skipped.height > 0
    assert figures.consensus["judgements"].sum() == found.answers.height
    coverage = figures.overall["coverage"]
    assert coverage["there"] == found.answers.height < coverage["wanted"]


def test_judgements_of_a_text_that_changed_are_set_aside_and_told(run):
    item = value_item(run)
    changed = item["item_id"][:13] + "0123456"
    found = joined(
        run,
        [
            one(changed, task="value", value=item["intended"]),
            one("i0123456789ab0000000", task="value", value="power"),
            one(item["item_id"], task="scenario", verdict="yes"),
            one(item["item_id"], "r2", task="value"),
        ],
    )
    assert found.answers.is_empty()
    assert sorted(found.ledger["reason"]) == ["no_answer", "not_drawn", "other_task", "text_changed"]
    assert measure(found, 7).overall["ledger"]["text_changed"] == 1


@pytest.mark.parametrize(
    ("answers", "status", "consensus_"),
    [
        ([], "not_sampled", None),
        (["own"], "confirmed", "own"),
        (["own", "own", "power"], "confirmed", "own"),
        (["own", "hedonism"], "disputed", None),
        (["own", "hedonism", "none"], "disputed", None),
        (["hedonism", "hedonism", "own"], "rejected", "hedonism"),
        (["none", "none", "own"], "rejected", "none"),
    ],
)
def test_an_actions_verdict_is_that_of_most_of_its_raters(run, answers, status, consensus_):
    folder, items, _ = run
    item = items.filter(
        (pl.col("task") == "value") & ~pl.col("distractor") & (pl.col("intended") == "security")
    ).row(0, named=True)
    own = {"own": "security"}
    rows = [
        one(item["item_id"], f"r{n}", task="value", value=own.get(answer, answer))
        for n, answer in enumerate(answers)
    ]
    # An attention check shows the action out of its place: it says nothing of the action.
    check = items.filter("distractor").row(0, named=True)
    found = joined(run, [*rows, one(check["item_id"], task="value", value="none")])
    actions = read_table(Actions, folder / "assemble/actions.parquet")
    verdicts = action_verdicts(actions, found, consensus(found))
    verdict = verdicts.filter(pl.col("action_id") == item["action_id"]).row(0, named=True)
    assert verdict["status"] == status
    assert verdict["consensus"] == own.get(consensus_, consensus_)
    assert (verdict["judgements"], verdict["matching"]) == (len(answers), answers.count("own"))
    assert verdicts.filter(pl.col("status") != "not_sampled").height == bool(answers)
    assert verdicts.height == actions.height


@pytest.mark.parametrize("people", [0, 1, 2, 3])
def test_too_few_judgements_are_said_in_words_and_never_nan(run, people):
    found = by(run, [Rater(0.8)] * people) if people else joined(run, [])
    figures = measure(found, 7)
    text = json.dumps(figures.overall, allow_nan=False)
    assert "NaN" not in text
    for table in (figures.accuracy, figures.agreement, figures.raters, figures.consensus, figures.confusion):
        for column in table.select(pl.selectors.float()):
            assert column.is_nan().sum() == 0
    alpha = figures.overall["alpha"]
    assert (alpha["estimate"] is None) == (people < 2) == ("why" in alpha)
    unknown = figures.accuracy.filter(pl.col("estimate").is_null())
    assert unknown["why"].null_count() == 0
    verdict = gate.pass_gate(figures.overall, experts())
    assert verdict.validated is False
    assert all(sentence.endswith(".") for sentence in verdict.missing)


def test_the_gate_opens_for_experts_only_and_says_what_is_missing(run):
    figures = measure(by(run, GOOD), 7).overall
    assert gate.pass_gate(figures, experts()).validated
    trial = gate.pass_gate(figures, Validation(kind="trial", round="first"))
    assert not trial.validated
    assert len(trial.missing) == 1
    assert "'first' is a trial" in trial.missing[0]

    strict = experts(gate={"accuracy": 0.99, "alpha": 0.98, "coverage": 1})
    sentences = gate.pass_gate(figures, strict).missing
    assert [word in " ".join(sentences) for word in ("99.0 % is needed", "0.980 is needed", "wanted")] == [
        True,
        True,
        False,
    ]
    half = measure(by(run, [Rater(0.97, leaves=0.5)] * 3), 7).overall
    (sentence,) = gate.pass_gate(half, experts()).missing
    assert "wanted judgements are there" in sentence
    assert "95.0 % are needed" in sentence


def test_the_gate_refuses_a_value_that_is_read_as_another(run):
    """Of all actions the raters are right often enough; those written for Tradition read as Conformity in 80 %."""
    _, items, options = run
    tradition = items.filter(intended="tradition", task="value", distractor=False)["item_id"].to_list()
    for seed in range(5):
        drawn = np.random.default_rng(seed)
        good = judge(items, options, [Rater(0.97)] * 3, seed)
        misread = pl.Series(drawn.random(good.height) < 0.8) & good["item_id"].is_in(tradition)
        broken = good.with_columns(value=pl.when(misread).then(pl.lit("conformity")).otherwise("value"))
        figures = measure(joined(run, broken.to_dicts()), 7).overall
        assert figures["accuracy"]["estimate"] > 0.85
        assert figures["alpha"]["estimate"] > 0.667
        (sentence,) = gate.pass_gate(figures, experts()).missing
        assert sentence.startswith("Of the value tradition the intended value is named in")
        assert sentence.endswith("85.0 % is needed of each.")


def test_what_a_small_sample_cannot_tell_is_a_doubt_with_the_number_that_would(run):
    figures = measure(by(run, GOOD), 7).overall
    figures["values"]["power"] = {"estimate": 0.8, "low": 0.6, "high": 0.95, "n": 20}
    figures["values"]["security"] = {
        "estimate": None,
        "low": None,
        "high": None,
        "n": 0,
        "why": "nothing was judged",
    }
    verdict = gate.pass_gate(figures, experts())
    assert verdict.missing == ["Nothing is known of the value security: nothing was judged."]
    assert any(
        one.startswith("Of the value power") and one.endswith("About 245 would.") for one in verdict.doubts
    )
    items = figures["items_drawn"]
    (round_,) = (one for one in verdict.doubts if one.startswith("A round of about"))
    assert f"{-(-items * 245 // 20):,} items where this one has {items:,} would settle all of these" in round_
    assert round_.endswith("(validation.sample.half_width: 0.008).")
    del figures["values"]["power"]
    assert not any(one.startswith("A round") for one in gate.pass_gate(figures, experts()).doubts)


def test_the_gate_says_what_raters_in_general_may_do(run):
    figures = measure(by(run, [Rater(0.99), Rater(0.96), Rater(0.85)]), 7).overall
    own, others = figures["accuracy"], figures["accuracy_of_raters_in_general"]
    assert own["estimate"] == others["estimate"] >= 0.85
    assert others["low"] < own["low"] < own["high"] < others["high"]
    (doubt,) = (one for one in gate.pass_gate(figures, experts()).doubts if "raters in general" in one)
    assert doubt.endswith("More raters would tell, more items would not.")
    alone = measure(by(run, GOOD[:1]), 7).overall
    assert alone["accuracy_of_raters_in_general"]["why"] == "one rater says nothing of others"


def test_each_raters_confusions_add_up_to_those_of_all(run):
    figures = measure(by(run, KNOWN), 7)
    together = figures.rater_confusion.group_by("intended", "answer").agg(pl.col("judgements").sum())
    seen = figures.confusion.filter(pl.col("judgements") > 0).select(together.columns)
    assert together.sort(together.columns).equals(seen.cast(together.schema).sort(together.columns))
    of_each = figures.rater_confusion.filter(pl.col("intended") == pl.col("answer"))
    right = of_each.group_by("rater").agg(pl.col("judgements").sum())
    told = figures.raters.select("rater", pl.col("accuracy") * pl.col("value_judgements"))
    for rater, judgements in right.iter_rows():
        assert dict(told.iter_rows())[rater] == pytest.approx(judgements)


def test_careless_raters_and_missed_attention_checks_are_said(run):
    figures = measure(by(run, [Rater(0.97), Rater(0.96), Rater(0.1, attention=0)]), 7).overall
    assert list(figures["raters_apart"]) == ["r3"]
    verdict = gate.pass_gate(figures, experts(gate={"alpha": 0, "accuracy": 0.5}))
    assert any("attention checks were passed" in one for one in verdict.missing)
    (doubt,) = (one for one in verdict.doubts if one.startswith("Rater r3 passed 0 of"))
    assert doubt.endswith("look at these before you count them.")


def test_a_verdict_is_read_as_it_was_written(run, tmp_path):
    verdict = gate.pass_gate(measure(by(run, GOOD), 7).overall, experts())
    gate.write(verdict, tmp_path / "gate.json", tmp_path / "metrics.json")
    assert gate.read(tmp_path / "gate.json") == verdict
    assert json.loads((tmp_path / "metrics.json").read_text())["verdict"] == "validated"
    for broken in ("", "[]", '{"round": "x"}'):
        (tmp_path / "gate.json").write_text(broken)
        with pytest.raises(InputError, match="dvc repro validate"):
            gate.read(tmp_path / "gate.json")
    with pytest.raises(InputError, match="does not exist"):
        gate.read(tmp_path / "nothing.json")


OUTPUTS = [
    *(
        f"data/validate/{n}"
        for n in (
            "accuracy.parquet",
            "actions.parquet",
            "agreement.parquet",
            "confusion.parquet",
            "consensus.parquet",
            "gate.json",
            "ledger.parquet",
            "rater_confusion.parquet",
            "raters.parquet",
        )
    ),
    "data/metrics/validation.json",
    *(
        f"data/plots/validation_{n}.{kind}"
        for n in ("accuracy", "confusion")
        for kind in ("csv", "png", "svg")
    ),
]


@pytest.mark.parametrize("people", [[], [Rater(0.9), Rater(0.8), Rater(0.7)]], ids=["nobody", "three"])
def test_the_stage_writes_the_same_bytes_each_time(run, people, tmp_path, monkeypatch):
    params = run_params()
    shutil.copytree(run[0], tmp_path / "data")
    validate_run(tmp_path / "data", params, people)
    write_table(JudgementLedger, [], tmp_path / "data/collect/ledger.parquet")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params.model_dump(mode="json", exclude_none=True)))
    monkeypatch.chdir(tmp_path)
    written = []
    for _ in range(2):
        for name in OUTPUTS:
            (tmp_path / name).unlink(missing_ok=True)
        validate.main()
        written.append({name: (tmp_path / name).read_bytes() for name in OUTPUTS})
    assert written[0] == written[1]
    read_table(ActionVerdicts, "data/validate/actions.parquet")
    read_table(Consensus, "data/validate/consensus.parquet")
    svg = written[0]["data/plots/validation_confusion.svg"]
    assert b"<dc:date>" not in svg
    assert (tmp_path / "data/plots/validation_confusion.csv").read_text().count("\n") == 111
    if not people:
        assert json.loads(written[0]["data/validate/gate.json"])["verdict"] == "unvalidated"
        assert {*read_table(ActionVerdicts, "data/validate/actions.parquet")["status"]} == {"not_sampled"}


def test_the_values_stand_in_the_order_of_the_circle(run):
    overall = measure(by(run, GOOD), 7).overall
    assert tuple(overall["values"]) == SLUGS
