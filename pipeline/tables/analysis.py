"""What the analysis says: one tidy table a question.

A number that cannot be computed is empty, or its row is not there, and a row of Notes says why. ``low`` and
``high`` bound an interval of the confidence that params name (0.95); docs/statistics.md says of which unit.
Shares and accuracies are fractions, not percentages.
"""

from __future__ import annotations

import dataframely as dy

from pipeline.schwartz import SLUGS, VALUES
from pipeline.tables.columns import one_of
from pipeline.tables.evaluation import ANSWER_STATUSES, KINDS, MODES

ALL = "all"
HIGHER_ORDER = tuple(dict.fromkeys(group for value in VALUES for group in value.higher_order))


def _number(description: str, *, nullable: bool = True, **options: float) -> dy.Float64:
    return dy.Float64(nullable=nullable, description=description, **options)


def _count(description: str) -> dy.Int64:
    return dy.Int64(nullable=False, min=0, description=description)


def _share(description: str, *, nullable: bool = True) -> dy.Float64:
    return dy.Float64(nullable=nullable, min=0, max=1, description=description)


def _low() -> dy.Float64:
    return _number("Lower bound of the interval")


def _high() -> dy.Float64:
    return _number("Upper bound of the interval")


def _respondent() -> dy.String:
    return dy.String(primary_key=True, description="The respondent")


class Profiles(dy.Schema):
    """Enacted values: one row a value of a respondent's profile.

    Pooled over everything (category, language 'all', wording 0), of each category, and of each wording.
    """

    respondent = _respondent()
    mode = one_of(MODES, "What was asked of the four options", primary_key=True)
    category = dy.String(primary_key=True, description="Category of the scenarios, or 'all'")
    language = dy.String(primary_key=True, description="Language of the prompt, or 'all'")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    value = one_of(SLUGS, "The value", primary_key=True)
    chosen = _count("Times an action of the value was chosen")
    shown = _count("Times one was shown in a question that was answered")
    choices = _count("Questions answered, of any value")
    scenarios = _count("Scenarios that these belong to: the clusters of the intervals")
    share_of_choices = _share("chosen / choices", nullable=False)
    low = _low()
    high = _high()
    share_of_shown = _share("chosen / shown; empty when it was never shown")
    shown_low = _number("Lower bound for share_of_shown")
    shown_high = _number("Upper bound for share_of_shown")
    luce = _share("Luce strength; the ten sum to 1")
    luce_low = _number("Lower bound for luce")
    luce_high = _number("Upper bound for luce")


class DeclaredProfiles(dy.Schema):
    """Declared values: one row a value, or higher-order value, of a respondent's PVQ."""

    respondent = _respondent()
    value = one_of((*SLUGS, *HIGHER_ORDER), "The value or higher-order value", primary_key=True)
    level = one_of(["basic", "higher_order"], "One of the ten, or one of the four", nullable=False)
    administrations = _count("Administrations that count")
    mean = _number("Mean over administrations of the mean of the items, 1 to 6", nullable=False, min=1, max=6)
    low = _low()
    high = _high()
    centred = _number("The same, less the mean of all answers of the administration", nullable=False)
    centred_low = _number("Lower bound for centred")
    centred_high = _number("Upper bound for centred")


class Gaps(dy.Schema):
    """Declared against enacted values of one respondent: correlation over the ten values."""

    respondent = _respondent()
    kind = one_of(KINDS, "What the respondent is", nullable=False)
    values = _count("Values that both profiles have")
    choices = _count("Answered questions in default mode")
    administrations = _count("PVQ administrations")
    r = _number("Pearson's r of the share of choices with the PVQ means", min=-1, max=1)
    low = _number("Lower bound for r: scenarios and administrations resampled, the ten values fixed")
    high = _number("Upper bound for r, likewise")
    fisher_low = _number("Lower bound for r by Fisher's z: the ten values as a sample")
    fisher_high = _number("Upper bound for r by Fisher's z")
    fisher_p = _share("Test of r = 0: Student's t on values - 2 degrees of freedom")
    permutation_p = _share("Test of r = 0: values of one profile permuted")
    spearman = _number("Spearman's rank correlation", min=-1, max=1)
    spearman_low = _number("Lower bound for spearman, resampled as for r")
    spearman_high = _number("Upper bound for spearman")
    spearman_p = _share("Test of spearman = 0: values permuted")
    luce_r = _number("Pearson's r of the log Luce strengths with the PVQ means", min=-1, max=1)
    enacted_reliability = _number("Split-half reliability of the enacted profile", max=1)
    declared_reliability = _number("Split-half reliability of the declared profile", max=1)
    disattenuated = _number("r / sqrt(product of the reliabilities); can exceed 1")
    disattenuated_low = _number("Lower bound for r, divided likewise")
    disattenuated_high = _number("Upper bound for r, divided likewise")


