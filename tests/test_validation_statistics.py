"""Agreement and consensus: published examples, libraries as oracles, intervals that hold what they say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import fleiss_kappa as of_statsmodels

from pipeline.statistics import agreement as coefficients
from pipeline.statistics.agreement import agreement, fleiss_kappa, krippendorff_alpha
from pipeline.statistics.crossed import share_of_raters
from pipeline.statistics.intervals import bootstrap, proportion, wilson
from pipeline.statistics.spread import Spread
from pipeline.validate.consensus import PRIOR, dawid_skene

# Krippendorff's own example (four observers, twelve units, gaps), also "cac.raw4raters" of Gwet's Handbook of
# Inter-Rater Reliability (2014), page 120. One row a unit, 0 where an observer did not see it.
FOUR_OBSERVERS = """1101 2232 3333 3333 2222 1234 4444 1121 2222 0555 0011 0030"""
# Two observers: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, examples A (ten binary units) and B
# (twelve units, five categories).
BINARY = "12 22 12 11 11 12 11 11 21 11"
NOMINAL = "12 11 22 22 42 33 33 33 55 44 44 14"
# 15 psychiatric patients and six raters, after Fleiss (1971); "distrib.6raters" of irrCAC.
SIX_RATERS = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031"""
# Two abstractors and 100 pregnancies, Gwet (2014); rows and columns: ectopic, abnormal and normal intrauterine.
TWO_ABSTRACTORS = ((13, 0, 0), (0, 20, 7), (0, 4, 56))
# Fleiss' kappa as Wikipedia works it out: ten subjects, fourteen raters.
FOURTEEN_RATERS = (
    "0 0 0 0 14|0 2 6 4 2|0 0 3 5 6|0 3 9 2 0|2 2 8 1 1|7 7 0 0 0|3 2 6 3 0|2 5 3 2 2|6 5 2 1 0|0 2 2 3 7"
)


def of_raters(text, categories):
    rows = np.array([[int(c) for c in word] for word in text.split()])
    return (rows[:, :, None] == np.arange(1, categories + 1)).sum(axis=1).astype(float)


def of_counts(text):
    return np.array([[int(c) for c in word] for word in text.split()], dtype=float)


def of_table(table):
    eye = np.eye(len(table))
    return np.array(
        [eye[i] + eye[j] for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    )


@pytest.mark.parametrize(
    ("counts", "alpha", "kappa", "ac1"),
    [
        (of_raters(FOUR_OBSERVERS, 5), 0.743, 0.76117, 0.77544),
        (of_raters(BINARY, 2), 0.095, None, None),
        (of_raters(NOMINAL, 5), 0.692, None, None),
        (of_counts(SIX_RATERS), 0.4204384, 0.4139265, 0.4448007),
        (of_table(TWO_ABSTRACTORS), 0.7972585, 0.7962397, 0.8493305),
        (
            np.array([[int(n) for n in row.split()] for row in FOURTEEN_RATERS.split("|")], float),
            None,
            0.210,
            None,
        ),
    ],
    ids=["four observers", "binary", "nominal", "six raters", "two abstractors", "fourteen raters"],
)
def test_coefficients_equal_published_examples(counts, alpha, kappa, ac1):
    found = agreement(counts, "test", 1)
    for name, published in (("alpha", alpha), ("kappa", kappa), ("ac1", ac1)):
        if published is not None:
            digits = len(str(published).split(".")[1])
            assert round(found[name].estimate, digits) == published, name
            assert found[name].low < found[name].estimate < found[name].high


def test_items_with_a_missing_answer_count_for_kappa():
    """Alpha leaves out what one rater saw alone; kappa and AC1 take its category's prevalence."""
    found = agreement(of_raters(FOUR_OBSERVERS, 5), "test", 1)
    assert (found["alpha"].n, found["kappa"].n, found["ac1"].n) == (11, 12, 12)


counts_of_items = arrays(float, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.integers(0, 3))


def alpha_pair_by_pair(counts):
    """1 - D_o / D_e from every pair of answers: within items, each weighted by its raters, and among all answers."""
    items = [[c for c, n in enumerate(row) for _ in range(int(n))] for row in counts if sum(row) >= 2]
    pooled = [c for item in items for c in item]
    observed = sum(
        sum(a != b for a, b in itertools.permutations(item, 2)) / (len(item) - 1) for item in items
    ) / len(pooled)
    pairs = len(pooled) * (len(pooled) - 1)
    expected = sum(a != b for a, b in itertools.permutations(pooled, 2)) / pairs
    return 1 - observed / expected


@settings(max_examples=150, deadline=None)
@given(counts=counts_of_items)
def test_alpha_and_kappa_are_what_their_definitions_and_the_library_give(counts):
    paired = counts[counts.sum(axis=1) >= 2]
    if len(paired) and (alpha := krippendorff_alpha(counts)) is not None:
        assert alpha == pytest.approx(alpha_pair_by_pair(paired))
        even = paired[paired.sum(axis=1) == paired.sum(axis=1).max()]
        if (kappa := fleiss_kappa(even)) is not None:
            assert kappa == pytest.approx(of_statsmodels(even))


@settings(max_examples=60, deadline=None)
@given(counts=counts_of_items)
def test_there_is_a_number_or_a_reason_and_never_nan(counts):
    for figure in agreement(counts, "test", 1).values():
        for number in (figure.estimate, figure.low, figure.high):
            assert number is None or np.isfinite(number)
        assert figure.why or None not in (figure.estimate, figure.low, figure.high)
        assert "NaN" not in str(figure.json())


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (np.zeros((0, 3)), "no item has answers of two raters"),
        (np.eye(3), "no item has answers of two raters"),
        (np.array([[2.0, 0, 0]] * 4), "all answers are the same"),
    ],
)
def test_what_cannot_be_computed_says_why(counts, why):
    found = agreement(counts, "test", 1)["alpha"]
    assert found.estimate is None
    assert why in found.why


