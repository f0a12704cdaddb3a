"""Declared values: a respondent's means over administrations of the PVQ, and the higher-order values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.answers import Array
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.params.analysis import Analysis
from pipeline.statistics.resampling import generator, resample
from pipeline.tables import HIGHER_ORDER, DeclaredProfiles, conform
from pipeline.values.schwartz import SLUGS, VALUES


@dataclass(frozen=True)
class Declared:
    """One respondent's administrations that count.

    ``means`` and ``centred`` (administrations x 10); ``facets`` (administration, shuffle, wording: one unit an
    administration each). ``weights`` (draws x administrations) draws with replacement one administration fewer than
    there are, which gives the mean of a few the variance that it has (J. N. K. Rao and C. F. J. Wu, JASA 83, 1988); it
    is None where there is only one.
    """

    respondent: str
    means: Array
    centred: Array
    facets: dict[str, list[str]]
    weights: Array | None

    @cached_property
    def mean(self) -> Array:
        return self.means.mean(axis=0)

    def drawn(self, per_administration: Array) -> Array | None:
        """Means over the administrations of each draw (draws x k)."""
        return None if self.weights is None else self.weights @ per_administration


def administrations(
    scores: pl.DataFrame, answers: pl.DataFrame, settings: Analysis, seed: int, notes: Notebook
) -> dict[str, Declared]:
    """The administrations of every respondent who has one that counts, from tables PvqScores and PvqAnswers.

    Left out, with a note: administrations that the instrument's rules exclude or in which a value has no answer.
    """
    design = answers.group_by("respondent", "administration").agg(
        pl.col("language", "wording", "shuffle").first()
    )
    wide = (
        scores.pivot(
            on="value", index=["respondent", "administration"], values=["mean", "centred"], on_columns=SLUGS
        )
        .join(design, on=["respondent", "administration"], how="left", validate="1:1")
        .sort("respondent", "administration")
    )
    columns = {which: [f"{which}_{slug}" for slug in SLUGS] for which in ("mean", "centred")}
    complete = pl.all_horizontal(pl.col(columns["mean"]).is_not_null())
    found = {}
    for (respondent,), all_of in wide.partition_by("respondent", as_dict=True, maintain_order=True).items():
        rows = all_of.filter(complete)
        if left_out := all_of.height - rows.height:
            notes.add(
                "declared",
                respondent,
                "administrations_left_out",
                f"{left_out} of {all_of.height} PVQ administrations of {respondent} do not count: the instrument's "
                "rules exclude them, or no item of a value was answered.",
            )
        if rows.is_empty():
            continue
        rng = generator(seed, f"administrations of {respondent}")
        found[respondent] = Declared(
            respondent,
            rows.select(columns["mean"]).to_numpy(),
            rows.select(columns["centred"]).to_numpy(),
            {
                "administrations": [str(n) for n in rows["administration"]],
                "shuffles": [str(n) for n in rows["shuffle"]],
                "wordings": [
                    f"{language} {n}" for language, n in rows.select("language", "wording").iter_rows()
                ],
            },
            _weights(rows.height, settings.draws, rng) if rows.height > 1 else None,
        )
    return found


def _weights(administrations: int, draws: int, rng: np.random.Generator) -> Array:
    return resample(administrations, draws, rng, administrations - 1) / (administrations - 1)


def declared_profiles(declared: dict[str, Declared], settings: Analysis, notes: Notebook) -> pl.DataFrame:
    """Table DeclaredProfiles. A respondent with one administration has no interval."""
    rows = [row for one in declared.values() for row in _rows(one, settings)]
    alone = [one.respondent for one in declared.values() if one.weights is None]
    if alone:
        notes.add(
            "declared",
            EVERYTHING,
            "one_administration",
            f"{len(alone)} respondents took the PVQ once, so that there are no intervals for what they declare.",
        )
    if not declared:
        notes.add(
            "declared",
            EVERYTHING,
            "no_pvq",
            "Nobody has a PVQ that counts, so that nothing is known of declared values.",
        )
    return conform(DeclaredProfiles, rows, where="declared profiles")


def _rows(one: Declared, settings: Analysis) -> Iterator[dict[str, object]]:
    turn = np.column_stack([np.eye(len(SLUGS)), higher_order()])
    bounds = {which: _interval(one, getattr(one, which) @ turn, settings) for which in ("means", "centred")}
    means, centred = (one.means @ turn).mean(axis=0), (one.centred @ turn).mean(axis=0)
    for n, value in enumerate((*SLUGS, *HIGHER_ORDER)):
        yield {
            "respondent": one.respondent,
            "value": value,
            "level": "basic" if n < len(SLUGS) else "higher_order",
            "administrations": len(one.means),
            "mean": means[n],
            "low": finite(bounds["means"][0][n]),
            "high": finite(bounds["means"][1][n]),
            "centred": centred[n],
            "centred_low": finite(bounds["centred"][0][n]),
            "centred_high": finite(bounds["centred"][1][n]),
        }


def higher_order() -> Array:
    """Weights (10 x 4) that turn ten values into the four higher-order ones: the mean of their values.

    Hedonism, which lies between openness to change and self-enhancement, counts in both (S. H. Schwartz, 1992).
    """
    member = np.array(
        [[group in value.higher_order for group in HIGHER_ORDER] for value in VALUES], dtype=float
    )
    return member / member.sum(axis=0)


def _interval(one: Declared, per_administration: Array, settings: Analysis) -> tuple[Array, Array]:
    """Percentiles as far out as Student's t asks for so many administrations."""
    drawn = one.drawn(per_administration)
    if drawn is None:
        nothing = np.full(per_administration.shape[1], np.nan)
        return nothing, nothing
    t = stats.t.ppf((1 - settings.confidence) / 2, len(per_administration) - 1)
    tail = stats.norm.cdf(t)
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return low, high
