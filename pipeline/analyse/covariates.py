"""What goes with who somebody is: declared values, and the gap, against the covariates that a study came with.

Within a group, since studies ask different things of different people; one respondent an agent. Numbers by Spearman's
rank correlation; categories by Kruskal and Wallis (JASA 47, 1952), with epsilon squared, H / (n - 1) (M. Tomczak,
E. Tomczak, Trends in Sport Sciences 21, 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.declared import Declarations
from pipeline.tables import CovariateRelations, conform

# Fewer respondents say nothing of a covariate.
ENOUGH = 10


def covariates(
    given: pl.DataFrame, groups: Mapping[str, str], declared: Declarations, gaps: pl.DataFrame, agents: Agents
) -> pl.DataFrame:
    """Table CovariateRelations. ``given`` is table Covariates, ``groups`` the group of each respondent."""
    standing = set(agents.main(agents.kind))
    known = given.filter(pl.col("respondent").is_in(sorted(standing))).with_columns(
        group=pl.col("respondent").replace_strict(dict(groups), return_dtype=pl.String)
    )
    outcomes = [*_declared(declared), *_gaps(gaps)]
    rows: list[dict[str, Any]] = []
    for (group, name), part in sorted(known.partition_by("group", "covariate", as_dict=True).items()):
        numbers = bool(part["number"].is_not_null().all())
        of = dict(part.select("respondent", "number" if numbers else "value").iter_rows())
        for outcome, instrument, results in outcomes:
            key = {"group": group, "covariate": name, "outcome": outcome, "instrument": instrument}
            for value, by_respondent in results.items():
                both = [(of[who], number) for who, number in by_respondent.items() if who in of]
                if row := _related(both, numbers):
                    rows.append(key | {"value": value} | row)
    return conform(CovariateRelations, rows, where="covariates")


def _declared(declared: Declarations) -> Iterator[tuple[str, str, dict[str, dict[str, float]]]]:
    for instrument, of in declared.items():
        results: dict[str, dict[str, float]] = {}
        for who, one in of.items():
            for value, number in zip(one.inventory.slugs, one.centred.mean(axis=0), strict=True):
                results.setdefault(value, {})[who] = float(number)
        yield "declared", instrument, results


def _gaps(gaps: pl.DataFrame) -> Iterator[tuple[str, str, dict[str, dict[str, float]]]]:
    for (instrument,), part in (
        gaps.filter(pl.col("r").is_not_null()).partition_by("instrument", as_dict=True).items()
    ):
        yield "declared_enacted_r", str(instrument), {"all": dict(part.select("respondent", "r").iter_rows())}


def _related(both: list[tuple[Any, float]], numbers: bool) -> dict[str, Any] | None:
    """Statistic, estimate, p and n; None for too few respondents, or where one side does not vary."""
    if len(both) < ENOUGH or len({x for x, _ in both}) < 2 or len({y for _, y in both}) < 2:
        return None
    if numbers:
        r = stats.spearmanr(*zip(*both, strict=True))
        return {"statistic": "spearman", "estimate": float(r.statistic), "p": float(r.pvalue), "n": len(both)}
    parts = [np.array([y for x, y in both if x == level]) for level in sorted({str(x) for x, _ in both})]
    if len(parts) == len(both):
        return None  # free text: everybody has a category alone
    h = stats.kruskal(*parts)
    estimate = float(h.statistic) / (len(both) - 1)
    return {"statistic": "epsilon_squared", "estimate": estimate, "p": float(h.pvalue), "n": len(both)}
