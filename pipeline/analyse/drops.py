"""From selection to adoption, paired: the same question asked both ways, in the same condition."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.accuracy import by_scenario, in_parts, targeted, targets, with_all
from pipeline.analyse.answers import Answers, Array
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.tables import Drops, conform
from pipeline.values import Inventory

PAIR = ["respondent", "question", "language", "wording", "repeat", "order", "target_value"]


def drops(answers: Answers, draws: Draws, notes: Notebook) -> pl.DataFrame:
    """Table Drops: of every respondent who was asked both ways, for each target value and for all."""
    rows = []
    asked = targeted(answers.rows)
    both = set(asked.filter(pl.col("mode").cast(pl.String) == "selection")["respondent"]) & set(
        asked.filter(pl.col("mode").cast(pl.String) == "adoption")["respondent"]
    )
    for (respondent,), pairs in in_parts(paired(asked), "respondent"):
        both.discard(respondent)
        rows += [{"respondent": respondent, **row} for row in _rows(pairs, answers.material.inventory, draws)]
    for respondent in sorted(both):
        notes.add(
            "drops",
            respondent,
            "no_pairs",
            f"{respondent} has no question that was answered in selection and in adoption mode under the same wording.",
        )
    if not rows and not both:
        notes.add(
            "drops",
            EVERYTHING,
            "no_pairs",
            "Nobody was asked in both selection and adoption mode, so that the two cannot be compared.",
        )
    return conform(Drops, rows, where="drops")


def paired(asked: pl.DataFrame) -> pl.DataFrame:
    """Pairs of answers: PAIR, scenario, target, and whether each is right: selection, adoption."""
    answered = asked.filter(pl.col("right").is_not_null())
    of = {
        mode: answered.filter(pl.col("mode").cast(pl.String) == mode).select(
            *PAIR, "scenario", "target", pl.col("right").alias(mode)
        )
        for mode in ("selection", "adoption")
    }
    return of["selection"].join(of["adoption"].drop("scenario", "target"), on=PAIR, validate="1:1")


def cluster_mcnemar(differences: Array) -> float | None:
    """p of McNemar's test for pairs in clusters: X² = (sum d)² / sum d², d the difference of discordant counts in a
    cluster, on one degree of freedom.

    V. L. Durkalski, Y. Y. Palesch, S. R. Lipsitz and P. F. Rust, Statistics in Medicine 22 (2003), weighted by size of
    the cluster as in Z. Yang, X. Sun and J. W. Hardin, Statistics in Medicine 29 (2010). With one pair a cluster
    it is McNemar's test. None without a difference.
    """
    squares = float((differences**2).sum())
    return float(stats.chi2.sf(differences.sum() ** 2 / squares, 1)) if squares else None


def majority(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with whether the majority of the question's pairs is right, in each mode; half is no majority."""
    return pairs.with_columns(
        (pl.col(mode).mean().over("question", "target") > 0.5).alias(f"{mode}_majority")
        for mode in ("selection", "adoption")
    )


def _rows(pairs: pl.DataFrame, inventory: Inventory, draws: Draws) -> Iterator[dict[str, object]]:
    pairs = majority(pairs).with_columns(
        difference=pl.col("selection").cast(pl.Int8) - pl.col("adoption").cast(pl.Int8),
    )
    n, scenarios = by_scenario(pairs, inventory)
    difference, _ = by_scenario(pairs, inventory, "difference")
    size = n.sum(axis=0)
    drop = ratio(difference.sum(axis=0), size)
    conditional = {
        "adoption_given_selection": _conditional(pairs, inventory, "adoption", "selection"),
        "selection_given_adoption": _conditional(pairs, inventory, "selection", "adoption"),
    }
    parts = [np.column_stack(both) for both in ((difference, n), *conditional.values())]
    of_drop, *of_rates = draws.totals(*((part, scenarios) for part in parts))
    drawn_difference, drawn_n = np.hsplit(of_drop, 2)
    low, high = _difference_interval(difference, n, drawn_difference, drawn_n, draws)
    given = {
        name: (
            ratio(*(part.sum(axis=0) for part in both)),
            *draws.bounds_of_shares(*both, *np.hsplit(drawn, 2)),
        )
        for (name, both), drawn in zip(conditional.items(), of_rates, strict=True)
    }
    right = {mode: by_scenario(pairs, inventory, mode)[0].sum(axis=0) for mode in ("selection", "adoption")}
    once = pairs.unique(["question", "target"])
    discordant = [
        _by_target(once.filter(pl.col(f"{a}_majority") & ~pl.col(f"{b}_majority")), inventory)
        for a, b in (("selection", "adoption"), ("adoption", "selection"))
    ]
    questions = _by_target(once, inventory)
    cluster_p = [cluster_mcnemar(column) for column in difference.T]
    for i, value in enumerate(targets(inventory)):
        if not size[i]:
            continue
        row: dict[str, object] = {
            "value": value,
            "pairs": int(size[i]),
            "questions": questions[i],
            "selection": right["selection"][i] / size[i],
            "adoption": right["adoption"][i] / size[i],
            "drop": drop[i],
            "low": finite(low[i]),
            "high": finite(high[i]),
            "only_selection": discordant[0][i],
            "only_adoption": discordant[1][i],
            "cluster_p": cluster_p[i],
        }
        for name, bounds in given.items():
            for part, numbers in zip(("", "_low", "_high"), bounds, strict=True):
                row[name + part] = finite(numbers[i])
        kept = finite(given["adoption_given_selection"][0][i])
        row["restricted_drop"] = None if kept is None else 1 - kept
        yield row


def _difference_interval(
    difference: Array, n: Array, drawn_difference: Array, drawn_n: Array, draws: Draws
) -> tuple[Array, Array]:
    drawn = ratio(drawn_difference, drawn_n)
    low, high = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    for i, clusters in enumerate((n > 0).sum(axis=0)):
        # Without any discordant pair every draw is 0, which says nothing about the next pair.
        if clusters >= 2 and difference[:, i].any():
            low[i : i + 1], high[i : i + 1] = draws.interval(drawn[:, i : i + 1], int(clusters))
    return low, high


def _conditional(pairs: pl.DataFrame, inventory: Inventory, of: str, given: str) -> tuple[Array, Array]:
    """Pairs right in one mode, and all pairs, of questions that the majority in the other has right (by scenario and
    target)."""
    kept = pl.col(f"{given}_majority")
    n, _ = by_scenario(pairs.with_columns(kept.alias("n")), inventory, "n")
    right, _ = by_scenario(pairs.with_columns((kept & pl.col(of)).alias("r")), inventory, "r")
    return right, n


def _by_target(questions: pl.DataFrame, inventory: Inventory) -> list[int]:
    counted = np.bincount(questions["target"].to_numpy(), minlength=len(inventory))[None, :]
    return [int(n) for n in with_all(counted.astype(float))[0]]
