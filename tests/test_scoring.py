"""Scores of the PVQ: by hand, by property, and the exclusion rules at their edges."""

from __future__ import annotations

import csv

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import InputError
from pipeline.instruments import Rules, load
from pipeline.score.scoring import STRAIGHT_LINING, TOO_MANY_MISSING, score, score_instruments
from pipeline.tables import InstrumentAnswers, conform

PVQ40 = load("pvq40")
ITEMS, KEY, RULES, SLUGS = PVQ40.items, PVQ40.key, PVQ40.rules, PVQ40.inventory.slugs


def table(*administrations, respondent="r", instrument="pvq40"):
    """InstrumentAnswers of administrations, each a dict of item and answer (None: invalid)."""
    rows = [
        {
            "respondent": respondent,
            "instrument": instrument,
            "administration": number,
            "item": item,
            "language": "en",
            "wording": 1,
            "shuffle": 0,
            "place": item,
            "status": "invalid" if answer is None else "answered",
            "answer": answer,
        }
        for number, answers in enumerate(administrations, start=1)
        for item, answer in answers.items()
    ]
    return conform(InstrumentAnswers, rows, where="test")


def scores(answers, rules=RULES):
    scored = score(table(answers), PVQ40, rules)
    return {row["value"]: row for row in scored.iter_rows(named=True)}


def test_a_value_is_the_mean_of_its_items_less_the_mean_of_all():
    # All items of one value are answered alike: Self-direction 1, Stimulation 2, ... and again from 1.
    answers = {item: 1 + SLUGS.index(value) % 6 for value in SLUGS for item in KEY[value]}
    answers |= {2: 6, 17: 5, 39: 1}
    overall = (4 * 1 + 3 * 2 + 3 * 3 + 4 * 4 + (6 + 5 + 1) + 5 * 6 + 4 * 1 + 4 * 2 + 4 * 3 + 6 * 4) / 40
    found = scores(answers)
    assert found["power"]["mean"] == pytest.approx(4)
    assert found["power"]["centred"] == pytest.approx(4 - overall)
    assert found["self_direction"]["mean"] == 1
    assert found["universalism"]["centred"] == pytest.approx(4 - overall)


def test_unanswered_items_leave_both_means():
    answers = {item: 1 + item % 6 for item in ITEMS} | {2: None, 17: None}
    found = scores(answers)
    left = [answer for answer in answers.values() if answer is not None]
    assert found["power"]["items"] == 1
    assert found["power"]["mean"] == answers[39]
    assert found["power"]["centred"] == pytest.approx(answers[39] - sum(left) / len(left))


def test_a_value_without_any_answer_has_no_score_and_the_others_do():
    found = scores({item: 1 + item % 6 for item in ITEMS} | {2: None, 17: None, 39: None})
    assert (found["power"]["items"], found["power"]["mean"], found["power"]["excluded"]) == (0, None, None)
    assert found["security"]["mean"] is not None


def test_an_item_without_a_row_counts_as_missing():
    full = {item: 1 + item % 6 for item in ITEMS}
    short = {item: answer for item, answer in full.items() if item > 10}
    assert {row["excluded"] for row in scores(short).values()} == {TOO_MANY_MISSING}


@pytest.mark.parametrize(
    ("missing", "excluded"), [(RULES.missing, None), (RULES.missing + 1, TOO_MANY_MISSING)]
)
def test_too_many_missing_items_exclude(missing, excluded):
    answers = {item: None if item <= missing else 1 + item % 6 for item in ITEMS}
    found = scores(answers)
    assert {row["excluded"] for row in found.values()} == {excluded}
    assert (found["power"]["mean"] is None) == (excluded is not None)


@pytest.mark.parametrize(("same", "excluded"), [(RULES.same, None), (RULES.same + 1, STRAIGHT_LINING)])
def test_too_many_equal_answers_exclude(same, excluded):
    answers = {item: 4 if item <= same else 1 + item % 3 for item in ITEMS}
    found = scores(answers)
    assert {row["excluded"] for row in found.values()} == {excluded}
    assert (found["power"]["centred"] is None) == (excluded is not None)


def test_an_administration_that_was_refused_stays_in_the_table():
    found = scores(dict.fromkeys(ITEMS))
    assert len(found) == 10
    assert {(row["excluded"], row["items"]) for row in found.values()} == {(TOO_MANY_MISSING, 0)}


def test_administrations_are_scored_apart():
    scored = score_instruments(table({i: 1 + i % 6 for i in ITEMS}, {i: 1 + i % 5 for i in ITEMS}))
    assert scored.height == 20
    assert scored.group_by("administration").len()["len"].to_list() == [10, 10]


ANSWERS = st.lists(st.none() | st.integers(1, 6), min_size=40, max_size=40)


