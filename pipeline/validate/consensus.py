"""What the raters of an item say together: by majority, and by the model of Dawid and Skene.

The majority decides on an action; the model's estimate, which weighs raters by their errors, stands beside it. How
certain the model is of it is not told: it takes raters' errors as independent, where raters misread the same action
alike, and says .99 of answers that are right nine times in ten. What can be told is what one more rater would say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.statistics.intervals import Array
from pipeline.statistics.spread import Spread
from pipeline.tables import ActionVerdicts, Consensus, conform
from pipeline.verdict.judged import Judged, by_rater, counts

# Answers that each rater is taken to have given for each true class before any is seen, spread over all. Without
# them, ten classes and three raters would leave most rows of the error rates to one or two answers.
PRIOR = 1.0


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """``posterior`` (items x classes), ``prevalence`` (classes), ``errors`` (raters x true class x answer)."""

    posterior: Array
    prevalence: Array
    errors: Array


def dawid_skene(
    answers: Array, prior: float = 0.0, tolerance: float = 1e-8, rounds: int = 2000
) -> DawidSkene:
    """True classes and raters' error rates by EM. Dawid and Skene (1979), Applied Statistics 28, 20-28.

    ``answers`` (items x raters x classes) counts how often a rater gave an answer to an item; zeros where a rater
    did not see it. With ``prior`` 0 these are the paper's equations 2.3 to 2.5 from its starting values 3.1; a
    positive one adds that many answers to each rater and true class, evenly spread over the answers (a Dirichlet
    prior). Ends when no probability moves by more than ``tolerance``.
    """
    classes = answers.shape[2]
    posterior = answers.sum(axis=1)
    posterior = posterior / posterior.sum(axis=1, keepdims=True)
    prevalence, errors = np.zeros(classes), np.zeros((*answers.shape[1:], classes))
    for _ in range(rounds):
        prevalence = posterior.mean(axis=0)
        given = np.einsum("ij,ikl->kjl", posterior, answers) + prior / classes
        totals = given.sum(axis=2, keepdims=True)
        errors = np.divide(given, totals, out=np.zeros_like(given), where=totals > 0)
        with np.errstate(divide="ignore"):
            logs = np.log(np.maximum(errors, 1e-300))
            likelihood = np.log(np.maximum(prevalence, 1e-300)) + np.einsum("ikl,kjl->ij", answers, logs)
        likelihood = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        before, posterior = posterior, likelihood / likelihood.sum(axis=1, keepdims=True)
        if np.abs(posterior - before).max() < tolerance:
            break
    return DawidSkene(posterior, prevalence, errors)


def consensus(judged: Judged) -> pl.DataFrame:
    """Consensus of every item that has an answer. Attention checks are items of their task here, as they were to
    the raters."""
    rows = []
    for task, labels in judged.labels.items():
        answers = judged.answers.filter(pl.col("task") == task)
        if answers.is_empty():
            continue
        each, ids, _ = by_rater(answers, labels)
        given = each.sum(axis=1)
        estimate, further = dawid_skene(each, PRIOR).posterior, spread(answers, labels).next_answer()
        for item, votes, posterior, next_one in zip(ids, given, estimate, further, strict=True):
            most = int(votes.argmax())
            rows.append(
                {
                    "item_id": item,
                    "judgements": int(votes.sum()),
                    "majority": labels[most] if 2 * votes[most] > votes.sum() else None,
                    "share": float(votes[most] / votes.sum()),
                    "next_rater": round(float(next_one[most]), 6),
                    "dawid_skene": labels[int(posterior.argmax())],
                }
            )
    found = pl.DataFrame(
        rows, schema=dict(Consensus.create_empty().drop("task", "distractor", "expected").schema)
    )
    shown = judged.items.select("item_id", "task", "distractor", "expected")
    return conform(
        Consensus,
        found.join(shown, on="item_id", how="left", validate="1:1").select(list(Consensus.columns())),
        where="consensus",
    )


def spread(answers: pl.DataFrame, labels: Sequence[str]) -> Spread:
    """How the raters of an item spread over the answers, items in the order of their ids."""
    items = answers.select("item_id", "expected").unique().sort("item_id")
    return Spread.of(counts(answers, labels)[1], np.array([labels.index(one) for one in items["expected"]]))


def action_verdicts(actions: pl.DataFrame, judged: Judged, agreed: pl.DataFrame) -> pl.DataFrame:
    """ActionVerdicts of all Actions, from the majority of the judgements of each in its own scenario.

    Where a second pass settled what raters did not agree on, its answer counts as theirs. Judgements of a text that was
    written anew since say nothing of the one that is there now.
    """
    of_old = judged.of("value").filter("replaced")["action_id"].unique().to_list()
    answers = judged.of("value").filter(~pl.col("replaced"))
    counted = answers.group_by("action_id", "item_id").agg(
        judgements=pl.len(), matching=pl.col("matches").sum()
    )
    second = judged.adjudicated.sort("rater") if judged.adjudicated.height else judged.answers.clear()
    settled = second.unique("item_id", keep="last").select("item_id", settled="answer")
    found = (
        counted.join(agreed.select("item_id", "majority"), on="item_id", validate="1:1")
        .join(settled, on="item_id", how="left", validate="1:1")
        .with_columns(
            consensus=pl.coalesce("settled", "majority"), adjudicated=pl.col("settled").is_not_null()
        )
    )
    joined = actions.select("action_id", "value").join(found, on="action_id", how="left", validate="1:1")
    status = (
        pl.when(pl.col("judgements").is_null() & pl.col("action_id").is_in(of_old))
        .then(pl.lit("repaired"))
        .when(pl.col("judgements").is_null())
        .then(pl.lit("not_sampled"))
        .when(pl.col("consensus").is_null())
        .then(pl.lit("disputed"))
        .when(pl.col("consensus") == pl.col("value"))
        .then(pl.lit("confirmed"))
        .otherwise(pl.lit("rejected"))
    )
    verdicts = joined.select(
        "action_id",
        status.alias("status"),
        pl.col("judgements", "matching").fill_null(0),
        "consensus",
        pl.col("adjudicated").fill_null(False),
    )
    return conform(ActionVerdicts, verdicts, where="verdicts on actions")
