"""Named findings: what the publication claims, each with a rule that params fix before anything is measured.

A finding is present where the whole interval of its number lies beyond the least that counts, absent where none of it
does; what lies on both sides, or has no interval, cannot be told. The interval is the one that carries the claim: about
one respondent, its scenarios (of a gap, its values); about a kind, its respondents (of a gap, the values, of which
there are few however many have answered).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Array
from pipeline.analyse.notes import finite
from pipeline.params.claims import Findings as Rules
from pipeline.tables import QUESTIONS, conform
from pipeline.tables.claims import Findings

# Fewer respondents are no sample of their kind.
ENOUGH = 3
Row = dict[str, Any]


def findings(
    tables: Mapping[str, pl.DataFrame], agents: Agents, rules: Rules, confidence: float
) -> pl.DataFrame:
    """Table Findings, from likeness, gaps, summaries, drops and positions; one respondent an agent."""
    standing = set(agents.main(agents.kind))
    rows = chain(
        _convergence(tables["likeness"], rules, confidence),
        _gap(tables["gaps"].filter(pl.col("respondent").is_in(list(standing))), tables["summaries"], rules),
        _cost(_of(tables["drops"].filter(value="all"), agents, standing), rules, confidence),
        _position(_of(tables["positions"].filter(mode="default"), agents, standing), rules, confidence),
    )
    return conform(
        Findings, [{"detail": None, "instrument": QUESTIONS} | row for row in rows], where="findings"
    )


def above(low: float | None, high: float | None, least: float) -> str:
    """The verdict on a number that is a finding when it is large."""
    if low is None or high is None:
        return "cannot_be_told"
    return "present" if low > least else "absent" if high <= least else "cannot_be_told"


def below(low: float | None, high: float | None, least: float) -> str:
    """The verdict on a number that is a finding when it is small."""
    if low is None or high is None:
        return "cannot_be_told"
    return "present" if high < least else "absent" if low >= least else "cannot_be_told"


def beyond(bounds: Sequence[tuple[float | None, float | None]], least: float) -> str:
    """The verdict on several numbers of which one far from zero is enough, and of which all are near it otherwise."""
    known = [(low, high) for low, high in bounds if low is not None and high is not None]
    if any(low > least or high < -least for low, high in known):
        return "present"
    near = len(known) == len(bounds) and all(-least <= low and high <= least for low, high in known)
    return "absent" if known and near else "cannot_be_told"


def mean_interval(numbers: Array, confidence: float) -> tuple[float | None, float | None]:
    """Student's interval of the mean of respondents' numbers; (None, None) for fewer than three."""
    if len(numbers) < ENOUGH:
        return None, None
    half = stats.t.ppf((1 + confidence) / 2, len(numbers) - 1) * stats.sem(numbers)
    return float(numbers.mean() - half), float(numbers.mean() + half)


def pairs_interval(
    numbers: Array, pairs: Sequence[tuple[str, str]], confidence: float
) -> tuple[float | None, float | None]:
    """The interval of a mean over pairs, the respondents as a sample: the jackknife that leaves out all pairs of one
    (J. N. Arvesen, Annals of Mathematical Statistics 40, 1969); (None, None) for fewer than four respondents."""
    names = sorted({name for pair in pairs for name in pair})
    n = len(names)
    if n <= ENOUGH:
        return None, None
    left = np.array([numbers[[name not in pair for pair in pairs]].mean() for name in names])
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    return float(numbers.mean() - half), float(numbers.mean() + half)


def _of(table: pl.DataFrame, agents: Agents, standing: set[str]) -> pl.DataFrame:
    return table.filter(pl.col("respondent").is_in(list(standing))).with_columns(
        kind=pl.col("respondent").replace_strict(dict(agents.kind), return_dtype=pl.String)
    )


def _row(finding: str, scope: str, name: str, kind: str, n: int, speaks_for: str, least: float) -> Row:
    return {
        "finding": finding,
        "scope": scope,
        "name": name,
        "kind": kind,
        "n": n,
        "speaks_for": speaks_for,
        "least": least,
    }


def _judged(
    row: Row, estimate: float, low: float | None, high: float | None, rule: Callable[..., str] = above
) -> Row:
    bounds = {"low": finite(low), "high": finite(high)}
    return row | bounds | {"estimate": estimate, "verdict": rule(bounds["low"], bounds["high"], row["least"])}


def _convergence(likeness: pl.DataFrame, rules: Rules, confidence: float) -> Iterator[Row]:
    """Do pairs of a kind agree beyond choosers who share nothing but the kind's value weights?"""
    pairs = likeness.filter(pl.col("a") != pl.col("b"))
    for finding, found, base, least in (
        ("convergence_of_profiles", "r", "value_only_r", rules.profiles),
        ("convergence_of_choices", "agreement", "value_only_agreement", rules.choices),
    ):
        known = pairs.with_columns(excess=pl.col(found) - pl.col(base)).drop_nulls("excess")
        for (kind,), of in sorted(known.partition_by("kind", as_dict=True).items()):
            excess = of["excess"].to_numpy()
            row = _row(finding, "kind", str(kind), str(kind), of.height, "respondents", least)
            names = list(of.select("a", "b").iter_rows())
            yield _judged(row, float(excess.mean()), *pairs_interval(excess, names, confidence))