PROFILE_KINDS = ("enacted", "declared")


class CrossCorrelations(dy.Schema):
    """Correlation of two respondents' profiles over the ten values; a < b in the order of their names."""

    kind = one_of(PROFILE_KINDS, "Which profiles (enacted: default mode)", primary_key=True)
    a = dy.String(primary_key=True, description="One respondent")
    b = dy.String(primary_key=True, description="The other")
    r = _number("Pearson's r over the ten values", nullable=False, min=-1, max=1)
    low = _low()
    high = _high()
    spearman = _number("Spearman's rank correlation", nullable=False, min=-1, max=1)


STATISTICS = ("declared_enacted_r", "enacted_r", "declared_r", "agreement_within", "agreement_between")


class Summaries(dy.Schema):
    """A statistic over respondents, or pairs of them, of one kind: the human spread is a row of this table."""

    statistic = one_of(STATISTICS, "What is summarised", primary_key=True)
    kind = one_of(KINDS, "Kind of the respondents; pairs are within one kind", primary_key=True)
    n = _count("Respondents, or pairs of them")
    min = _number("Smallest", nullable=False)
    mean = _number("Mean", nullable=False)
    max = _number("Largest", nullable=False)
    low = _number("Lower bound for the mean, these respondents fixed, scenarios resampled")
    high = _number("Upper bound for the mean")


class Accuracy(dy.Schema):
    """Selection and adoption: how often the action of the target value was chosen."""

    respondent = _respondent()
    mode = one_of(["selection", "adoption"], "What was asked", primary_key=True)
    language = dy.String(primary_key=True, description="Language of the prompt, or 'all'")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    value = one_of((*SLUGS, ALL), "Target value, or 'all'", primary_key=True)
    asked = _count("Questions asked")
    answered = _count("Of these, answered")
    right = _count("Of these, answered with the target's action")
    accuracy = _share("right / answered")
    low = _low()
    high = _high()
    accuracy_of_asked = _share("right / asked: what is not answered counts as wrong", nullable=False)


class Drops(dy.Schema):
    """Selection against adoption, paired: the same question, language, wording and repeat answered in both."""

    respondent = _respondent()
    value = one_of((*SLUGS, ALL), "Target value, or 'all'", primary_key=True)
    pairs = _count("Pairs")
    questions = _count("Questions that these belong to")
    selection = _share("Selection accuracy", nullable=False)
    adoption = _share("Adoption accuracy", nullable=False)
    drop = _number("selection - adoption", nullable=False, min=-1, max=1)
    low = _number("Lower bound for drop: scenarios resampled")
    high = _number("Upper bound for drop")
    only_selection = _count("Questions right in selection only, by the majority of their pairs")
    only_adoption = _count("Questions right in adoption only, likewise")
    mcnemar_p = _share("McNemar's test on these questions")
    mcnemar_holm_p = _share("The same, corrected for ten values by Holm; empty for 'all'")
    cluster_p = _share("McNemar's test on all pairs, clustered by scenario (Durkalski)")
    cluster_holm_p = _share("The same, corrected for ten values by Holm; empty for 'all'")
    adoption_given_selection = _share("Adoption accuracy where the majority selection answer was right")
    adoption_given_selection_low = _low()
    adoption_given_selection_high = _high()
    selection_given_adoption = _share("Selection accuracy where the majority adoption answer was right")
    selection_given_adoption_low = _low()
    selection_given_adoption_high = _high()
    restricted_drop = _number("1 - adoption_given_selection: the published, one-sided figure")


