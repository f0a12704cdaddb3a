"""Do 95 % intervals cover the truth in 95 % of studies, and do tests reject a true null in 5 %?

Simulates studies from a known truth and analyses each with the library's own code. Two kinds of studies: with
differences everywhere (coverage of every interval), and with preferences that have nothing to do with what is declared,
and no other difference (rejections of every test at 5 %). Scenarios
pull all answers to them their own way, so that answers are not independent; the truth is that of the population of
scenarios, computed from a hundred thousand of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import polars as pl

from pipeline.analyse import (
    accuracy,
    agreement,
    answers,
    between,
    correlation,
    declared,
    drops,
    gap,
    logit,
    positions,
    profiles,
    reliability,
    wordings,
)
from pipeline.analyse.agents import Agents
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.choice_model import Group, fit
from pipeline.analyse.luce import softmax
from pipeline.analyse.notes import Notebook
from pipeline.core import progress
from pipeline.params.analysis import Analysis
from pipeline.values import load as load_inventory

TEN = load_inventory("schwartz10")
SLUGS = TEN.slugs

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from services.simulated_study import DEAL, Scored, Truth, study, truth  # noqa: E402

RESPONDENTS = 3
MANY_SCENARIOS = 100_000
TESTS = {
    "gaps": ("fisher_p", "permutation_p", "spearman_p", "circle_p"),
    "drops": ("cluster_p",),
    "positions": ("p", "joint_p"),
    "wordings": ("p",),
    "conditional_logit": ("p",),
}


@click.command()
@click.option("--studies", default=500, show_default=True)
@click.option("--scenarios", default=200, show_default=True, help="Scenarios of a study.")
@click.option("--administrations", default=10, show_default=True, help="PVQ administrations of a respondent.")
@click.option("--draws", default=1000, show_default=True, help="Bootstrap draws.")
@click.option("--quick", is_flag=True, help="Six small studies, written nowhere: does it run at all?")
@click.option("--out", default="benchmarks/results/coverage.json", show_default=True, type=Path)
def main(studies: int, scenarios: int, administrations: int, draws: int, quick: bool, out: Path) -> None:
    if quick:
        studies, scenarios, draws = 6, 40, 300
    rng = np.random.default_rng(15_000)
    settings = Analysis(draws=draws)
    covered: dict[str, list[float]] = {}
    rejected: dict[str, list[float]] = {}
    what = truth(RESPONDENTS, rng)
    true = population(what, rng)
    with progress.track("coverage", total=studies, unit="studies") as bar:
        for n in range(studies):
            scored = study(what, rng, scenarios=scenarios, administrations=administrations)
            tables = measure(scored, settings, n)
            true["conditional_logit"] = given_scores(true["choices"], scored)
            for name, hits in coverage(tables, true):
                covered.setdefault(name, []).append(hits)
            tables = measure(
                study(nothing(rng), rng, scenarios=scenarios, administrations=administrations), settings, n
            )
            for name, hits in rejections(tables):
                rejected.setdefault(name, []).append(hits)
            covered.setdefault("gaps: fisher", []).append(fisher(rng, n))
            bar.advance()
    result = {
        "studies": studies,
        "scenarios": scenarios,
        "administrations": administrations,
        "draws": draws,
        "coverage": summary(covered),
        "rejections": summary(rejected),
    }
    if not quick:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, indent=1))


def nothing(rng: np.random.Generator) -> Truth:
    """Values are preferred, and declared by chance; selection and adoption are equally good, nothing is biased.

    Without preferences there is no test of the gap: choices that are all chance have no profile.
    """
    means = np.clip(rng.normal(3.8, 0.8, (RESPONDENTS, len(SLUGS))), 1.5, 5.5)
    return Truth(rng.normal(0, 0.8, means.shape), means, knows=(0.85, 0.85))


def measure(scored: Scored, settings: Analysis, seed: int) -> dict[str, pl.DataFrame]:
    notes = Notebook()
    agents = Agents.of(scored.respondents)
    coded = answers.encode(scored.choices, scored.options, scored.questions, TEN)
    draws = Draws.of(coded.material.scenarios, settings.draws, settings.confidence, seed)
    enacted = profiles.enacted(coded, draws)
    sat = declared.administrations(scored.instrument_scores, scored.instrument_answers, settings, seed, notes)
    reliable = reliability.reliability(coded, sat, seed, notes)
    gaps, spreads = gap.gaps(enacted, sat, TEN, agents, reliable, draws, seed, notes)
    cross, of_pairs = between.correlate(enacted, sat, agents, draws, notes)
    agreed, of_agreement = agreement.agreement(coded, agents, draws, notes)
    return {
        "profiles": profiles.profiles(coded, draws, notes).filter(
            pl.col("mode") == "default", pl.col("category") == "all", pl.col("wording") == 0
        ),
        "declared": declared.declared_profiles(sat, settings, notes).filter(pl.col("level") == "basic"),
        "gaps": gaps,
        "cross_correlations": cross,
        "agreement": agreed.filter(pl.col("mode") == "default"),
        "summaries": between.summaries(spreads | of_pairs | of_agreement, draws, seed),
        "accuracy": accuracy.accuracy(coded, draws, notes).filter(pl.col("wording") == 0),
        "drops": drops.drops(coded, draws, notes),
        "positions": positions.positions(coded, draws, notes),
        "wordings": wordings.wordings(coded, draws, notes),
        "conditional_logit": logit.conditional_logit(coded, sat, agents, settings.confidence, notes),
    }


def population(what: Truth, rng: np.random.Generator) -> dict[str, dict]:
    """The truth of every statistic by its key."""
    n = len(what.utilities)
    deal = np.array([rng.permutation(len(SLUGS))[np.array(DEAL)] for _ in range(MANY_SCENARIOS)])
    pull = rng.normal(0, what.pull, (MANY_SCENARIOS, len(SLUGS)))
    p = np.array([softmax(np.take_along_axis((u + pull)[:, None, :], deal, axis=2)) for u in what.utilities])
    noisy = what.declared[:, None, :] + rng.normal(0, what.scatter, (n, 200_000, len(SLUGS)))
    return truths(p, deal, np.clip(noisy, 1, 6).mean(axis=1), what.knows)


def truths(
    p: np.ndarray, deal: np.ndarray, means: np.ndarray, knows: tuple[float, float], copied: float = 0.0
) -> dict[str, dict]:
    """From the chances of the options (respondents x scenarios x 5 x 4) and their values (scenarios x 5 x 4), declared
    means (respondents x 10), the share that knows the target by mode, and the share of second answers that repeat the
    first."""
    n = len(p)
    names = [f"m{i:02}" for i in range(n)]
    shares = np.array([np.bincount(deal.ravel(), weights=one.ravel()) for one in p])
    shares /= shares.sum(axis=1, keepdims=True)
    order = np.sort(deal, axis=2)
    sets, which = np.unique(order.reshape(-1, 4), axis=0, return_inverse=True)
    slots = np.argsort(np.argsort(deal, axis=2), axis=2).reshape(-1, 4)
    expected = [
        np.array(
            [
                np.bincount(which.ravel(), weights=(one.reshape(-1, 4) * (slots == k)).sum(axis=1))
                for k in range(4)
            ]
        ).T
        for one in p
    ]
    luce = [softmax(fit([Group(sets, c, np.eye(len(SLUGS)))]).coefficients) for c in expected]
    by_target = [np.array([one[deal == v].mean() for v in range(len(SLUGS))]) for one in p]
    r = [correlation.pearson(s, m) for s, m in zip(shares, means, strict=True)]
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    alike = {(a, b): float((p[a] * p[b]).sum(axis=-1).mean()) for a in range(n) for b in range(a, n)}
    alike |= {(a, a): copied + (1 - copied) * alike[a, a] for a in range(n)}
    right = {
        (name, m, slug): k + (1 - k) * t[v]
        for m, k in zip(("selection", "adoption"), knows, strict=True)
        for name, t in zip(names, by_target, strict=True)
        for v, slug in enumerate(SLUGS)
    }
    keys = [(name, slug) for name in names for slug in SLUGS]
    return {
        "profiles: share of choices": dict(zip(keys, shares.ravel(), strict=True)),
        "profiles: Luce": dict(zip(keys, np.ravel(luce), strict=True)),
        "declared": dict(zip(keys, means.ravel(), strict=True)),
        "gaps": dict(zip(names, r, strict=True)),
        "cross_correlations: enacted": {
            (names[a], names[b]): correlation.pearson(shares[a], shares[b]) for a, b in pairs
        },
        "cross_correlations: declared": {
            (names[a], names[b]): correlation.pearson(means[a], means[b]) for a, b in pairs
        },
        "summaries": {
            "declared_enacted_r": float(np.mean(r)),
            "enacted_r": _mean([correlation.pearson(shares[a], shares[b]) for a, b in pairs]),
            "declared_r": _mean([correlation.pearson(means[a], means[b]) for a, b in pairs]),
            "agreement_within": _mean([alike[a, a] for a in range(n)]),
            "agreement_between": _mean([alike[pair] for pair in pairs]),
        },
        "agreement": {(names[a], names[b]): share for (a, b), share in alike.items()},
        "accuracy": right,
        "drops": {(name, v): right[name, "selection", v] - right[name, "adoption", v] for name, v in keys},
        "choices": {name: (sets, counts) for name, counts in zip(names, expected, strict=True)},
    }


def _mean(numbers: list) -> float:
    return float(np.mean(numbers)) if numbers else float("nan")


def given_scores(choices: dict[str, tuple], scored: Scored) -> dict[str, float]:
    """True coefficients of the conditional logit for the declared scores that the study measured."""
    groups, beside = {}, []
    for name, (sets, counts) in choices.items():
        own = scored.instrument_scores.filter(pl.col("respondent") == name)
        z = (
            own.group_by("value", maintain_order=True)
            .agg(pl.col("centred").mean())["centred"]
            .to_numpy()[:, None]
        )
        groups[name] = Group(sets, counts, z)
        beside.append(Group(sets, counts, np.hstack([z, np.eye(len(SLUGS))[:, 1:]])))
    true = {name: fit([group]).coefficients[0] for name, group in groups.items()}
    true["model declared"] = fit(list(groups.values())).coefficients[0]
    true["model declared_and_values"] = fit(beside).coefficients[0]
    return true


def coverage(tables: dict[str, pl.DataFrame], true: dict[str, dict]) -> Iterator[tuple[str, float]]:
    """Name of a statistic, and the share of its intervals in this study that hold the truth."""

    def held(name: str, rows: Iterator, key, low: str = "low", high: str = "high") -> tuple[str, float]:
        """nan where the study has no such interval."""
        hits = [
            row[low] <= true[name][key(row)] <= row[high]
            for row in rows
            if row[low] is not None and key(row) in true[name]
        ]
        return name, _mean(hits)

    def pair(row: dict) -> tuple[str, str]:
        return row["a"], row["b"]

    def value(row: dict) -> tuple[str, str]:
        return row["respondent"], row["value"]

    rows = {name: table.to_dicts() for name, table in tables.items()}
    yield held("profiles: share of choices", rows["profiles"], value)
    yield held("profiles: Luce", rows["profiles"], value, "luce_low", "luce_high")
    yield held("declared", rows["declared"], value)
    yield held("gaps", rows["gaps"], lambda row: row["respondent"])
    for kind in ("enacted", "declared"):
        of_kind = [row for row in rows["cross_correlations"] if row["kind"] == kind]
        yield held(f"cross_correlations: {kind}", of_kind, pair)
    for row in rows["summaries"]:
        for whose, unit in (
            ("summaries", ""),
            ("of_respondents", "respondent_"),
            ("of_respondents", "both_"),
        ):
            of = true.get(whose, {}).get(row["statistic"])
            if of is not None and row[f"{unit}low"] is not None:
                name = f"summaries: {row['statistic']}{unit and f', {unit[:-1]}'}"
                yield name, float(row[f"{unit}low"] <= of <= row[f"{unit}high"])
    yield held("agreement", rows["agreement"], pair)
    yield held("accuracy", rows["accuracy"], lambda row: (row["respondent"], row["mode"], row["value"]))
    yield held("drops", rows["drops"], value)
    yield held(
        "conditional_logit",
        rows["conditional_logit"],
        lambda row: row["name"] if row["scope"] == "respondent" else f"{row['name']} {row['model']}",
        "scenario_low",
        "scenario_high",
    )


def rejections(tables: dict[str, pl.DataFrame]) -> Iterator[tuple[str, float]]:
    """Name of a test, and the share of its p values in this study that are below 5 %."""
    for name, columns in TESTS.items():
        for column in columns:
            p = tables[name].filter(pl.col("value") == "all") if name == "drops" else tables[name]
            if name == "conditional_logit":
                p = p.filter(pl.col("model") == "declared")
            if (of := p[column].drop_nulls()).len():
                yield f"{name}: {column}", float((of <= 0.05).mean())
    each = tables["drops"].filter(pl.col("value") != "all", pl.col("cluster_p").is_not_null())
    if each.is_empty():
        return
    yield "drops: cluster_p of a value", float((each["cluster_p"].drop_nulls() < 0.05).mean())


def fisher(rng: np.random.Generator, seed: int) -> float:
    """Fisher's interval with the ten values as a sample of values whose true r is .3."""
    x, y = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], len(SLUGS)).T
    found = correlation.tested(x, y, 0.95, seed)
    return float(found.low <= 0.3 <= found.high)


def summary(hits: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Mean over studies, and its standard error."""
    found = {}
    for name, every in hits.items():
        of = [one for one in every if not np.isnan(one)]
        if len(of) > 1:
            error = np.std(of, ddof=1) / len(of) ** 0.5
            found[name] = {"share": round(float(np.mean(of)), 4), "standard_error": round(float(error), 4)}
    return found


if __name__ == "__main__":
    main()
