"""What models know of texts that they were given one half of."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import RESPONSE_STATUSES, SCENARIO_ID, one_of, origin_column, request_column
from pipeline.tables.numbers import lower, number, share_of, tally, upper


class _OfTexts(dy.Schema):
    model = dy.String(primary_key=True, description="Its name in params.models")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="Whose text it is")


class _OfModels(dy.Schema):
    model = dy.String(primary_key=True, description="Its name in params.models")
    asked = tally("Texts that it was given, or the first half of")
    compared = tally("Those of which something came back that could be compared")
    low = lower()
    high = upper()
    holm_p = share_of("p, corrected over models (Holm)")
    beyond = number("What the interval is of, less the mean of the other models on the same texts")
    beyond_low = number("Lower bound for beyond")
    beyond_high = number("Upper bound for beyond")


class Continuations(_OfTexts):
    """One row for each model and text: how much of the second half stands in what the model wrote."""

    category = dy.String(nullable=False, description="The texts of a category are compared with one another")
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    similarity = share_of("Share of the runs of words of its own second half")
    chance = share_of("The same of the second halves of the category's other texts")
    excess = number(
        "similarity less chance, less what its second half has in common with other continuations"
    )
    is_verbatim = dy.Bool(
        alias="verbatim", nullable=True, description="Whether a long run of words is the same"
    )
    request_key = request_column(nullable=False)
    origin = origin_column()


class Probed(_OfModels):
    """One row for each model: whether what it writes is nearer to the true halves than to others."""

    similarity = share_of("Mean over these")
    chance = share_of("Mean over the other texts of a category")
    excess = number("similarity less chance; the interval is of this")
    p = share_of("Permutation test of second halves within categories, one-sided")
    verbatim = tally("Texts with a long run of words that is the same")
    verbatim_chance = number("As many where second halves are those of other texts", min=0)
    knows_canary = dy.Bool(
        nullable=True, description="Whether it wrote the release's canary to its end; null without an answer"
    )


class Likelihoods(_OfTexts):
    """One row for each text and model that tells log probabilities: the text among its paraphrases."""

    paraphrases = tally("Paraphrases that could be compared")
    logprob = number("Mean natural log probability of the tokens of the text")
    paraphrased = number("Mean over its paraphrases of the same")
    above = share_of("Share of the paraphrases that are less likely than the text")
    request_key = request_column(nullable=False)
    origin = origin_column()


class Ranked(_OfModels):
    """One row for each model: whether texts are likelier to it than their paraphrases."""

    above = share_of(
        "Mean share of the paraphrases that are less likely; .5 by chance; the interval is of this"
    )
    p = share_of("Test that each place among the paraphrases is as likely")
    first = tally("Texts that are likelier than all of their paraphrases")
    first_chance = number("As many by chance", min=0)