class RespondentAgreement(dy.Schema):
    """Item-level agreement: the same question, two answers, is it the same action?

    Within: two answers of one respondent under different wordings or repeats (a = b). Between: an answer of each.
    """

    mode = one_of(MODES, "What was asked", primary_key=True)
    a = dy.String(primary_key=True, description="One respondent")
    b = dy.String(primary_key=True, description="The other, or the same")
    level = one_of(["within", "between"], "One respondent or two", nullable=False)
    questions = _count("Questions that both (or one, repeatedly) answered")
    share = _share("Mean share of equal answers", nullable=False)
    low = _low()
    high = _high()
    kappa = _number("Cohen's kappa over dealt positions", max=1)
    ac1 = _number("Gwet's AC1 over dealt positions", max=1)
    ceiling = _share(
        "Between: geometric mean of the two within shares, which no pair can exceed in expectation"
    )


class Positions(dy.Schema):
    """Position bias: how often each letter, as shown, was chosen; 1/4 without bias."""

    respondent = _respondent()
    mode = one_of(MODES, "What was asked", primary_key=True)
    letter = one_of(tuple("ABCD"), "The letter shown", primary_key=True)
    chosen = _count("Times it was chosen")
    choices = _count("Answered questions")
    share = _share("chosen / choices", nullable=False)
    low = _low()
    high = _high()
    p = _share("Test of share = 1/4: t over scenarios")
    joint_p = _share("Test that all four are 1/4: Hotelling's T2 over scenarios")


class Wordings(dy.Schema):
    """Wording sensitivity: two prompt wordings of one respondent on the same questions."""

    respondent = _respondent()
    mode = one_of(MODES, "What was asked", primary_key=True)
    language_a = dy.String(primary_key=True, description="Language of the one")
    wording_a = dy.Int16(primary_key=True, min=1, description="Number of the one")
    language_b = dy.String(primary_key=True, description="Language of the other")
    wording_b = dy.Int16(primary_key=True, min=1, description="Number of the other")
    questions = _count("Questions answered under both")
    share = _share("Share of equal answers", nullable=False)
    low = _low()
    high = _high()
    profile_r = _number("Pearson's r of the two profiles (share of choices)", min=-1, max=1)
    shift_value = one_of(SLUGS, "Value whose share of choices differs most", nullable=False)
    shift = _number("Its share under b less that under a", nullable=False, min=-1, max=1)
    p = _share("Test that the two profiles are one: Wald chi2 over scenarios")


INSTRUMENTS = (*MODES, "pvq", "ratings")


class Missing(dy.Schema):
    """What became of the questions asked, by status."""

    respondent = _respondent()
    instrument = one_of(INSTRUMENTS, "Mode of the questions, or pvq or ratings", primary_key=True)
    language = dy.String(primary_key=True, description="Language of the prompt, or 'all'")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    status = one_of(ANSWER_STATUSES, "What became of them", primary_key=True)
    count = _count("How many")
    asked = _count("Of how many")
    share = _share("count / asked", nullable=False)
    low = _low()
    high = _high()


class Reliability(dy.Schema):
    """Reliability of a profile over the ten values."""

    respondent = _respondent()
    profile = one_of(PROFILE_KINDS, "Which profile (enacted: default mode)", primary_key=True)
    facet = one_of(
        ["scenarios", "shuffles", "wordings"], "What is split into random halves", primary_key=True
    )
    units = _count("Units of the facet")
    splits = _count("Random splits")
    half_r = _number("Mean r of the two halves' profiles", nullable=False, min=-1, max=1)
    reliability = _number("Spearman-Brown: 2 r / (1 + r)", nullable=False, max=1)


