"""What the analysis says: one tidy table a question.

A number that cannot be computed is empty, or its row is not there, and a row of Notes says why. ``low`` and
``high`` bound an interval of the confidence that params name (0.95); docs/statistics.md says of which unit.
Shares and accuracies are fractions, not percentages.
"""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.claims import CLAIM_TABLES
from pipeline.tables.columns import instrument_column, one_of, value_column
from pipeline.tables.diagnostics import (
    ConditionalLogit,
    EqualLength,
    Likeness,
    MapFits,
    Maps,
    Missing,
    MixedLogit,
    Positions,
    Reliability,
    RespondentAgreement,
    VarianceComponents,
    Wordings,
)
from pipeline.tables.evaluation import KINDS, MODES
from pipeline.tables.measures import Alignment, FactorEffects, Mismatches, ValueDistances
from pipeline.tables.numbers import PROFILE_KINDS, lower, number, share_of, stands, tally, upper, whose
from pipeline.tables.published import PublishedComparison
from pipeline.tables.validity import VALIDITY_TABLES


class Profiles(dy.Schema):
    """Enacted values: one row a value of a respondent's profile.

    Pooled over everything (category, language 'all', wording 0), of each category, and of each wording.
    """

    respondent = whose()
    mode = one_of(MODES, "What was asked of the options", primary_key=True)
    category = dy.String(primary_key=True, description="Category of the scenarios, or 'all'")
    language = dy.String(primary_key=True, description="Language of the prompt, or 'all'")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    value = value_column("The value", primary_key=True)
    chosen = tally("Times an action of the value was chosen")
    shown = tally("Times one was shown in a question that was answered")
    choices = tally("Questions answered, of any value")
    scenarios = tally("Scenarios that these belong to: the clusters of the intervals")
    share_of_choices = share_of("chosen / choices", nullable=False)
    low = lower()
    high = upper()
    share_of_shown = share_of("chosen / shown; empty when it was never shown")
    shown_low = number("Lower bound for share_of_shown")
    shown_high = number("Upper bound for share_of_shown")
    luce = share_of("Luce strength; all sum to 1")
    luce_low = number("Lower bound for luce")
    luce_high = number("Upper bound for luce")


class DeclaredProfiles(dy.Schema):
    """Declared values: one row a value, or higher-order value, of a respondent and instrument."""

    respondent = whose()
    instrument = instrument_column("The instrument")
    value = value_column("The value of its inventory, or a higher-order value", primary_key=True)
    level = one_of(["basic", "higher_order"], "Which of the two", nullable=False)
    administrations = tally("Administrations that count")
    mean = number(
        "Mean over administrations of the mean of the items, high for 'like me'; empty where only centred scores came"
    )
    low = lower()
    high = upper()
    centred = number(
        "The same, less the mean of all answers of the administration; empty for instruments without centring"
    )
    centred_low = number("Lower bound for centred")
    centred_high = number("Upper bound for centred")


class Gaps(dy.Schema):
    """Declared against enacted values of one respondent, by instrument: correlation over the values of the
    questions."""

    respondent = whose()
    instrument = instrument_column("Where the declared values are from")
    kind = one_of(KINDS, "What the respondent is", nullable=False)
    values = tally("Values that both profiles have")
    choices = tally("Answered questions in default mode")
    administrations = tally("Administrations of the instrument")
    r = number("Pearson's r of the share of choices with the instrument's means", min=-1, max=1)
    low = number("Lower bound for r: scenarios and administrations resampled, the values fixed")
    high = number("Upper bound for r, likewise")
    fisher_low = number("Lower bound for r by Fisher's z: the values as a sample")
    fisher_high = number("Upper bound for r by Fisher's z")
    fisher_p = share_of("Test of r = 0: Student's t on values - 2 degrees of freedom")
    permutation_p = share_of("Test of r = 0: values of one profile permuted")
    permutation_holm_p = share_of(
        "The same, corrected by Holm for the respondents of the instrument and kind"
    )
    circle_p = share_of(
        "Test of r = 0 where neighbouring values go together: one profile turned round the circle"
    )
    spearman = number("Spearman's rank correlation", min=-1, max=1)
    spearman_p = share_of("Test of spearman = 0: values permuted")
    luce_r = number("Pearson's r of the log Luce strengths with the instrument's means", min=-1, max=1)
    enacted_reliability = number("Split-half reliability of the enacted profile", max=1)
    declared_reliability = number(
        "Split-half reliability of the declared profile over items; empty where only scores came", max=1
    )
    disattenuated = number("r / sqrt(product of the reliabilities); can exceed 1")
    disattenuated_low = number("Lower bound for r, divided likewise")
    disattenuated_high = number("Upper bound for r, divided likewise")


class CrossCorrelations(dy.Schema):
    """Correlation of two respondents' profiles over the values; a < b in the order of their names."""

    kind = one_of(PROFILE_KINDS, "Which profiles (enacted: default mode)", primary_key=True)
    instrument = instrument_column("The instrument; questions for enacted profiles")
    a = dy.String(primary_key=True, description="One respondent")
    b = dy.String(primary_key=True, description="The other, another agent")
    main = stands()
    r = number("Pearson's r over the values", nullable=False, min=-1, max=1)
    low = lower()
    high = upper()
    spearman = number("Spearman's rank correlation", nullable=False, min=-1, max=1)


