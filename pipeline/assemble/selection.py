"""Which scenarios become questions: those with all their actions, at most a quota of each category, in rank order."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

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
    """Scenarios with actions, up to ``quota.per_category`` a category.

    The others were lost among the generators (reasons in GenerationLedger ``failures``), each with its place in the
    ranks gone to another; or there was no need of them.
    """
    reasons, written = _reasons(failures), actions.select("scenario_id").unique()
    ranked = scenarios.sort("category", "rank")
    used = ranked.join(written, on="scenario_id", how="semi", maintain_order="left").filter(
        pl.int_range(1, pl.len() + 1).over("category") <= params.quota.per_category
    )
    unused = ranked.join(used, on="scenario_id", how="anti", maintain_order="left")
    stand_ins = _stand_ins(used)
    ledger = [
        {"post_id": row["post_id"], "stage": "assemble", **_why(row, reasons, stand_ins)}
        for row in unused.iter_rows(named=True)
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


def _why(
    row: dict[str, object], reasons: dict[str, str], stand_ins: dict[tuple[str, int], str]
) -> dict[str, str]:
    reason = reasons.get(str(row["scenario_id"]))
    if reason is None:
        return {"reason": "reserve_not_needed", "detail": f"rank {row['rank']}"}
    stand_in = stand_ins.get((str(row["category"]), int(str(row["rank"]))))
    place = f"; its place went to {stand_in}" if stand_in else ""
    return {"reason": "generation_failed", "detail": reason + place}


def _stand_ins(used: pl.DataFrame) -> dict[tuple[str, int], str]:
    """Who took each place that was free, by category and rank: see ``deal.in_places``."""
    took: dict[tuple[str, int], str] = {}
    for (category,), mine in used.partition_by("category", as_dict=True).items():
        ranks = dict(mine.select("rank", "scenario_id").iter_rows())
        behind = [ranks[rank] for rank in sorted(ranks) if rank > len(ranks)]
        free = [rank for rank in range(1, len(ranks) + 1) if rank not in ranks]
        took |= {(str(category), rank): scenario for rank, scenario in zip(free, behind, strict=True)}
    return took


def _reasons(failures: pl.DataFrame) -> dict[str, str]:
    """For each scenario that has no actions, what failed to the end, by its id."""
    found = (
        failures.filter("final")
        .sort("generator", "attempt", "value", "reason")
        .group_by("scenario_id", maintain_order=True)
        .agg(pl.format("{}: {} {}", "generator", "value", "reason").alias("details"))
    )
    return {
        scenario: "; ".join(" ".join(detail.split()) for detail in details)
        for scenario, details in found.iter_rows()
    }
