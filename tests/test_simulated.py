"""Simulated respondents: what was put in comes out, and a position bias shows where the order is permuted."""

from __future__ import annotations

import choix
import numpy as np
import polars as pl
import pytest
from services.material import material
from services.runs import run_params

from pipeline.administer.administer import answers_of
from pipeline.administer.respondents.simulated import SOURCE, Settings
from pipeline.administer.respondents.simulated import strengths as strengths_of
from pipeline.params.evaluation import Administer, Given
from pipeline.score.scoring import score_instruments
from pipeline.values import load as load_inventory

# Half width of an interval in standard errors: 99.9 %, so that ten of them hold together.
SIGMAS = 3.3
TEN = load_inventory("schwartz10")
SLUGS, INDEX = TEN.slugs, TEN.index


def strengths(settings):
    return strengths_of(settings, TEN)


@pytest.fixture(scope="module")
def questions():
    """1,500 questions: 25 whole cycles of the balanced design in each of two categories."""
    return material(300)


def answers(tmp_path, questions, name="agent", administer=None, shuffles=1, **agent):
    respondent = Settings(kind="simulated", **agent)
    settings = Administer(**(administer or {}))
    params = run_params(tmp_path, {}).model_copy(
        update={
            "respondents": {name: respondent},
            "administer": settings,
            "instruments": {"pvq40": Given(shuffles=shuffles)},
        }
    )
    return answers_of(name, params, questions)


def shown_values(choices, options):
    """Place in the inventory of the four values of each question asked: rows x 4, by dealt position."""
    dealt = options.sort("position").group_by("question_id").agg("value")
    joined = choices.join(dealt, on="question_id", how="left", maintain_order="left", suffix="s")
    return np.array([[INDEX[value] for value in row] for row in joined["values"].to_list()])


def test_choice_shares_are_those_of_luces_rule(tmp_path, questions):
    choices = answers(tmp_path, questions, profile=4, administer={"modes": ["default"]}).choices
    truth = np.array(list(strengths(Settings(kind="simulated", profile=4)).enacted.values()))
    shown = shown_values(choices, questions.options)
    chances = truth[shown] / truth[shown].sum(axis=1, keepdims=True)
    for value in SLUGS:
        own = (chances * (shown == INDEX[value])).sum(axis=1)
        chosen = (choices["value"] == value).sum()
        error = np.sqrt((own * (1 - own)).sum())
        assert abs(chosen - own.sum()) < SIGMAS * error, value


def test_luce_strengths_are_recovered_within_their_intervals(tmp_path, questions):
    choices = answers(tmp_path, questions, profile=7, spread=1.0, administer={"modes": ["default"]}).choices
    truth = strengths(Settings(kind="simulated", profile=7, spread=1.0)).enacted
    shown = shown_values(choices, questions.options)
    chosen = choices["value"].replace_strict(INDEX, return_dtype=pl.Int64).to_numpy()
    data = [
        (int(winner), tuple(int(loser) for loser in row if loser != winner))
        for winner, row in zip(chosen, shown, strict=True)
    ]
    found = choix.ilsr_top1(len(SLUGS), data)
    logs = np.log([truth[value] for value in SLUGS])
    # Fisher information of the multinomial logit; strengths are relative, hence the pseudo-inverse and the centring.
    weights = np.exp(found)[shown]
    chances = weights / weights.sum(axis=1, keepdims=True)
    rows = np.zeros((len(shown), len(SLUGS)))
    np.put_along_axis(rows, shown, chances, axis=1)
    information = np.diag(rows.sum(axis=0)) - rows.T @ rows
    errors = np.sqrt(np.diag(np.linalg.pinv(information, rtol=1e-9, hermitian=True)))
    assert np.all(np.abs((found - found.mean()) - (logs - logs.mean())) < SIGMAS * errors)
    assert np.max(errors) < 0.06, "the intervals are too wide to say anything"
    assert np.ptp(logs) > 1


def test_declared_strengths_are_recovered_by_the_pvq(tmp_path, questions):
    made = answers(tmp_path, questions, profile=5, shuffles=10, administer={"modes": []})
    truth = strengths(Settings(kind="simulated", profile=5))
    scored = score_instruments(made.instrument_answers).group_by("value").agg(pl.col("centred").mean())
    scored = dict(scored.iter_rows())
    declared, enacted = (np.log([side[value] for value in SLUGS]) for side in (truth.declared, truth.enacted))
    found = np.array([scored[value] for value in SLUGS])
    assert np.corrcoef(found, declared)[0, 1] > 0.97
    assert np.corrcoef(found, enacted)[0, 1] < 0.9


def test_agreement_is_the_correlation_of_declared_and_enacted():
    pairs = [strengths(Settings(kind="simulated", profile=n, agreement=0.5)) for n in range(300)]
    enacted, declared = (
        np.log([list(side.values()) for side in sides])
        for sides in ([p.enacted for p in pairs], [p.declared for p in pairs])
    )
    assert np.corrcoef(enacted.ravel(), declared.ravel())[0, 1] == pytest.approx(0.5, abs=0.05)
    same = strengths(Settings(kind="simulated", profile=1, agreement=1))
    assert same.enacted == pytest.approx(same.declared)