class Conditions(dy.Schema):
    """What a condition does: two respondents that are one agent, the one under the main condition first.

    Enacted: on the questions that both answered in default mode, under the wordings that both were given.
    """

    agent = dy.String(nullable=False, description="The agent of both")
    kind = one_of(PROFILE_KINDS, "Which profiles", primary_key=True)
    instrument = instrument_column("The instrument; questions for enacted profiles")
    a = dy.String(primary_key=True, description="One respondent")
    b = dy.String(primary_key=True, description="The other")
    condition_a = dy.String(nullable=False, description="The condition of a")
    condition_b = dy.String(nullable=False, description="The condition of b")
    n = tally("Questions, or the administrations of the side that has fewer")
    r = number("Pearson's r over the values", min=-1, max=1)
    low = lower()
    high = upper()
    spearman = number("Spearman's rank correlation", min=-1, max=1)
    same_answer = share_of("Enacted: mean share of equal answers to the same question")
    same_low = number("Lower bound for same_answer")
    same_high = number("Upper bound for same_answer")
    shift_value = value_column("The value that differs most", nullable=False)
    shift = number("By how much: b less a, as a share of choices or in points of the scale", nullable=False)


class CovariateRelations(dy.Schema):
    """How a covariate of a study's respondents goes with what they declare, and with the gap."""

    group = dy.String(primary_key=True, description="Group of the respondents")
    covariate = dy.String(primary_key=True, description="Name of the covariate, as the study has it")
    outcome = one_of(
        ["declared", "declared_enacted_r"], "What it is set against: centred scores, or r", primary_key=True
    )
    instrument = instrument_column("The instrument")
    value = value_column("The value; 'all' for the gap", primary_key=True)
    statistic = one_of(
        ["spearman", "epsilon_squared"], "For numbers; for categories (Kruskal and Wallis)", nullable=False
    )
    estimate = number("Its size", nullable=False, min=-1, max=1)
    p = share_of("Test that there is no relation", nullable=False)
    holm_p = share_of("The same, corrected for the values by Holm")
    n = tally("Respondents")


STATISTICS = ("declared_enacted_r", "enacted_r", "declared_r", "agreement_within", "agreement_between")


class Summaries(dy.Schema):
    """A statistic over respondents, or pairs of them, of one kind: the human spread is a row of this table."""

    statistic = one_of(STATISTICS, "What is summarised", primary_key=True)
    instrument = instrument_column("The instrument; questions for what is of choices only")
    kind = one_of(KINDS, "Kind of the respondents; pairs are within one kind", primary_key=True)
    n = tally("Respondents, or pairs of them")
    min = number("Smallest", nullable=False)
    mean = number("Mean", nullable=False)
    max = number("Largest", nullable=False)
    low = number("Lower bound for the mean: these respondents and these values, scenarios resampled")
    high = number("Upper bound, likewise")
    value_low = number("Lower bound for the mean: these respondents, the values as a sample")
    value_high = number("Upper bound, likewise")
    respondent_low = number("Lower bound for the mean: the respondents as a sample of their kind")
    respondent_high = number("Upper bound, likewise")
    both_low = number("Lower bound for the mean: respondents and scenarios (administrations) both as samples")
    both_high = number("Upper bound, likewise")


class Accuracy(dy.Schema):
    """Selection and adoption: how often the action of the target value was chosen."""

    respondent = whose()
    mode = one_of(["selection", "adoption"], "What was asked", primary_key=True)
    language = dy.String(primary_key=True, description="Language of the prompt, or 'all'")
    wording = dy.Int16(primary_key=True, min=0, description="Number of the prompt wording; 0 for all")
    value = value_column("Target value, or 'all'", primary_key=True)
    asked = tally("Questions asked")
    answered = tally("Of these, answered")
    right = tally("Of these, answered with the target's action")
    accuracy = share_of("right / answered")
    low = lower()
    high = upper()
    accuracy_of_asked = share_of("right / asked: what is not answered counts as wrong", nullable=False)


class Drops(dy.Schema):
    """Selection against adoption, paired: the same question, language, wording and repeat answered in both."""

    respondent = whose()
    value = value_column("Target value, or 'all'", primary_key=True)
    pairs = tally("Pairs")
    questions = tally("Questions that these belong to")
    selection = share_of("Selection accuracy", nullable=False)
    adoption = share_of("Adoption accuracy", nullable=False)
    drop = number("selection - adoption", nullable=False, min=-1, max=1)
    low = number("Lower bound for drop: scenarios resampled")
    high = number("Upper bound for drop")
    only_selection = tally("Questions right in selection only, by the majority of their pairs")
    only_adoption = tally("Questions right in adoption only, likewise")
    cluster_p = share_of("McNemar's test on all pairs, clustered by scenario")
    cluster_holm_p = share_of(
        "The same, corrected by Holm: of a value for the values, of 'all' for the respondents"
    )
    adoption_given_selection = share_of("Adoption accuracy where the majority selection answer was right")
    adoption_given_selection_low = lower()
    adoption_given_selection_high = upper()
    selection_given_adoption = share_of("Selection accuracy where the majority adoption answer was right")
    selection_given_adoption_low = lower()
    selection_given_adoption_high = upper()
    restricted_drop = number("1 - adoption_given_selection: the published, one-sided figure")


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
    "conditions": Conditions,
    "covariates": CovariateRelations,
    "summaries": Summaries,
    "accuracy": Accuracy,
    "drops": Drops,
    "agreement": RespondentAgreement,
    "likeness": Likeness,
    "positions": Positions,
    "wordings": Wordings,
    "missing": Missing,
    "reliability": Reliability,
    "components": VarianceComponents,
    "conditional_logit": ConditionalLogit,
    "mixed_logit": MixedLogit,
    "alignment": Alignment,
    "value_distances": ValueDistances,
    "mismatches": Mismatches,
    "factor_effects": FactorEffects,
    "maps": Maps,
    "map_fits": MapFits,
    "equal_length": EqualLength,
    **CLAIM_TABLES,
    **VALIDITY_TABLES,
    "published": PublishedComparison,
    "notes": Notes,
}
