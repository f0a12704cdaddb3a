"""The figures with the raters who were taken out of the round, and what the rules fixed beforehand say of each."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.params.validation import Careless
from pipeline.statistics.agreement import NO_PAIRS, agreement
from pipeline.statistics.intervals import missing
from pipeline.validate.accuracy import both
from pipeline.validate.conduct import conduct
from pipeline.verdict.judged import Judged, counts


def measure(everybody: Judged, rules: Careless, seed: int) -> dict[str, Any]:
    """``excluded``: how many raters were taken out with how many judgements, and accuracy and alpha with them;
    ``careless``: by rater who counts, the rules that their work is beyond. ``everybody`` is of the first round, with
    those who were taken out."""
    gone = pl.concat([everybody.answers, everybody.skipped], how="diagonal").filter(
        pl.col("excluded").fill_null(False)
    )
    people = [one for one in conduct(everybody) if not one.excluded]
    return {
        "excluded": {
            "raters": gone["rater"].n_unique(),
            "judgements": gone.height,
            **_with(everybody, gone, seed),
        },
        "careless": {one.rater: found for one in people if (found := one.complaints(rules))},
    }


def _with(everybody: Judged, gone: pl.DataFrame, seed: int) -> dict[str, Any]:
    answers = everybody.at_random.of("value")
    if gone.is_empty() or answers.is_empty():
        return {}
    accuracy = {unit: figure for unit, _, figure in both(answers, "accuracy of everybody", seed)}
    shared = counts(answers, everybody.labels["value"])[1]
    found = agreement(shared, "agreement of everybody", seed)["alpha"] if len(shared) else missing(NO_PAIRS)
    return {"accuracy": accuracy["judgement"].json(), "alpha": found.json()}