def test_perfect_agreement_is_one_and_has_no_interval():
    found = agreement(np.array([[2.0, 0], [0, 2.0], [2.0, 0]]), "test", 1)
    assert [figure.estimate for figure in found.values()] == [1, 1, 1]
    assert found["alpha"].low is None
    assert found["alpha"].why


# Raters of known accuracy whose errors go to known places: rows are the true value, columns the answer (ten values
# and none). A share of the errors goes to the neighbours on the circle, a tenth to none.
def rater(accuracy, near):
    matrix = np.zeros((10, 11))
    for value in range(10):
        error = 1 - accuracy
        matrix[value, [(value - 1) % 10, (value + 1) % 10]] = error * near / 2
        far = [other for other in range(10) if (other - value) % 10 not in (0, 1, 9)]
        matrix[value, far] = error * (0.9 - near) / len(far)
        matrix[value, 10] = error * 0.1
        matrix[value, value] = accuracy
    return matrix


RATERS = np.array([rater(0.92, 0.5), rater(0.85, 0.3), rater(0.78, 0.6)])


def simulate(seed, items, missing=0.0):
    """True values, and answers as ones (items x raters x answers)."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 10, items)
    drawn = random.random((items, len(RATERS), 1))
    answers = (drawn > RATERS[:, truth].transpose(1, 0, 2).cumsum(axis=2)).sum(axis=2).clip(max=10)
    there = random.random((items, len(RATERS))) >= missing
    return truth, (answers[:, :, None] == np.arange(11)) & there[:, :, None]


def figures(answers, truth):
    """What each item adds to the sums of each figure, and the figure of the sums."""
    counts = answers.sum(axis=1).astype(float)
    seen = counts.sum(axis=1) > 0
    counts, truth = counts[seen], truth[seen]
    right = np.column_stack([counts[np.arange(len(counts)), truth], counts.sum(axis=1)])
    return {
        "alpha": (coefficients.alpha_sums(counts[counts.sum(axis=1) >= 2]), coefficients.alpha_of),
        "kappa": (coefficients.pair_sums(counts), coefficients.kappa_of),
        "ac1": (coefficients.pair_sums(counts), coefficients.ac1_of),
        "accuracy": (right, lambda sums: sums[..., 0] / sums[..., 1]),
    }


def test_intervals_hold_the_truth_as_often_as_they_say():
    """95 % of 300 intervals, give or take three standard errors; with a tenth of the judgements missing."""
    truth, answers = simulate(0, 300_000)
    true = {
        name: float(figure(added.sum(axis=0))) for name, (added, figure) in figures(answers, truth).items()
    }
    assert true["accuracy"] == pytest.approx(0.85, abs=0.005)
    held = dict.fromkeys(true, 0)
    rounds = 300
    for seed in range(1, rounds + 1):
        truth, answers = simulate(seed, 60, missing=0.1)
        for name, (added, figure) in figures(answers, truth).items():
            low, high, _ = bootstrap(added, figure, name, seed, replicates=400)
            held[name] += low <= true[name] <= high
    for name, count in held.items():
        assert abs(count / rounds - 0.95) <= 3 * (0.95 * 0.05 / rounds) ** 0.5, (name, count / rounds)


def test_the_interval_of_judgements_is_wider_than_if_they_were_independent():
    """Items differ in difficulty, so that judgements of one are alike: an interval that counts each fails."""
    held, naive, rounds = 0, 0, 300
    for seed in range(rounds):
        random = np.random.default_rng(seed)
        easy = random.beta(2 * 0.85, 2 * 0.15, 60)
        right = random.binomial(3, easy)
        found = proportion(right, np.full(60, 3), "test", seed)
        plain = wilson(int(right.sum()), 180)
        held += found.low <= 0.85 <= found.high
        naive += plain.low <= 0.85 <= plain.high
    assert 0.91 <= held / rounds <= 0.99
    assert naive / rounds < 0.9


@pytest.mark.parametrize(("right", "of"), [([0, 0, 0], [3, 3, 2]), ([3, 3, 2], [3, 3, 2])])
def test_where_all_judgements_are_alike_the_interval_is_wilsons_for_the_items(right, of):
    found = proportion(right, of, "test", 1)
    plain = wilson(3 if sum(right) else 0, 3)
    assert (found.estimate, found.low, found.high) == (plain.estimate, plain.low, plain.high)
    assert found.n == 8


# Dawid and Skene (1979), table 1: 45 patients; the first anaesthetist assessed each three times, four others once.
PATIENTS = """
111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3
232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1
222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2
111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3
221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2
"""


def test_dawid_skene_gives_the_estimates_of_the_paper():
    rows = PATIENTS.strip().replace("\n", "|").split("|")
    answers = np.zeros((45, 5, 4))
    for patient, row in enumerate(rows):
        for observer, classes in enumerate(row.split()):
            for one in classes:
                answers[patient, observer, int(one) - 1] += 1
    found = dawid_skene(answers)
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert found.errors[0].round(2).tolist() == [
        [0.89, 0.11, 0.00, 0.00],
        [0.07, 0.88, 0.05, 0.00],
        [0.00, 0.34, 0.66, 0.00],
        [0.00, 0.00, 0.56, 0.44],
    ]


def test_dawid_skene_finds_raters_errors_and_does_no_worse_than_the_majority():
    better, errors = [], []
    for seed in range(20):
        truth, answers = simulate(seed, 350, missing=0.1)
        answers, truth = answers[answers.any(axis=(1, 2))].astype(float), truth[answers.any(axis=(1, 2))]
        found = dawid_skene(answers, PRIOR)
        assert np.isfinite(found.posterior).all()
        assert found.posterior.sum(axis=1) == pytest.approx(1)
        majority = answers.sum(axis=1).argmax(axis=1)
        better.append((found.posterior.argmax(axis=1) == truth).mean() - (majority == truth).mean())
        errors.append(np.diagonal(found.errors[:, :10, :10], axis1=1, axis2=2).mean(axis=1))
    assert np.mean(better) > 0
    assert np.mean(errors, axis=0) == pytest.approx([0.92, 0.85, 0.78], abs=0.04)


def crossed_study(rng, items, raters):
    """Answers (right, item, rater) of raters who differ and items that do, three raters an item; log odds."""
    easy, good = rng.normal(2.2, 1.2, items), rng.normal(0, 0.6, raters)
    item, rater = (
        np.repeat(np.arange(items), 3),
        rng.permuted(np.tile(range(raters), (items, 1)), axis=1)[:, :3].ravel(),
    )
    return rng.random(3 * items) < 1 / (1 + np.exp(-easy[item] - good[rater])), item, rater


@pytest.mark.parametrize(("items", "raters"), [(40, 3), (200, 8)])
def test_the_interval_for_raters_in_general_holds_the_accuracy_of_others(items, raters):
    """Of 200 rounds; the interval that takes the raters as they are holds it far too seldom."""
    drawn = np.random.default_rng(0)
    true = float(np.mean(1 / (1 + np.exp(-drawn.normal(2.2, np.hypot(1.2, 0.6), 400_000)))))
    held = fixed = 0
    for seed in range(200):
        right, item, rater = crossed_study(np.random.default_rng(seed), items, raters)
        found = share_of_raters(right, item, rater)
        held += found.low <= true <= found.high
        if seed < 25:
            these = proportion(np.bincount(item, right), np.bincount(item), "test", seed)
            fixed += these.low <= true <= these.high
    assert 0.9 <= held / 200 <= 0.99
    assert fixed / 25 < 0.9


def test_raters_who_are_all_alike_are_given_no_narrower_interval_than_their_items():
    rng = np.random.default_rng(3)
    item, rater = np.repeat(np.arange(60), 3), np.tile(np.arange(3), 60)
    right = np.repeat(rng.random(60) < 0.8, 3)
    found, these = share_of_raters(right, item, rater), proportion(np.bincount(item, right), [3] * 60, "", 1)
    assert found.high - found.low >= 0.95 * (these.high - these.low)
    assert share_of_raters([], [], []).why == "nothing was judged"
    assert share_of_raters([1, 1, 1, 1], [1, 1, 2, 2], [1, 2, 1, 2]).low is None


def spread_of_items(rng, items):
    """Shares of answers by item, and which answer is expected: of one in five items raters are of two minds."""
    expected = rng.integers(0, 10, items)
    first = np.where(rng.random(items) < 0.8, rng.beta(30, 1.5, items), rng.beta(3, 3, items))
    shares = np.full((items, 11), 0.02 / 11)
    shares[np.arange(items), expected] += 0.98 * first
    shares[np.arange(items), (expected + 1) % 10] += 0.98 * (1 - first)
    return shares, expected


def asked(rng, shares, raters):
    drawn = (rng.random((raters, len(shares), 1)) > shares.cumsum(axis=1)).sum(axis=2).clip(max=10)
    return (drawn[:, :, None] == np.arange(11)).sum(axis=0)


def test_the_best_possible_score_and_the_next_answer_are_found_from_three_raters():
    """Majorities of three look better than they are; the certainty of Dawid and Skene's model far better."""
    best = spread_of_items(np.random.default_rng(99), 20_000)[0].max(axis=1).mean()
    found, held, foretold, came, naive = [], 0, [], [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        shares, expected = spread_of_items(rng, 200)
        counts, one_more = asked(rng, shares, 3), asked(rng, shares, 1)
        spread, most = Spread.of(counts, expected), counts.argmax(axis=1)
        figure = spread.best_possible(seed)
        found.append(figure.estimate)
        held += figure.low <= best <= figure.high
        foretold.append(spread.next_answer()[np.arange(200), most].mean())
        came.append(one_more[np.arange(200), most].mean())
        naive.append((counts.max(axis=1) / 3).mean())
    assert np.mean(found) == pytest.approx(best, abs=0.01)
    assert held >= 10
    assert np.mean(foretold) == pytest.approx(np.mean(came), abs=0.015)
    assert np.mean(naive) > np.mean(came) + 0.03
    assert spread.next_answer().sum(axis=1) == pytest.approx(1)


def test_the_certainty_of_dawid_and_skene_is_not_to_be_printed():
    """Why the consensus has none: raters who misread the same items are taken for sure."""
    certain, right = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        shares, expected = spread_of_items(rng, 200)
        answers = np.stack([asked(rng, shares, 1) for _ in range(3)], axis=1).astype(float)
        posterior = dawid_skene(answers, PRIOR).posterior
        certain.append(posterior.max(axis=1).mean())
        right.append((posterior.argmax(axis=1) == expected).mean())
    assert np.mean(certain) > np.mean(right) + 0.05