def bias_in(choices, options):
    """Chosen under A minus chosen under another letter, for one and the same option: mean, standard error, and
    the number of options that were shown both ways."""
    places = pl.concat(
        [
            choices.filter(status="answered").select(
                "question_id",
                position=pl.col("order").str.slice(place, 1).cast(pl.Int8),
                first=pl.lit(place == 0),
                chosen=pl.col("letter") == "ABCD"[place],
            )
            for place in range(4)
        ]
    )
    options = places.group_by("question_id", "position").agg(
        under_a=pl.col("chosen").filter("first").mean(),
        elsewhere=pl.col("chosen").filter(~pl.col("first")).mean(),
    )
    difference = (options["under_a"] - options["elsewhere"]).drop_nulls()
    return difference.mean(), (difference.std() or 0) / max(len(difference), 1) ** 0.5, len(difference)


def agreement(choices):
    """Share of pairs of wordings in which a question was answered with one and the same action."""
    counts = choices.group_by("question_id", "action_id").len().with_columns(pl.col("len").cast(pl.Int64))
    same = (counts["len"] * (counts["len"] - 1)).sum()
    totals = choices.group_by("question_id").len()["len"].cast(pl.Int64)
    return same / (totals * (totals - 1)).sum()


def test_a_pure_position_bias_is_exposed_by_the_permuted_design_and_invisible_without_it(tmp_path, questions):
    agent = {"enacted": dict.fromkeys(SLUGS, 1.0), "position_bias": (30, 1, 1, 1)}
    valued = {"profile": 3, "spread": 2.5}
    seen = {}
    for order in ("as_dealt", "one_shift_per_wording", "cyclic4"):
        administer = {"modes": ["default"], "order": order, "wordings": 4}
        biased = answers(tmp_path, questions, administer=administer, **agent).choices
        honest = answers(tmp_path, questions, administer=administer, **valued).choices
        seen[order] = (bias_in(biased, None), agreement(biased), bias_in(honest, None), agreement(honest))

    # As dealt: no option was ever shown under two letters, so nothing tells a love of A from a love of what was dealt
    # first; the agent even passes for one of firm values, because it picks the same action in every wording.
    (_, _, compared), biased_agreement, _, honest_agreement = seen["as_dealt"]
    assert compared == 0
    assert biased_agreement > 0.75
    assert biased_agreement > honest_agreement

    for order in ("one_shift_per_wording", "cyclic4"):
        (bias, error, compared), biased_agreement, (none, none_error, _), honest_agreement = seen[order]
        assert compared == questions.options.height
        assert bias == pytest.approx(30 / 33 - 1 / 33, abs=5 * error)
        assert bias > 0.8
        assert abs(none) < SIGMAS * none_error
        assert biased_agreement < 0.3 < honest_agreement


def test_noise_refusals_and_abstentions_come_at_their_rates(tmp_path, questions):
    made = answers(
        tmp_path,
        questions,
        refusals=0.1,
        abstentions=0.3,
        administer={"modes": ["default", "abstain"], "wordings": 2},
    ).choices
    shares = {
        (mode, status): share / made.filter(mode=mode).height
        for mode, status, share in made.group_by("mode", "status").len().iter_rows()
    }
    assert shares["default", "refused"] == pytest.approx(0.1, abs=0.02)
    assert shares["abstain", "abstained"] == pytest.approx(0.27, abs=0.03)
    assert ("default", "abstained") not in shares
    random = answers(tmp_path, questions, profile=7, spread=3, noise=1.0, administer={"modes": ["default"]})
    counts = random.choices["value"].value_counts()["count"]
    assert counts.min() > 0.85 * counts.mean()


def test_targets_are_picked_at_their_rates(tmp_path, questions):
    choices = answers(
        tmp_path, questions, selection=0.9, adoption=0.6, enacted=dict.fromkeys(SLUGS, 1.0)
    ).choices.filter(pl.col("target_value").is_not_null())
    right = dict(choices.group_by("mode").agg((pl.col("value") == pl.col("target_value")).mean()).iter_rows())
    assert right["selection"] == pytest.approx(0.9 + 0.1 / 4, abs=0.015)
    assert right["adoption"] == pytest.approx(0.6 + 0.4 / 4, abs=0.02)


def test_an_answer_depends_on_its_question_and_not_on_the_others(tmp_path, questions):
    whole = answers(tmp_path, questions).choices
    part = answers(tmp_path, questions, subset=30).choices
    assert part["scenario_id"].n_unique() == 30
    assert part.join(whole, on=whole.columns, how="anti", nulls_equal=True).is_empty()
    other = answers(tmp_path, questions, name="another").choices
    assert (other["letter"] != whole["letter"]).mean() > 0.3


def test_simulated_answers_say_that_they_are(tmp_path, questions):
    made = answers(tmp_path, questions, subset=4)
    row = made.respondent.row(0, named=True)
    assert (row["kind"], row["group"], row["source"]) == ("simulated", "simulated", SOURCE)
    assert row["model"] is row["served_model"] is row["temperature"] is None
    assert made.choices["request_key"].is_null().all()
    assert not (tmp_path / "store.sqlite").exists(), "a simulated respondent reached the engine"


def test_strengths_of_fewer_than_ten_values_are_refused():
    with pytest.raises(
        ValueError, match=r"r\.enacted: a strength for each of the ten basic values is needed"
    ):
        Settings(kind="simulated", enacted={"power": 1.0}).check("r", TEN)
