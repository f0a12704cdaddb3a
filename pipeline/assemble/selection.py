"""Which scenarios become questions: the first of each category, in rank order, whose actions are all usable."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import polars as pl

from pipeline.core.words import similarity
from pipeline.params import Params
from pipeline.tables import Ledger, conform


@dataclass(frozen=True, slots=True)
class Selection:
    """The scenarios and actions that are used, and a ledger row for each scenario that is not."""

    scenarios: pl.DataFrame
    actions: pl.DataFrame
    ledger: pl.DataFrame
    shortages: list[str]


def select(
    scenarios: pl.DataFrame, actions: pl.DataFrame, failures: pl.DataFrame, params: Params
) -> Selection:
    """Takes up to ``quota.per_category`` usable scenarios a category; a reserve stands in for a failed one.

    A scenario is not usable where a generator gave it up (reason in GenerationLedger ``failures``), or
    where two generators wrote near-duplicates of each other.
    """
    reasons = _given_up(failures) | _repeated(actions, params)
    usable = ~pl.col("scenario_id").is_in(list(reasons))
    ranked = scenarios.sort("category", "rank").with_columns(
        place=pl.when(usable).then(usable.cum_sum().over("category"))
    )
    used = ranked.filter(pl.col("place") <= params.quota.per_category).drop("place")
    unused = ranked.join(used.select("scenario_id"), on="scenario_id", how="anti")
    ledger = [
        {"post_id": post_id, "stage": "assemble", "reason": reason, "detail": detail}
        for post_id, (reason, detail) in (
            (post_id, reasons.get(scenario, ("reserve_not_needed", f"rank {rank}")))
            for scenario, post_id, rank in unused.select("scenario_id", "post_id", "rank").iter_rows()
        )
    ]
    counts = dict(used.group_by("category").len().iter_rows())
    return Selection(
        used,
        actions.join(used.select("scenario_id"), on="scenario_id", how="semi"),
        conform(Ledger, ledger, where="ledger"),
        [
            f"{category}: {counts.get(category, 0)} of {params.quota.per_category} scenarios"
            for category in params.categories
            if counts.get(category, 0) < params.quota.per_category
        ],
    )


def _given_up(failures: pl.DataFrame) -> dict[str, tuple[str, str]]:
    found = (
        failures.filter("final")
        .sort("generator", "attempt", "value", "reason")
        .group_by("scenario_id", maintain_order=True)
        .agg(pl.format("{}: {} {}", "generator", "value", "reason").alias("details"))
    )
    return {
        scenario: ("generation_failed", "; ".join(" ".join(detail.split()) for detail in details))
        for scenario, details in found.iter_rows()
    }


def _repeated(actions: pl.DataFrame, params: Params) -> dict[str, tuple[str, str]]:
    """Scenarios in which an action of one generator nearly repeats one of another."""
    limit = params.generate.checks.max_similarity
    slugs = params.values.slugs
    pairs = [
        ((first, a), (second, b))
        for first, second in combinations(params.generate.generators, 2)
        for a, b in product(slugs, slugs)
    ]
    texts: dict[str, dict[tuple[str, str], str]] = {}
    for scenario, generator, value, text in actions.select(
        "scenario_id", "generator", "value", "text"
    ).iter_rows():
        texts.setdefault(scenario, {})[generator, value] = text
    repeated = {}
    for scenario, written in texts.items():
        for mine, theirs in pairs:
            one, other = written.get(mine), written.get(theirs)
            if one and other and similarity(one, other) >= limit:
                detail = f"{' '.join(mine)} and {' '.join(theirs)} say the same"
                repeated[scenario] = ("generators_repeat_each_other", detail)
                break
    return repeated
