"""The knowledge-action gap: correlation of declared with enacted values, of each respondent, over the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse import correlation
from pipeline.analyse.agents import Agents
from pipeline.analyse.between import Drawn, Spread, Spreads
from pipeline.analyse.bootstrap import Draws, freedom
from pipeline.analyse.bootstrap import reliability as noise_free
from pipeline.analyse.declared import Declarations, Declared, comparable
from pipeline.analyse.inversion import correlation_interval
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.analyse.profiles import Enacted
from pipeline.analyse.reliability import of_items
from pipeline.tables import QUESTIONS, Gaps, conform
from pipeline.values import Inventory


def declared_enacted(enacted: pl.DataFrame, declared: pl.DataFrame) -> pl.DataFrame:
    """The published gap from plain tables: respondent, n (values that both have) and r.

    ``enacted`` has respondent, value and share (or percentage) of choices, ``declared`` respondent, value and mean, one
    row a value each. ``r`` is empty where a profile is constant or fewer than two values are there.
    """
    both = enacted.select("respondent", "value", x=enacted.columns[-1]).join(
        declared.select("respondent", "value", y=declared.columns[-1]),
        on=["respondent", "value"],
        validate="1:1",
    )
    rows = [
        {"respondent": respondent, "n": part.height, "r": correlation.pearson(part["x"], part["y"])}
        for (respondent,), part in both.partition_by("respondent", as_dict=True, maintain_order=True).items()
    ]
    return pl.DataFrame(rows, schema={"respondent": pl.String, "n": pl.Int64, "r": pl.Float64})


def gaps(
    enacted: Mapping[str, Enacted],
    declared: Declarations,
    inventory: Inventory,
    agents: Agents,
    reliability: pl.DataFrame,
    draws: Draws,
    seed: int,
    notes: Notebook,
) -> tuple[pl.DataFrame, Spreads]:
    """Table Gaps, one row for each respondent with both profiles and instrument; and the draws of r, by kind."""
    reliable = dict(reliability.filter(instrument=QUESTIONS).select("respondent", "reliability").iter_rows())
    instruments = comparable(declared, inventory, "gaps", notes)
    rows: list[dict[str, Any]] = []
    kept: dict[tuple[str, str], list[Drawn]] = {}
    freedoms: dict[tuple[str, str], float] = {}
    standing = set(agents.main(set(enacted) & {name for of in instruments.values() for name in of}))
    for name in sorted(agents.kind):
        took = {instrument: of[name] for instrument, of in instruments.items() if name in of}
        if name not in enacted or not took:
            _say_missing(name, name in enacted, bool(took), notes)
            continue
        for instrument, one in took.items():
            place = instrument, agents.kind[name]
            row, drawn, df = _gap(enacted[name], one, reliable.get(name), draws, seed, notes)
            rows.append({"respondent": name, "instrument": instrument, "kind": agents.kind[name], **row})
            if drawn is not None and name in standing:
                kept.setdefault(place, []).append(drawn)
                freedoms[place] = freedoms.get(place, 0) + df
    if not rows:
        notes.add(
            "gaps",
            EVERYTHING,
            "no_pairs",
            "Nobody has both enacted and declared values, so that there is no gap.",
        )
    spreads = {("declared_enacted_r", *place): Spread.of(of, freedoms[place]) for place, of in kept.items()}
    return conform(Gaps, rows, where="gaps"), spreads


def _gap(
    enacted: Enacted,
    declared: Declared,
    enacted_reliability: float | None,
    draws: Draws,
    seed: int,
    notes: Notebook,
) -> tuple[dict[str, Any], Drawn | None, float]:
    """The row, the draws of r and their degrees of freedom."""
    name, instrument = enacted.respondent, declared.instrument
    half_r = of_items(declared, seed)
    row: dict[str, Any] = {
        "values": len(enacted.share),
        "choices": enacted.choices,
        "administrations": len(declared.means),
        "enacted_reliability": enacted_reliability,
        "declared_reliability": None if half_r is None else correlation.spearman_brown(half_r),
    }
    found = correlation.tested(enacted.share, declared.mean, draws.confidence, seed)
    if found.r is None:
        which = "enacted" if np.ptp(enacted.share) == 0 else "declared"
        notes.add(
            "gaps",
            name,
            f"constant_profile_{instrument.name}",
            f"{name}'s {which} profile ({instrument.title}) has the same number for all values, so that it "
            f"correlates with nothing.",
        )
        return row, None, 0
    rho = correlation.tested(
        correlation.ranks(enacted.share), correlation.ranks(declared.mean), draws.confidence, seed
    )
    mean = declared.drawn(declared.means)
    mean = declared.mean if mean is None else mean
    drawn = correlation.rowwise(enacted.drawn, mean)
    df = freedom(
        (correlation.rowwise(enacted.drawn, declared.mean).var(), enacted.scenarios),
        (float(np.var(correlation.rowwise(enacted.share, mean))), len(declared.means)),
    )
    both = noise_free(enacted.share, enacted.drawn) * noise_free(
        declared.mean, declared.drawn(declared.means)
    )
    bounds: dict[str, float | None] = {}
    if enacted.scenarios > 1 and not np.isnan(drawn).any():
        declared_draws = np.broadcast_to(mean, enacted.drawn.shape)
        bounds["low"], bounds["high"] = correlation_interval(
            enacted.share,
            declared.mean,
            enacted.drawn,
            declared_draws,
            freedom=df,
            confidence=draws.confidence,
        )
    else:
        notes.add(
            "gaps",
            name,
            f"no_interval_{instrument.name}",
            f"{name}'s correlation ({instrument.title}) has no interval from resampled scenarios: too few of them "
            f"were answered, "
            f"{enacted.scenarios} in all.",
        )
    reliabilities = row["enacted_reliability"], row["declared_reliability"]
    corrected = [
        None if r is None else correlation.disattenuated(r, *reliabilities)
        for r in (found.r, bounds.get("low"), bounds.get("high"))
    ]
    if corrected[0] is None:
        notes.add(
            "gaps",
            name,
            f"not_disattenuated_{instrument.name}",
            f"{name}'s correlation ({instrument.title}) cannot be corrected for noise: the reliability of a profile "
            f"is unknown or not "
            "above 0.",
        )
    row |= bounds | {
        "r": found.r,
        "fisher_low": found.low,
        "fisher_high": found.high,
        "fisher_p": found.p,
        "permutation_p": found.permutation_p,
        "circle_p": correlation.circle_p(enacted.share, declared.mean) if declared.inventory.circle else None,
        "spearman": rho.r,
        "spearman_p": rho.permutation_p,
        "luce_r": None if enacted.log_luce is None else correlation.pearson(enacted.log_luce, declared.mean),
        "disattenuated": finite(corrected[0]),
        "disattenuated_low": finite(corrected[1]),
        "disattenuated_high": finite(corrected[2]),
    }
    without = correlation.without_each(enacted.share, declared.mean)
    return row, Drawn(found.r, (name,), drawn if "low" in bounds else None, both, without), df


def _say_missing(name: str, acted: bool, declared: bool, notes: Notebook) -> None:
    lacking = [
        what
        for what, there in (
            ("valid answer in default mode", acted),
            ("instrument that counts", declared),
        )
        if not there
    ]
    notes.add(
        "gaps",
        name,
        "profile_missing",
        f"{name} has no {' and no '.join(lacking)}, so that declared and enacted values cannot be compared.",
    )