def _gap(gaps: pl.DataFrame, summaries: pl.DataFrame, rules: Rules) -> Iterator[Row]:
    finding = "knowledge_action_gap"
    for one in gaps.drop_nulls("r").iter_rows(named=True):
        row = _row(finding, "respondent", one["respondent"], one["kind"], 1, "values", rules.gap)
        row["instrument"] = one["instrument"]
        yield _judged(row, one["r"], one["fisher_low"], one["fisher_high"], below)
    for one in summaries.filter(statistic="declared_enacted_r").iter_rows(named=True):
        row = _row(finding, "kind", one["kind"], one["kind"], one["n"], "values", rules.gap)
        row["instrument"] = one["instrument"]
        yield _judged(row, one["mean"], one["value_low"], one["value_high"], below)


def _cost(drops: pl.DataFrame, rules: Rules, confidence: float) -> Iterator[Row]:
    finding = "role_play_cost"
    for one in drops.iter_rows(named=True):
        row = _row(finding, "respondent", one["respondent"], one["kind"], 1, "scenarios", rules.cost)
        yield _judged(row, one["drop"], one["low"], one["high"])
    for (kind,), of in sorted(drops.partition_by("kind", as_dict=True).items()):
        each = of["drop"].to_numpy()
        row = _row(finding, "kind", str(kind), str(kind), of.height, "respondents", rules.cost)
        yield _judged(row, float(each.mean()), *mean_interval(each, confidence))


def _position(positions: pl.DataFrame, rules: Rules, confidence: float) -> Iterator[Row]:
    """The letter that lies furthest from one of so many; every letter is looked at, each with its share of the error
    for a kind."""
    letters = positions["letter"].n_unique()
    if not letters:
        return
    excess = [pl.col(name) - 1 / letters for name in ("share", "low", "high")]
    table = positions.with_columns(excess).sort("letter")
    for (name, kind), of in sorted(table.partition_by("respondent", "kind", as_dict=True).items()):
        row = _row("position_bias", "respondent", str(name), str(kind), 1, "scenarios", rules.position)
        each = [(one["letter"], one["share"], one["low"], one["high"]) for one in of.iter_rows(named=True)]
        yield _letters(row, each)
    level = 1 - (1 - confidence) / letters
    for (kind,), of in sorted(table.partition_by("kind", as_dict=True).items()):
        row = _row(
            "position_bias",
            "kind",
            str(kind),
            str(kind),
            of["respondent"].n_unique(),
            "respondents",
            rules.position,
        )
        each = []
        for (letter,), shares in sorted(of.partition_by("letter", as_dict=True).items()):
            numbers = shares["share"].to_numpy()
            each.append((letter, float(numbers.mean()), *mean_interval(numbers, level)))
        yield _letters(row, each)


def _letters(row: Row, each: Sequence[tuple[Any, ...]]) -> Row:
    """The row of the letter that lies furthest out, with the verdict on all of them."""
    letter, estimate, low, high = max(each, key=lambda one: abs(one[1]))
    verdict = beyond([(one[2], one[3]) for one in each], row["least"])
    found = {"estimate": estimate, "low": finite(low), "high": finite(high)}
    return row | found | {"detail": str(letter), "verdict": verdict}
