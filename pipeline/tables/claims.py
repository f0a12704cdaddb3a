"""What becomes of the claims of arXiv 2601.07972: named findings, the gap in parts, what training has to do with it."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import instrument_column, one_of, value_column
from pipeline.tables.evaluation import KINDS
from pipeline.tables.numbers import lower, number, share_of, tally, upper, whose

FINDINGS = (
    "convergence_of_profiles",
    "convergence_of_choices",
    "knowledge_action_gap",
    "role_play_cost",
    "position_bias",
)
VERDICTS = ("present", "absent", "cannot_be_told")


class Findings(dy.Schema):
    """A named finding about a respondent or a kind of them: its number, its interval, and the verdict of its rule."""

    finding = one_of(FINDINGS, "The finding", primary_key=True)
    scope = one_of(["respondent", "kind"], "About one respondent, or a kind of them", primary_key=True)
    name = dy.String(primary_key=True, description="The respondent or the kind")
    instrument = instrument_column("The instrument; questions for what is of choices only")
    kind = one_of(KINDS, "Kind of the respondents", nullable=False)
    n = tally("Respondents, or pairs of them")
    estimate = number("The number that the rule looks at", nullable=False)
    low = number("Lower bound, for what the column speaks_for names")
    high = number("Upper bound, likewise")
    least = number("What the rule compares with: analysis.findings", nullable=False)
    speaks_for = one_of(
        ["scenarios", "values", "respondents"], "What the interval takes as a sample", nullable=False
    )
    detail = dy.String(nullable=True, description="Position bias: the letter")
    verdict = one_of(VERDICTS, "What the rule says", nullable=False)


class GapParts(dy.Schema):
    """Declared against enacted values in each category of scenarios, of one respondent or a group of them."""

    scope = one_of(
        ["respondent", "group", "difference"],
        "One respondent; the mean of a group; the mean of one group less that of another",
        primary_key=True,
    )
    name = dy.String(primary_key=True, description="The respondent, the group, or 'one - other'")
    kind = one_of(KINDS, "Kind of the respondents", primary_key=True)
    instrument = instrument_column("Where the declared values are from")
    category = dy.String(primary_key=True, description="Category of the scenarios, or 'all'")
    n = tally("Respondents")
    choices = tally("Answered questions in default mode")
    r = number(
        "Pearson's r of the share of choices with the instrument's means; of groups the mean", min=-2, max=2
    )
    low = lower()
    high = upper()
    value_low = number("Lower bound: the values as a sample (of one respondent Fisher's z)")
    value_high = number("Upper bound, likewise")
    respondent_low = number("Lower bound: the respondents as a sample of their group")
    respondent_high = number("Upper bound, likewise")


STATISTICS = (
    "selection",
    "adoption",
    "drop",
    "self_agreement",
    "agreement",
    "first_letter",
    "declared_enacted_r",
)


class Contamination(dy.Schema):
    """A statistic of a model on scenarios posted before and after its training data end, beside models to which that
    day means nothing: a difference in differences."""

    respondent = whose()
    kind = one_of(KINDS, "What the respondent is", nullable=False)
    statistic = one_of(
        STATISTICS,
        "Accuracies and their drop; equal answers with itself and with others of its kind; share of the first letter; "
        "the gap's r",
        primary_key=True,
    )
    cutoff = dy.Date(nullable=False, description="Last day of the model's training data")
    source = dy.String(nullable=False, description="Who says so")
    scenarios_before = tally("Scenarios posted until then")
    scenarios_after = tally("Scenarios posted later")
    before = number("The statistic on the former", nullable=False)
    after = number("On the latter", nullable=False)
    difference = number("after - before", nullable=False)
    low = lower()
    high = upper()
    controls = tally("Models whose training ended before or after all posts")
    control_difference = number("Their mean difference")
    excess = number("difference - control_difference")
    excess_low = number("Lower bound for excess: scenarios as a sample")
    excess_high = number("Upper bound for excess")
    p = share_of("Test of excess = 0: Welch's t over scenarios")
    holm_p = share_of("The same, corrected by Holm over the statistics and models of a kind")
    power = share_of("Probability to find an excess of analysis.contamination.effect")
    detectable = number("The excess that would be found with a probability of .8", min=0)


class _TwoConditions(dy.Schema):
    agent = dy.String(nullable=False, description="The agent of both")
    a = dy.String(
        primary_key=True, description="The respondent whose condition comes first: the main one, English"
    )
    b = dy.String(primary_key=True, description="The other")
    condition_a = dy.String(nullable=False, description="The condition of a")
    condition_b = dy.String(nullable=False, description="The condition of b: an arm, a thinking budget, ...")


class AdoptionCosts(_TwoConditions):
    """What adoption costs one agent under two conditions: a, the main one, and b."""

    value = value_column("The target value, or 'all'", primary_key=True)
    pairs = tally("Questions, each in a wording, that both were asked")
    selection_a = share_of("Selection accuracy of a")
    adoption_a = share_of("Adoption accuracy of a")
    selection_b = share_of("Selection accuracy of b; that of a where b was asked for adoption only")
    adoption_b = share_of("Adoption accuracy of b")
    cost_a = number("selection_a - adoption_a", nullable=False)
    cost_b = number("selection_b - adoption_b", nullable=False)
    change = number("cost_b - cost_a", nullable=False)
    low = lower()
    high = upper()
    p = share_of("Test of change = 0, clustered by scenario")
    holm_p = share_of("The same, corrected by Holm for the conditions of 'all', and for the values of a pair")
    quotient = number("cost_b / cost_a, where cost_a is above 0 in every draw")
    quotient_low = number("Lower bound for quotient: scenarios resampled")
    quotient_high = number("Upper bound for quotient")


class _TwoLanguages(_TwoConditions):
    language_a = dy.String(nullable=False, description="Language of a")
    language_b = dy.String(nullable=False, description="Language of b")


class LanguageEffects(_TwoLanguages):
    """What the language of the questions does to one agent: a, in its first language, and b, in another."""

    value = value_column("The value", primary_key=True)
    questions = tally("Questions that offer it and that both answered")
    scenarios = tally("Their scenarios")
    share_a = share_of("Share of these in which a chooses it")
    share_b = share_of("The same of b")
    difference = number("share_b - share_a, paired by question", nullable=False)
    low = lower()
    high = upper()
    p = share_of("Test of difference = 0: Student's t over scenarios")
    holm_p = share_of("The same, corrected by Holm over the values of a pair of respondents")
    log_odds = number(
        "What its strength by Luce's rule gains against the mean of the other values, in log odds"
    )
    log_odds_low = number("Lower bound for log_odds")
    log_odds_high = number("Upper bound for log_odds")


class DeclaredLanguageEffects(_TwoLanguages):
    """What the language of a questionnaire does to what one agent declares; items are the sample."""

    instrument = instrument_column("The questionnaire")
    value = value_column("The value", primary_key=True)
    items = tally("Its items that both answered")
    mean_a = number("Mean of a over these", nullable=False)
    mean_b = number("The same of b", nullable=False)
    difference = number("mean_b - mean_a, paired by item", nullable=False)
    low = lower()
    high = upper()
    relative = number("difference less the mean of those of the other values")
    relative_low = number("Lower bound for relative")
    relative_high = number("Upper bound for relative")
    p = share_of("Test of relative = 0: Student's t over items, variance pooled over values")
    holm_p = share_of(
        "The same, corrected by Holm over the values of a pair of respondents and a questionnaire"
    )


class Synthetic(dy.Schema):
    """A statistic of a respondent on posts and on scenarios that were written for the study."""

    respondent = whose()
    kind = one_of(KINDS, "Kind of the respondent", nullable=False)
    statistic = one_of(STATISTICS, "Accuracy, drop, agreement, first letter, or r", primary_key=True)
    posts = tally("Scenarios that are posts")
    authored = tally("Scenarios that were written for the study")
    of_posts = number("The statistic on the former", nullable=False)
    of_authored = number("On the latter", nullable=False)
    difference = number("of_authored - of_posts", nullable=False)
    low = lower()
    high = upper()
    p = share_of("Test of difference = 0: Welch's t over scenarios")
    holm_p = share_of("The same, corrected by Holm over the statistics and respondents of a kind")


CLAIM_TABLES: dict[str, type[dy.Schema]] = {
    "findings": Findings,
    "gap_parts": GapParts,
    "contamination": Contamination,
    "adoption_costs": AdoptionCosts,
    "language_effects": LanguageEffects,
    "declared_language_effects": DeclaredLanguageEffects,
    "synthetic": Synthetic,
}