@given(ANSWERS)
@settings(deadline=None)
def test_for_all_answers_scores_are_those_of_plain_arithmetic(given_answers):
    answers = dict(zip(ITEMS, given_answers, strict=True))
    left = [answer for answer in given_answers if answer is not None]
    found = scores(answers, Rules(missing=40, same=40))
    assert tuple(sorted(found)) == tuple(sorted(SLUGS))
    for value, row in found.items():
        own = [answers[item] for item in KEY[value] if answers[item] is not None]
        assert row["items"] == len(own)
        if own:
            assert row["mean"] == pytest.approx(sum(own) / len(own))
            assert row["centred"] == pytest.approx(row["mean"] - sum(left) / len(left))
        else:
            assert row["mean"] is None


def test_151_people_score_as_the_key_says(reference):
    """The people of the R package smacof, coded in reverse: 7 - x; zeros are missing."""
    with open(reference / "pvq/smacof_PVQ40_items_numbered.csv", encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    columns = {int(name[3:5]): name for name in people[0] if name.startswith("pvq")}
    answers, expected = [], {}
    for person in people:
        given_answers = {
            item: 7 - int(float(person[name])) if float(person[name] or 0) else None
            for item, name in columns.items()
        }
        answers.append(table(given_answers, respondent=person["id"]))
        left = [answer for answer in given_answers.values() if answer is not None]
        for value in SLUGS:
            own = [given_answers[item] for item in KEY[value] if given_answers[item] is not None]
            mean = sum(own) / len(own) if own else None
            expected[person["id"], value] = (mean, mean - sum(left) / len(left) if own else None)
    scored = score_instruments(pl.concat(answers)).filter(pl.col("excluded").is_null())
    assert scored.height >= 145 * 10
    for respondent, value, mean, centred in scored.select(
        "respondent", "value", "mean", "centred"
    ).iter_rows():
        assert (mean, centred) == pytest.approx(expected[respondent, value])


def test_the_pvq21_is_scored_towards_like_me_and_excluded_as_the_survey_says():
    pvq21 = load("pvq21")
    # Self-direction (1, 11) coded 1 and 2, which is most like the person; all else 6.
    answers = dict.fromkeys(pvq21.items, 6) | {1: 1, 11: 2, 3: 3, 8: 4, 19: 5}
    scored = score(table(answers, instrument="pvq21"), pvq21, Rules(missing=0, same=21))
    found = {row["value"]: row for row in scored.iter_rows(named=True)}
    overall = (6 + 5 + 4 + 3 + 2 + 16 * 1) / 21
    assert found["self_direction"]["mean"] == 5.5
    assert found["universalism"]["mean"] == 3
    assert found["power"]["mean"] == 1
    assert found["self_direction"]["centred"] == pytest.approx(5.5 - overall)
    for same, excluded in ((16, None), (17, STRAIGHT_LINING)):
        flat = {item: 4 if item <= same else 1 + item % 3 for item in pvq21.items}
        assert set(score(table(flat, instrument="pvq21"), pvq21)["excluded"]) == {excluded}
    for missing, excluded in ((5, None), (6, TOO_MANY_MISSING)):
        short = {item: None if item <= missing else 1 + item % 6 for item in pvq21.items}
        assert set(score(table(short, instrument="pvq21"), pvq21)["excluded"]) == {excluded}


def test_the_pvq_rr_is_centred_over_57_items():
    pvq_rr = load("pvq_rr")
    answers = {item: 1 + item % 6 for item in pvq_rr.items}
    found = {r["value"]: r for r in score(table(answers, instrument="pvq_rr"), pvq_rr).iter_rows(named=True)}
    assert len(found) == 19
    overall = sum(answers.values()) / 57
    # Humility has the items 7, 38 and 54, Face 9, 24 and 49.
    assert found["humility"]["mean"] == pytest.approx((2 + 3 + 1) / 3)
    assert found["face"]["centred"] == pytest.approx((4 + 1 + 2) / 3 - overall)


def test_instruments_are_scored_side_by_side_and_foreign_items_and_codes_are_errors():
    many = pl.concat(
        [
            table({item: 1 + item % 6 for item in load(name).items}, instrument=name)
            for name in ("pvq40", "pvq21", "pvq_rr")
        ]
    )
    scored = score_instruments(many)
    assert dict(scored.group_by("instrument").len().iter_rows()) == {"pvq40": 10, "pvq21": 10, "pvq_rr": 19}
    with pytest.raises(InputError, match="item 22 of r, administration 1: the PVQ-21 has 1 to 21"):
        score_instruments(table({22: 1}, instrument="pvq21"))
    with pytest.raises(InputError, match="answer 7 of r, administration 1: the PVQ-40 has 1 to 6"):
        score_instruments(table({1: 7}))
