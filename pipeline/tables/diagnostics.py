"""What stands beside the published numbers: agreement, biases, missing answers, reliability, models, maps."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import LETTERS, MOST_OPTIONS, instrument_column, one_of, value_column
from pipeline.tables.evaluation import ANSWER_STATUSES, KINDS, MODES
from pipeline.tables.numbers import PROFILE_KINDS, lower, number, share_of, stands, tally, upper, whose


class RespondentAgreement(dy.Schema):
    """Item-level agreement: the same question, two answers, is it the same action?

    Within: two answers of one respondent under different wordings or repeats (a = b). Between: an answer of each.
    """

    mode = one_of(MODES, "What was asked", primary_key=True)
    a = dy.String(primary_key=True, description="One respondent")
    b = dy.String(primary_key=True, description="The other, or the same")
    level = one_of(["within", "between"], "One respondent or two", nullable=False)
    main = stands()
    questions = tally("Questions that both (or one, repeatedly) answered")
    share = share_of("Mean share of equal answers", nullable=False)
    low = lower()
    high = upper()
    kappa = number("Cohen's kappa over dealt positions", max=1)
    ac1 = number("Gwet's AC1 over dealt positions", max=1)
    compared = one_of(
        ["different_wordings", "repeats", "all"],
        "Which answers: under different wordings, repeats under one wording, or (between) all",
        nullable=False,
    )
    self_agreement = share_of(
        "Between, under different wordings: geometric mean of the two within shares, what two would reach that differ "
        "no more than each from itself; no bound"
    )


class Likeness(dy.Schema):
    """How alike two agents of a kind choose in default mode, beside what a high number is worth (a = b: one with
    itself)."""

    kind = one_of(KINDS, "Kind of both", nullable=False)
    a = dy.String(primary_key=True, description="One respondent")
    b = dy.String(primary_key=True, description="The other, or the same")
    r = number("Pearson's r of the two profiles; empty for one with itself", min=-1, max=1)
    value_only_r = number(
        "r of two choosers who share the kind's weights of the values, one choice a question", min=-1, max=1
    )
    half_r = number("Mean r on disjoint halves of the scenarios", min=-1, max=1)
    distinctive_r = number("r of what is left of each profile without the kind's mean", min=-1, max=1)
    normative_r = number("One with itself: r with the mean profile of the kind's others", min=-1, max=1)
    agreement = share_of("Share of equal answers, under different wordings where they were asked so")
    value_only_agreement = share_of("The same of two choosers who share the weights of the values only")


class Positions(dy.Schema):
    """Position bias: how often each letter, as shown, was chosen; 1 of k options without bias."""

    respondent = whose()
    mode = one_of(MODES, "What was asked", primary_key=True)
    letter = one_of(tuple(LETTERS[:MOST_OPTIONS]), "The letter shown", primary_key=True)
    chosen = tally("Times it was chosen")
    choices = tally("Answered questions")
    share = share_of("chosen / choices", nullable=False)
    low = lower()
    high = upper()
    p = share_of("Test of share = 1/k: t over scenarios")
    holm_p = share_of("The same, corrected for the letters by Holm")
    joint_p = share_of("Test that all k are 1/k: Hotelling's T2 over scenarios")
    joint_holm_p = share_of("The same, corrected for the respondents by Holm")


class Wordings(dy.Schema):
    """Wording sensitivity: two prompt wordings of one respondent on the same questions."""

    respondent = whose()
    mode = one_of(MODES, "What was asked", primary_key=True)
    language_a = dy.String(primary_key=True, description="Language of the one")
    wording_a = dy.Int16(primary_key=True, min=1, description="Number of the one")
    language_b = dy.String(primary_key=True, description="Language of the other")
    wording_b = dy.Int16(primary_key=True, min=1, description="Number of the other")
    questions = tally("Questions answered under both")
    share = share_of("Share of equal answers", nullable=False)
    low = lower()
    high = upper()
    same_order_questions = tally("Of these, with the options in the same order under both")
    same_order_share = share_of("Share of equal answers there: what the wording alone changes")
    other_order_questions = tally("With the options in another order")
    other_order_share = share_of("Share of equal answers there: what wording and order change together")
    profile_r = number("Pearson's r of the two profiles (share of choices)", min=-1, max=1)
    shift_value = value_column("Value whose share of choices differs most", nullable=False)
    shift = number("Its share under b less that under a", nullable=False, min=-1, max=1)
    p = share_of("Test that the two profiles are one: Hotelling's T2 over scenarios")
    holm_p = share_of("The same, corrected by Holm for the pairs of wordings")


class Missing(dy.Schema):
    """What became of the questions asked, by status."""

    respondent = whose()
    instrument = instrument_column("Mode of the questions, an instrument, or ratings")
    language = dy.String(primary_key=True, description="Language of the prompt, or 'all'")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    status = one_of(ANSWER_STATUSES, "What became of them", primary_key=True)
    count = tally("How many")
    asked = tally("Of how many")
    share = share_of("count / asked", nullable=False)
    low = lower()
    high = upper()


class Reliability(dy.Schema):
    """Reliability of a profile over the values."""

    respondent = whose()
    instrument = instrument_column("The instrument; questions for the enacted profile")
    profile = one_of(PROFILE_KINDS, "Which profile (enacted: default mode)", primary_key=True)
    facet = one_of(
        ["scenarios", "items", "administrations", "shuffles", "wordings"],
        "What is split into random halves; items: halves share no administration either, where there are several",
        primary_key=True,
    )
    units = tally("Units of the facet")
    splits = tally("Random splits")
    half_r = number("Mean r of the two halves' profiles", nullable=False, min=-1, max=1)
    reliability = number("Spearman-Brown: 2 r / (1 + r)", nullable=False, max=1)


class VarianceComponents(dy.Schema):
    """Generalizability study: what each facet adds to the variance of a value's share of the choices of one scenario,
    or of the answer to one item. Means over the values."""

    kind = one_of(KINDS, "Kind of the respondents", primary_key=True)
    respondent = dy.String(primary_key=True, description="The respondent, or 'all' of the kind's agents")
    instrument = instrument_column("The instrument; questions for what is enacted")
    facet = dy.String(
        primary_key=True,
        description="respondent, scenario, wording, administration, item, and combinations; order: of the options, a "
        "part of the others",
    )
    levels = tally("Levels of the facet, of a combination of the one that has fewest")
    variance = number("The component; 0 where its estimate is negative", nullable=False, min=0)
    share = share_of("Of the sum of the components, order apart")


class ConditionalLogit(dy.Schema):
    """Choice among actions on the respondent's centred score of each action's value."""

    instrument = instrument_column("Where the declared scores are from")
    scope = one_of(["respondent", "kind"], "One respondent, or all of a kind pooled", primary_key=True)
    name = dy.String(primary_key=True, description="The respondent or the kind")
    model = one_of(
        ["declared", "declared_and_values"],
        "Covariates: the declared score; the same beside a constant for each value (pooled only)",
        primary_key=True,
    )
    respondents = tally("Respondents")
    choices = tally("Answered questions in default mode")
    scenarios = tally("Scenarios: the clusters")
    coefficient = number("Log odds a point of the instrument's scale", nullable=False)
    odds_ratio = number("exp(coefficient)", nullable=False, min=0)
    standard_error = number("Delete-one-value jackknife: the values as a sample", min=0)
    low = number("Lower bound, the values as a sample: t on values - 1 degrees of freedom")
    high = number("Upper bound, likewise")
    p = share_of("Test of coefficient = 0, likewise")
    holm_p = share_of("The same, corrected by Holm for the respondents, or the kinds, of the model")
    scenario_standard_error = number(
        "Sandwich, clustered by scenario: these values fixed", nullable=False, min=0
    )
    scenario_low = number("Lower bound for these values: t over scenarios", nullable=False)
    scenario_high = number("Upper bound for these values", nullable=False)


class MixedLogit(dy.Schema):
    """One model of choice of a kind: what draws choices, each beside all the others, on the scale of log odds.

    The terms of a respondent sum to zero, as do those of the generators, and of the values in a wording.
    """

    kind = one_of(KINDS, "Kind of the respondents", primary_key=True)
    term = one_of(
        ["value", "letter", "generator", "length", "wording", "action"],
        "Weight of a value, of the letter shown, of who wrote the action, of its words; what a wording adds to a "
        "value; how much actions differ in what makes everybody choose them",
        primary_key=True,
    )
    respondent = dy.String(primary_key=True, description="The respondent, or 'all'")
    condition = dy.String(primary_key=True, description="Language and wording of the prompt, or 'all'")
    level = dy.String(primary_key=True, description="The value, letter or generator; what is counted")
    estimate = number("Log odds; of actions their standard deviation", nullable=False)
    standard_error = number(
        "Sandwich, clustered by scenario: these respondents and values", nullable=False, min=0
    )
    low = number("Lower bound: t over scenarios", nullable=False)
    high = number("Upper bound", nullable=False)
    answers = tally("Answers in default mode")
    questions = tally("Questions")


class Maps(dy.Schema):
    """Points of a map. pca_*: respondents (of a category, where named); mds_*: the values."""

    map = dy.String(
        primary_key=True, description="pca_enacted, pca_declared, pca_categories, mds_enacted, ..."
    )
    instrument = instrument_column("Where the profiles are from; questions for enacted ones")
    point = one_of(
        ["respondent", "value"], "What the point is; for pca a value is an arrow (loading)", primary_key=True
    )
    name = dy.String(primary_key=True, description="The respondent or the value")
    category = dy.String(primary_key=True, description="Category of the profile, or 'all'")
    x = number("First coordinate", nullable=False)
    y = number("Second coordinate", nullable=False)


class MapFits(dy.Schema):
    """How well a map fits."""

    map = dy.String(primary_key=True, description="The map")
    instrument = instrument_column("Where its profiles are from")
    measure = one_of(
        ["points", "explained_1", "explained_2", "stress_1", "circle_r2", "circle_p"],
        "Respondents used; shares of variance; Kruskal's stress-1; Procrustes fit to Schwartz's circle and its "
        "permutation test",
        primary_key=True,
    )
    value = number("Its value", nullable=False)


class Comparisons(dy.Schema):
    """Two releases, or two respondents, on the same questions: b less a."""

    a = dy.String(primary_key=True, description="The one")
    b = dy.String(primary_key=True, description="The other")
    measure = one_of(
        [
            "gap",
            "share_of_choices",
            "selection_accuracy",
            "adoption_accuracy",
            "default_unanswered",
            "selection_unanswered",
            "adoption_unanswered",
            "declared",
            "same_answer",
        ],
        "What is compared; gap: r of declared with enacted values; unanswered: refused, blocked or no valid answer",
        primary_key=True,
    )
    instrument = instrument_column(
        "The instrument of declared values (gap, declared); questions for the others"
    )
    value = value_column("The value, or 'all'", primary_key=True)
    n = tally(
        "Questions answered by both (unanswered: asked of both; declared: administrations of the smaller)"
    )
    estimate_a = number("Estimate for a")
    estimate_b = number("Estimate for b")
    difference = number("estimate_b - estimate_a; same_answer: the share of equal answers", nullable=False)
    low = lower()
    high = upper()
    p = share_of("Test of difference = 0")
    holm_p = share_of("The same, corrected for the values of the measure by Holm")


class EqualLength(dy.Schema):
    """Spread of models and of people at equal length: models answer the forms that people answered."""

    population = one_of(
        ["people", "models", "models_full"],
        "People; models on people's forms; models on all their questions",
        primary_key=True,
    )
    measure = one_of(
        ["cross_min", "cross_mean", "cross_max", "cross_sd", "gap_min", "gap_mean", "gap_max", "gap_sd"],
        "Over respondents of a draw: enacted r of pairs (cross), declared-enacted r (gap)",
        primary_key=True,
    )
    instrument = instrument_column("Where the gap's declared values are from; questions for cross")
    respondents = tally("Respondents of a draw")
    questions = number("Median number of questions of a form", nullable=False, min=0)
    draws = tally("Draws; 1 where there is nothing to draw")
    estimate = number("Mean over draws", nullable=False)
    low = number("Percentile of the draws")
    high = number("Percentile of the draws")
