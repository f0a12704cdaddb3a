"""Where a text stands among its paraphrases, as tables: of each text, and of each model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.params import Params
from pipeline.probe.excess import Array, mean
from pipeline.probe.likelihood import Weighed, mean_logprob
from pipeline.probe.recorded import Find
from pipeline.statistics.holm import holm
from pipeline.statistics.resampling import Index, generator
from pipeline.tables import conform
from pipeline.tables.probe import Likelihoods, Ranked

DRAWS = 9999


def likelihoods(weighed: Sequence[Weighed], find: Find) -> pl.DataFrame:
    """Table Likelihoods. A text of which nothing can be compared has no numbers."""
    rows: list[dict[str, Any]] = []
    for one in weighed:
        own = mean_logprob(one.original, find)
        others = [found for other in one.paraphrases if (found := mean_logprob(other, find)) is not None]
        row: dict[str, Any] = {
            "model": one.model,
            "scenario_id": one.text.scenario_id,
            "paraphrases": len(others),
            "request_key": one.original.key,
            "origin": one.response.origin,
        }
        if own is not None and others:
            below = sum((other < own) + (other == own) / 2 for other in others)
            row |= {"logprob": own, "paraphrased": float(np.mean(others)), "above": below / len(others)}
        rows.append(row)
    return conform(Likelihoods, rows, where="likelihoods of texts")


def ranked(rows: pl.DataFrame, params: Params) -> pl.DataFrame:
    """Table Ranked from table Likelihoods."""
    found = [_model(name, rows, params) for name in params.probe.likelihoods]
    for row, p in zip(found, holm([row["p"] for row in found]), strict=True):
        row["holm_p"] = p
    return conform(Ranked, found, where="texts among their paraphrases")


def _model(name: str, rows: pl.DataFrame, params: Params) -> dict[str, Any]:
    mine, confidence = rows.filter(model=name), params.analysis.confidence
    compared = mine.drop_nulls("above").sort("scenario_id")
    above, counts = compared["above"].to_numpy(), compared["paraphrases"].to_numpy()
    own, beside = mean(above, confidence), mean(_beyond(name, rows), confidence)
    return {
        "model": name,
        "asked": mine.height,
        "compared": compared.height,
        "above": own and own.size,
        "low": own and own.low,
        "high": own and own.high,
        "p": rank_p(above, counts, params.seed) if compared.height else None,
        "first": int((above == 1).sum()),
        "first_chance": float((1 / (counts + 1)).sum()) if compared.height else None,
        "beyond": beside and beside.size,
        "beyond_low": beside and beside.low,
        "beyond_high": beside and beside.high,
    }


def _beyond(name: str, rows: pl.DataFrame) -> Array:
    """Of each text the share of a model less the mean of the others'; empty without others."""
    rows = rows.drop_nulls("above")
    others = rows.filter(pl.col("model") != name).group_by("scenario_id").agg(pl.col("above").mean())
    both = rows.filter(model=name).join(others, on="scenario_id", suffix="_others").sort("scenario_id")
    return (both["above"] - both["above_others"]).to_numpy()


def rank_p(above: Array, paraphrases: Index, seed: int) -> float:
    """Probability of a mean as large as theirs where every place of a text among its paraphrases is as likely; the
    texts that are there count as one of the draws."""
    rng = generator(seed, "texts among their paraphrases")
    drawn = (rng.integers(0, paraphrases + 1, (DRAWS, len(paraphrases))) / paraphrases).sum(axis=1)
    return float((1 + (drawn >= above.sum() - 1e-9).sum()) / (1 + DRAWS))
