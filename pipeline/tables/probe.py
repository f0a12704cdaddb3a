"""What models know of texts that they were given one half of."""

from __future__ import annotations

import dataframely as dy

from pipeline.tables.columns import RESPONSE_STATUSES, SCENARIO_ID, one_of, origin_column, request_column


class Continuations(dy.Schema):
    """One row for each model and text: how much of the second half stands in what the model wrote."""

    model = dy.String(primary_key=True, description="Its name in params.models")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="Whose text it is")
    category = dy.String(nullable=False, description="The texts of a category are compared with one another")
    status = one_of(RESPONSE_STATUSES, "Status of the recorded response", nullable=False)
    similarity = dy.Float64(
        nullable=True, min=0, max=1, description="Share of the runs of words of its own second half"
    )
    chance = dy.Float64(
        nullable=True, min=0, max=1, description="The same of the second halves of the category's other texts"
    )
    excess = dy.Float64(
        nullable=True,
        description="similarity less chance, less what its second half has in common with other continuations",
    )
    is_verbatim = dy.Bool(
        alias="verbatim", nullable=True, description="Whether a long run of words is the same"
    )
    request_key = request_column(nullable=False)
    origin = origin_column()


class Probed(dy.Schema):
    """One row for each model: whether what it writes is nearer to the true halves than to others."""

    model = dy.String(primary_key=True, description="Its name in params.models")
    asked = dy.Int32(nullable=False, min=0, description="Texts of which it was given the first half")
    compared = dy.Int32(
        nullable=False, min=0, description="Those that it went on with, and could be compared"
    )
    similarity = dy.Float64(nullable=True, min=0, max=1, description="Mean over these")
    chance = dy.Float64(nullable=True, min=0, max=1, description="Mean over the other texts of a category")
    excess = dy.Float64(nullable=True, description="similarity less chance")
    low = dy.Float64(nullable=True, description="Lower end of its interval")
    high = dy.Float64(nullable=True, description="Upper end")
    p = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Permutation test of second halves within categories, one-sided",
    )
    holm_p = dy.Float64(nullable=True, min=0, max=1, description="p, corrected over models (Holm)")
    beyond = dy.Float64(
        nullable=True, description="Excess less the mean of the other models on the same texts"
    )
    beyond_low = dy.Float64(nullable=True, description="Lower end of its interval")
    beyond_high = dy.Float64(nullable=True, description="Upper end")
    verbatim = dy.Int32(nullable=False, min=0, description="Texts with a long run of words that is the same")
    verbatim_chance = dy.Float64(
        nullable=True, min=0, description="As many where second halves are those of other texts"
    )
    knows_canary = dy.Bool(
        nullable=True, description="Whether it wrote the release's canary to its end; null without an answer"
    )


class Likelihoods(dy.Schema):
    """One row for each text and model that tells log probabilities: the text among its paraphrases."""

    model = dy.String(primary_key=True, description="Its name in params.models")
    scenario_id = dy.String(primary_key=True, regex=SCENARIO_ID, description="Whose text it is")
    paraphrases = dy.Int32(nullable=False, min=0, description="Paraphrases that could be compared")
    logprob = dy.Float64(nullable=True, description="Mean natural log probability of the tokens of the text")
    paraphrased = dy.Float64(nullable=True, description="Mean over its paraphrases of the same")
    above = dy.Float64(
        nullable=True, min=0, max=1, description="Share of the paraphrases that are less likely than the text"
    )
    request_key = request_column(nullable=False)
    origin = origin_column()


class Ranked(dy.Schema):
    """One row for each model: whether texts are likelier to it than their paraphrases."""

    model = dy.String(primary_key=True, description="Its name in params.models")
    asked = dy.Int32(nullable=False, min=0, description="Texts that it was given")
    compared = dy.Int32(nullable=False, min=0, description="Those that could be compared")
    above = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="Mean share of the paraphrases that are less likely; .5 by chance",
    )
    low = dy.Float64(nullable=True, description="Lower end of its interval")
    high = dy.Float64(nullable=True, description="Upper end")
    p = dy.Float64(
        nullable=True, min=0, max=1, description="Test that each place among the paraphrases is as likely"
    )
    holm_p = dy.Float64(nullable=True, min=0, max=1, description="p, corrected over models (Holm)")
    first = dy.Int32(
        nullable=False, min=0, description="Texts that are likelier than all of their paraphrases"
    )
    first_chance = dy.Float64(nullable=True, min=0, description="As many by chance")
    beyond = dy.Float64(
        nullable=True, description="above, less the mean of the other models on the same texts"
    )
    beyond_low = dy.Float64(nullable=True, description="Lower end of its interval")
    beyond_high = dy.Float64(nullable=True, description="Upper end")