class ConditionalLogit(dy.Schema):
    """Choice among four actions on the respondent's centred PVQ score of each action's value."""

    scope = one_of(["respondent", "kind"], "One respondent, or all of a kind pooled", primary_key=True)
    name = dy.String(primary_key=True, description="The respondent or the kind")
    model = one_of(
        ["declared", "declared_and_values"],
        "Covariates: the declared score; the same beside a constant for each value (pooled only)",
        primary_key=True,
    )
    respondents = _count("Respondents")
    choices = _count("Answered questions in default mode")
    scenarios = _count("Scenarios: the clusters")
    coefficient = _number("Log odds a PVQ point", nullable=False)
    standard_error = _number("Sandwich, clustered by scenario", nullable=False, min=0)
    low = _low()
    high = _high()
    p = _share("Wald test of coefficient = 0", nullable=False)
    odds_ratio = _number("exp(coefficient)", nullable=False, min=0)
    value_standard_error = _number("Sandwich, clustered by chosen value: the ten values as a sample", min=0)


class Maps(dy.Schema):
    """Points of a map. pca_*: respondents (of a category, where named); mds_*: the ten values."""

    map = dy.String(
        primary_key=True, description="pca_enacted, pca_declared, pca_categories, mds_enacted, ..."
    )
    point = one_of(
        ["respondent", "value"], "What the point is; for pca a value is an arrow (loading)", primary_key=True
    )
    name = dy.String(primary_key=True, description="The respondent or the value")
    category = dy.String(primary_key=True, description="Category of the profile, or 'all'")
    x = _number("First coordinate", nullable=False)
    y = _number("Second coordinate", nullable=False)


class MapFits(dy.Schema):
    """How well a map fits."""

    map = dy.String(primary_key=True, description="The map")
    measure = one_of(
        ["points", "explained_1", "explained_2", "stress_1", "circle_r2", "circle_p"],
        "Respondents used; shares of variance; Kruskal's stress-1; Procrustes fit to Schwartz's circle and its "
        "permutation test",
        primary_key=True,
    )
    value = _number("Its value", nullable=False)


class Comparisons(dy.Schema):
    """Two releases, or two respondents, on the same questions: b less a."""

    a = dy.String(primary_key=True, description="The one")
    b = dy.String(primary_key=True, description="The other")
    measure = one_of(
        ["share_of_choices", "selection_accuracy", "adoption_accuracy", "declared", "same_answer"],
        "What is compared",
        primary_key=True,
    )
    value = one_of((*SLUGS, ALL), "The value, or 'all'", primary_key=True)
    n = _count("Questions answered by both (declared: administrations of the smaller)")
    estimate_a = _number("Estimate for a")
    estimate_b = _number("Estimate for b")
    difference = _number("estimate_b - estimate_a; same_answer: the share of equal answers", nullable=False)
    low = _low()
    high = _high()
    p = _share("Test of difference = 0")
    holm_p = _share("The same, corrected for the values of the measure by Holm")


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
    respondents = _count("Respondents of a draw")
    questions = _number("Median number of questions of a form", nullable=False, min=0)
    draws = _count("Draws; 1 where there is nothing to draw")
    estimate = _number("Mean over draws", nullable=False)
    low = _number("Percentile of the draws")
    high = _number("Percentile of the draws")


class Notes(dy.Schema):
    """What cannot be computed, and why: one row, one sentence."""

    table = dy.String(primary_key=True, description="The table in which it is missing, as the file is called")
    subject = dy.String(primary_key=True, description="The respondent, pair or kind; 'all' for everything")
    reason = dy.String(primary_key=True, regex=r"^[a-z0-9_]+$", description="Reason code")
    text = dy.String(nullable=False, description="What cannot be computed and why, for people")


ANALYSIS_TABLES: dict[str, type[dy.Schema]] = {
    "profiles": Profiles,
    "declared": DeclaredProfiles,
    "gaps": Gaps,
    "cross_correlations": CrossCorrelations,
    "summaries": Summaries,
    "accuracy": Accuracy,
    "drops": Drops,
    "agreement": RespondentAgreement,
    "positions": Positions,
    "wordings": Wordings,
    "missing": Missing,
    "reliability": Reliability,
    "conditional_logit": ConditionalLogit,
    "maps": Maps,
    "map_fits": MapFits,
    "equal_length": EqualLength,
    "notes": Notes,
}
