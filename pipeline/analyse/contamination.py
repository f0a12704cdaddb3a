"""Did a model see the posts? Each statistic on scenarios posted before and after its training data end.

Posts of later years differ in other ways too, so that the difference of a model is compared with that of models whose
training ended before the first or after the last of these posts, to which the date means nothing: a difference in
differences. All statistics are smooth functions of sums over scenarios, whose error is that of their linear
approximation (influence functions, F. R. Hampel, JASA 69, 1974), and scenarios are shared, so that models are paired.
These models are taken as they are; scenarios are the sample.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers, Array, Index
from pipeline.analyse.declared import Declarations
from pipeline.analyse.notes import EVERYTHING, Notebook
from pipeline.analyse.scenario_sums import Mask, Sums, by_scenario
from pipeline.params.claims import Contamination as Settings
from pipeline.tables import conform
from pipeline.tables.claims import Contamination

# Scenarios on each side of a cut-off; fewer say nothing of a difference.
FEW = 10
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """After less before: the estimates of both sides, and the ``influence`` of each scenario on the difference."""

    before: float
    after: float
    influence: Array

    @property
    def size(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference with its standard error, degrees of freedom, interval, p, and power."""

    error: float
    freedom: float
    low: float
    high: float
    p: float


def contamination(
    answers: Answers,
    declared: Declarations,
    respondents: pl.DataFrame,
    dates: Mapping[int, dt.date],
    agents: Agents,
    settings: Settings,
    confidence: float,
    notes: Notebook,
) -> pl.DataFrame:
    """Table Contamination. ``dates`` has the day of each scenario's post, by its number in ``answers``."""
    until = _cutoffs(respondents, agents, settings)
    days = np.array([dates.get(n, dt.date.min).toordinal() for n in range(answers.material.scenarios)])
    known = days > dt.date.min.toordinal()
    if not until or not known.any():
        why = "no model's training cut-off is known" if not until else "no post's date is known"
        notes.add("contamination", EVERYTHING, "unknown", f"Nothing is said of contamination: {why}.")
        return Contamination.create_empty()
    sums = by_scenario(answers, declared, agents)
    rows: list[dict[str, Any]] = []
    for name, day in sorted(until.items()):
        before, after = known & (days <= day.toordinal()), known & (days > day.toordinal())
        sides = int(before.sum()), int(after.sum())
        if min(sides) < FEW:
            continue
        controls = [
            other
            for other, its in until.items()
            if agents.kind[other] == agents.kind[name] and _outside(its, days[known])
        ]
        if not controls:
            notes.add(
                "contamination",
                name,
                "no_controls",
                f"{name} has no model beside it whose training ended before or after all posts, so that its "
                "difference cannot be told from that of the years.",
            )
        source = settings.cutoffs[_key(name, respondents, agents, settings)].source
        for statistic in sums.get(name, {}):
            own = difference(sums[name][statistic], before, after)
            beside = [
                difference(sums[c][statistic], before, after)
                for c in controls
                if statistic in sums.get(c, {})
            ]
            if own is None:
                continue
            row: dict[str, Any] = {
                "respondent": name,
                "kind": agents.kind[name],
                "statistic": statistic,
                "cutoff": day,
                "source": source,
                "scenarios_before": sides[0],
                "scenarios_after": sides[1],
            }
            rows.append(
                row
                | _row(own, [one for one in beside if one is not None], before, after, settings, confidence)
            )
    empty = dict.fromkeys(Contamination.create_empty().columns)
    return conform(Contamination, [empty | row for row in rows], where="contamination")


def difference(sums: Sums, before: Mask, after: Mask) -> Difference | None:
    """A statistic after less before; None where a side has no answer, or no correlation."""
    first, last = sums.estimate(before), sums.estimate(after)
    if first is None or last is None:
        return None
    return Difference(first[0], last[0], last[1] - first[1])


def tested(size: float, influence: Array, before: Mask, after: Mask, confidence: float) -> Tested | None:
    """Welch's test that a difference is zero, the scenarios of each side a sample; None without any variance."""
    parts = [(int(side.sum()), float((influence[side] ** 2).sum())) for side in (before, after)]
    variances = [n / (n - 1) * squares for n, squares in parts]
    variance = sum(variances)
    if variance <= 0:
        return None
    freedom = variance**2 / sum(v**2 / (n - 1) for v, (n, _) in zip(variances, parts, strict=True))
    error = math.sqrt(variance)
    half = float(stats.t.ppf((1 + confidence) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(size) / error, freedom))
    return Tested(error, freedom, size - half, size + half, p)


def power(effect: float, found: Tested, confidence: float) -> float:
    """Probability that a true difference of ``effect`` is found, from the noncentral t."""
    critical = stats.t.ppf((1 + confidence) / 2, found.freedom)
    away = effect / found.error
    return float(stats.nct.sf(critical, found.freedom, away) + stats.nct.cdf(-critical, found.freedom, away))


def detectable(found: Tested, confidence: float) -> float:
    """The difference that is found with a probability of POWER."""
    quantiles = stats.t.ppf([(1 + confidence) / 2, POWER], found.freedom)
    return float(quantiles.sum() * found.error)


def _row(
    own: Difference,
    beside: Sequence[Difference],
    before: Mask,
    after: Mask,
    settings: Settings,
    confidence: float,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "before": own.before,
        "after": own.after,
        "difference": own.size,
        "controls": len(beside),
    }
    alone = tested(own.size, own.influence, before, after, confidence)
    if alone is not None:
        row["low"], row["high"] = alone.low, alone.high
    if not beside:
        return row
    common = float(np.mean([one.size for one in beside]))
    influence = own.influence - np.mean([one.influence for one in beside], axis=0)
    size = own.size - common
    row |= {"control_difference": common, "excess": size}
    found = tested(size, influence, before, after, confidence)
    if found is not None:
        row |= {
            "excess_low": found.low,
            "excess_high": found.high,
            "p": found.p,
            "power": power(settings.effect, found, confidence),
            "detectable": detectable(found, confidence),
        }
    return row


def _cutoffs(respondents: pl.DataFrame, agents: Agents, settings: Settings) -> dict[str, dt.date]:
    """Of one respondent an agent, where it is known."""
    found = {}
    for name in agents.main(agents.kind):
        key = _key(name, respondents, agents, settings)
        if key:
            found[name] = settings.cutoffs[key].date
    return found


def _key(name: str, respondents: pl.DataFrame, agents: Agents, settings: Settings) -> str:
    """Under which name params know its cut-off; empty where they do not."""
    model = respondents.filter(respondent=name)["model"].item(0)
    return next((key for key in (model, agents.agent[name]) if key in settings.cutoffs), "")


def _outside(day: dt.date, days: Index) -> bool:
    """Whether a cut-off lies before or after all posts."""
    return bool((days <= day.toordinal()).all() or (days > day.toordinal()).all())
