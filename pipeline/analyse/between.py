"""Respondents among each other: correlations of their profiles, and summaries over respondents of a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from pipeline.analyse import pigeonhole
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Array
from pipeline.analyse.bootstrap import Draws, freedom, reliability
from pipeline.analyse.correlation import jackknife_interval, ranks, rowwise, without_each
from pipeline.analyse.declared import Declarations
from pipeline.analyse.inversion import correlation_interval
from pipeline.analyse.notes import EVERYTHING, Notebook
from pipeline.analyse.profiles import Enacted
from pipeline.statistics.resampling import generator
from pipeline.tables import QUESTIONS, CrossCorrelations, Summaries, conform


@dataclass(frozen=True, slots=True)
class Drawn:
    """An estimate for some respondents, its draws, where there are any, the product of the reliabilities of what was
    correlated, and (correlations only) the estimate without each of the values."""

    estimate: float
    respondents: tuple[str, ...]
    drawn: Array | None
    reliability: float = 1.0
    without_value: Array | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """A statistic of several respondents or pairs: estimates (n) and whose they are, their draws (draws x n; None where
    one has none), the degrees of freedom of their mean, the mean reliability of what was correlated, and the mean
    without each of the values (None for what is no correlation)."""

    estimates: Array
    respondents: tuple[tuple[str, ...], ...]
    drawn: Array | None
    freedom: float
    reliability: float
    without_value: Array | None

    @classmethod
    def of(cls, found: Sequence[Drawn], freedom: float) -> Spread:
        parts = [one.drawn for one in found if one.drawn is not None]
        without = [one.without_value for one in found if one.without_value is not None]
        return cls(
            np.array([one.estimate for one in found]),
            tuple(one.respondents for one in found),
            np.column_stack(parts) if len(parts) == len(found) else None,
            freedom,
            float(np.mean([one.reliability for one in found])),
            np.mean(without, axis=0) if len(without) == len(found) else None,
        )

    @property
    def mean(self) -> float:
        return float(self.estimates.mean())

    def without_respondent(self) -> Array:
        """The mean without each of the respondents, and without all pairs that hold it; nan where nothing is left."""
        kept = [
            np.array([name not in whose for whose in self.respondents])
            for name in sorted({name for whose in self.respondents for name in whose})
        ]
        return np.array([self.estimates[some].mean() if some.any() else np.nan for some in kept])


@dataclass(frozen=True, slots=True)
class Profile:
    """A respondent's numbers for the values, their draws (draws x values; None where there are none), and the units
    that are drawn. Enacted profiles share their draws."""

    numbers: Array
    drawn: Array | None
    units: int
    reliability: float


# By statistic, instrument and kind.
Spreads = dict[tuple[str, str, str], Spread]


def cross_correlations(profiles: pl.DataFrame) -> pl.DataFrame:
    """The published correlations from a plain table: a, b (a before b by name) and r.

    ``profiles`` has respondent, value and a number, one row a value, the same values for all. A constant profile has no
    rows.
    """
    number = profiles.columns[-1]
    wide = profiles.pivot(on="value", index="respondent", values=number).sort("respondent")
    names, numbers = wide["respondent"].to_list(), wide.drop("respondent").to_numpy()
    pairs = list(combinations(range(len(names)), 2))
    first, second = _sides(pairs)
    r = rowwise(numbers[first], numbers[second])
    rows = [
        (names[i], names[j], value) for (i, j), value in zip(pairs, r, strict=True) if not np.isnan(value)
    ]
    return pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String, "r": pl.Float64}, orient="row")


def correlate(
    enacted: Mapping[str, Enacted],
    declared: Declarations,
    agents: Agents,
    draws: Draws,
    notes: Notebook,
) -> tuple[pl.DataFrame, Spreads]:
    """Table CrossCorrelations, of all pairs of agents; and the draws of those within a kind, one respondent an
    agent."""
    rows: list[dict[str, object]] = []
    spreads: Spreads = {}
    shares = {name: profile_of(one.share, one.drawn, one.scenarios) for name, one in enacted.items()}
    means = {
        instrument: {
            name: profile_of(one.mean, one.drawn(one.means), len(one.means)) for name, one in of.items()
        }
        for instrument, of in declared.items()
    }
    sources = [("enacted", QUESTIONS, shares), *(("declared", name, of) for name, of in means.items())]
    if not means:
        _say_none("declared", "instrument", notes)
    for profile, instrument, profiles in sources:
        names = sorted(profiles)
        for name in names:
            if np.ptp(profiles[name].numbers) == 0:
                notes.add(
                    "cross_correlations",
                    name,
                    f"constant_{profile}_profile_{instrument}",
                    f"{name}'s {profile} profile has the same number for all values, so that it correlates with "
                    "nothing.",
                )
        pairs = list(agents.pairs(n for n in names if np.ptp(profiles[n].numbers) > 0))
        if not pairs:
            _say_none(profile, instrument, notes)
        kept: dict[str, list[Drawn]] = {}
        for a, b, main in pairs:
            row, drawn = pair((a, b), (profiles[a], profiles[b]), profile == "enacted", draws)
            rows.append({"kind": profile, "instrument": instrument, "a": a, "b": b, "main": main, **row})
            if main and agents.kind[a] == agents.kind[b]:
                kept.setdefault(agents.kind[a], []).append(drawn)
        for kind, found in kept.items():
            units = [profiles[name].units - 1 for name in agents.main(profiles) if agents.kind[name] == kind]
            spreads[f"{profile}_r", instrument, kind] = Spread.of(
                found, max(units) if profile == "enacted" else sum(units)
            )
    return conform(CrossCorrelations, rows, where="cross-correlations"), spreads


def summaries(spreads: Spreads, draws: Draws, seed: int) -> pl.DataFrame:
    """Table Summaries: a mean with four intervals, which answer four questions.

    For these respondents and these values: from the draws. For the values as a sample, and for the respondents as a
    sample of their kind: the jackknife over the one or the other (of pairs: without all pairs of a respondent, J. N.
    Arvesen, Annals of Mathematical Statistics 40, 1969). For scenarios and respondents both: the pigeonhole bootstrap.
    """
    rows = []
    for (statistic, instrument, kind), spread in spreads.items():
        low = high = None
        mean = spread.mean
        if spread.drawn is not None and spread.freedom > 0 and not np.isnan(spread.drawn).any():
            low, high = draws.correlation_interval(
                mean, spread.drawn.mean(axis=1), spread.freedom, spread.reliability
            )
        of_values = of_respondents = of_both = None
        if spread.drawn is not None and not np.isnan(spread.drawn).any():
            rng = generator(seed, f"respondents of {statistic} {instrument} {kind}")
            of_both = pigeonhole.interval(mean, spread.drawn, spread.respondents, draws.confidence, rng)
        if spread.without_value is not None:
            of_values = jackknife_interval(mean, spread.without_value, draws.confidence)
        if len(spread.estimates) > 1:
            of_respondents = jackknife_interval(mean, spread.without_respondent(), draws.confidence)
        rows.append(
            {
                "value_low": of_values and of_values[0],
                "value_high": of_values and of_values[1],
                "respondent_low": of_respondents and of_respondents[0],
                "respondent_high": of_respondents and of_respondents[1],
                "both_low": of_both and of_both[0],
                "both_high": of_both and of_both[1],
                "statistic": statistic,
                "instrument": instrument,
                "kind": kind,
                "n": len(spread.estimates),
                "min": float(spread.estimates.min()),
                "mean": mean,
                "max": float(spread.estimates.max()),
                "low": low,
                "high": high,
            }
        )
    return conform(Summaries, rows, where="summaries")


def _say_none(profile: str, instrument: str, notes: Notebook) -> None:
    notes.add(
        "cross_correlations",
        EVERYTHING,
        f"no_{profile}_pairs_{instrument}",
        f"Fewer than two agents have {profile} profiles ({instrument}) that vary, so that there is nothing to "
        "correlate.",
    )


def profile_of(numbers: Array, drawn: Array | None, units: int) -> Profile:
    return Profile(numbers, drawn, units, reliability(numbers, drawn))


def pair(
    names: tuple[str, str], profiles: tuple[Profile, Profile], together: bool, draws: Draws
) -> tuple[dict[str, float | None], Drawn]:
    """``together``: the two are drawn together, and are no independent sources of error."""
    a, b = profiles
    without = without_each(a.numbers, b.numbers)
    r = float(rowwise(a.numbers, b.numbers))
    rho = float(rowwise(ranks(a.numbers), ranks(b.numbers)))
    row: dict[str, float | None] = {"r": r, "low": None, "high": None, "spearman": rho}
    if a.drawn is None or b.drawn is None or min(a.units, b.units) < 2:
        return row, Drawn(r, names, None, without_value=without)
    drawn = rowwise(a.drawn, b.drawn)
    if np.isnan(drawn).any() or np.isnan(r):
        return row, Drawn(r, names, None, without_value=without)
    df: float = min(a.units, b.units) - 1
    if not together:
        df = freedom(
            (rowwise(a.drawn, b.numbers).var(), a.units), (rowwise(a.numbers, b.drawn).var(), b.units)
        )
    row["low"], row["high"] = correlation_interval(
        a.numbers, b.numbers, a.drawn, b.drawn, freedom=df, confidence=draws.confidence
    )
    return row, Drawn(r, names, drawn, a.reliability * b.reliability, without)


def _sides(pairs: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [i for i, _ in pairs], [j for _, j in pairs]
