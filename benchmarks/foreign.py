"""Do intervals and tests hold where answers come from elsewhere than our simulated respondents?

Eight generators that break what the analysis might lean on: normal noise and effects of scenarios that go together
round the circle (multinomial probit), scenarios of a few classes, actions that everybody prefers, answers that repeat
those under another wording, effects with heavy tails, a few scenarios with nearly all of the variance, questions that
nobody doubts, profiles that are smooth round the circle. A new truth in every study; what is declared has nothing to do
with what is preferred, both targeted modes are equally good, and no letter or wording does anything, so that each study
serves for coverage and for every null.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import polars as pl
from scipy import stats

from benchmarks import coverage
from benchmarks.coverage import (
    DEAL,
    SLUGS,
    Scored,
    Truth,
    given_scores,
    measure,
    rejections,
    study,
    summary,
    truths,
)
from pipeline.analyse import correlation
from pipeline.analyse.luce import softmax
from pipeline.core import progress
from pipeline.params.analysis import Analysis

Array = np.ndarray
Rng = np.random.Generator
VALUES, KNOWS = len(SLUGS), (0.85, 0.85)
ROTATIONS = ("1234", "2341", "3412", "4123")
CIRCLE = np.exp(-np.minimum(d := np.abs(np.subtract.outer(range(10), range(10))), 10 - d) / 2.0)
# What scenarios of four classes add to each value: the same for a study and for the population that it is drawn from.
CLASSES = np.random.default_rng(4).normal(0, 1.2, (4, VALUES))
# Scenarios and respondents of a study, and studies of each generator: all, and with --quick.
SIZES = ((30, 3, 10, 1), (200, 3, 10, 1), (3000, 1, 1, 0))
POPULATION = {30: 8_000, 200: 20_000, 3000: 60_000}


@dataclass(frozen=True, slots=True)
class Generator:
    """``utilities`` (scenarios x 5 x 4, of one respondent from its weights of the values); ``shared`` draws what of the
    scenarios all respondents share (with the options' values). ``smooth``: profiles go round the circle. ``copied``:
    share of second answers that repeat the first."""

    shared: Callable[[Array, Rng], Array]
    noise: Callable[[Array], Array] = softmax
    smooth: bool = False
    copied: float = 0.0


def of_values(effects: Array, deal: Array) -> Array:
    """Effects of scenarios on values (scenarios x 10) as effects on options."""
    return np.take_along_axis(effects[:, None, :], deal, axis=2)


def probit(u: Array) -> Array:
    """Chances with independent normal noise, by Gauss and Hermite: each option the largest of four."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    found = np.zeros_like(u)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        below = stats.norm.cdf(u[..., :, None] - u[..., None, :] + node)
        found += weight * below.prod(axis=-1) / stats.norm.cdf(node)
    return found / found.sum(axis=-1, keepdims=True)


def classes(deal: Array, rng: Rng) -> Array:
    return of_values(CLASSES[rng.integers(0, 4, len(deal))], deal)


def rare(deal: Array, rng: Rng) -> Array:
    strong = np.where(rng.random((len(deal), 1)) < 0.1, 4.0, 0.2)
    return of_values(strong * rng.normal(size=(len(deal), VALUES)), deal)


GENERATORS = {
    "probit": Generator(
        lambda deal, rng: of_values(rng.multivariate_normal(np.zeros(10), CIRCLE, len(deal)), deal), probit
    ),
    "classes": Generator(classes),
    "popular action": Generator(lambda deal, rng: rng.normal(0, 2.0, deal.shape)),
    "copying": Generator(lambda deal, rng: rng.normal(0, 0.8, deal.shape), copied=0.6),
    "heavy tails": Generator(lambda deal, rng: of_values(rng.standard_t(2, (len(deal), VALUES)), deal)),
    "rare scenarios": Generator(rare),
    "no doubt": Generator(lambda deal, rng: rng.normal(0, 5.0, deal.shape)),
    "smooth circle": Generator(
        lambda deal, rng: of_values(rng.normal(0, 0.7, (len(deal), VALUES)), deal), smooth=True
    ),
}


@click.command()
@click.option("--quick", is_flag=True, help="One study of each generator at two sizes: does it run at all?")
@click.option("--draws", default=600, show_default=True, help="Bootstrap draws.")
@click.option("--out", default="benchmarks/results/foreign.json", show_default=True, type=Path)
def main(quick: bool, draws: int, out: Path) -> None:
    covered: dict[str, dict[str, dict[str, list[float]]]] = {}
    rejected: dict[str, dict[str, dict[str, list[float]]]] = {}
    settings = Analysis(draws=draws)
    sizes = [(s, r, few if quick else many) for s, r, many, few in SIZES if many and (few or not quick)]
    with progress.track("foreign", total=sum(n for *_, n in sizes) * len(GENERATORS), unit="studies") as bar:
        for scenarios, respondents, studies in sizes:
            for name, generator in GENERATORS.items():
                rng = np.random.default_rng([scenarios, respondents, len(name)])
                size = f"{scenarios} scenarios, {respondents} respondents"
                for n in range(studies):
                    tables, true = one(generator, scenarios, respondents, rng, settings, n)
                    for into, found in (
                        (covered, coverage.coverage(tables, true)),
                        (rejected, rejections(tables)),
                    ):
                        for statistic, share in found:
                            into.setdefault(size, {}).setdefault(name, {}).setdefault(statistic, []).append(
                                share
                            )
                    bar.advance(note=f"{name}, {size}")
            result = {"draws": draws, "coverage": pooled(covered), "rejections": pooled(rejected)}
            if not quick:
                out.parent.mkdir(parents=True, exist_ok=True)
                out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{sum(n for *_, n in sizes) * len(GENERATORS)} studies")


def one(
    generator: Generator, scenarios: int, respondents: int, rng: Rng, settings: Analysis, seed: int
) -> tuple[dict[str, pl.DataFrame], dict[str, dict]]:
    """The tables of one study with a truth of its own, and that truth."""
    common = profile(generator, rng, 1)[0]
    weights = common + 0.5 * profile(generator, rng, respondents)
    declared = 3.8 + 0.8 * profile(generator, rng, respondents)
    size = POPULATION[scenarios]
    deal, p = chances(generator, weights, size, rng)
    true = truths(p, deal, declared, KNOWS, generator.copied)
    if respondents > 10:
        true["of_respondents"] = of_respondents(generator, common, rng)
    scored = answered(generator, weights, declared, scenarios, rng)
    true["conditional_logit"] = given_scores(true["choices"], scored)
    return measure(scored, settings, seed), true


def profile(generator: Generator, rng: Rng, n: int) -> Array:
    if generator.smooth:
        return rng.multivariate_normal(np.zeros(VALUES), CIRCLE, n)
    return rng.normal(size=(n, VALUES))


def chances(generator: Generator, weights: Array, scenarios: int, rng: Rng) -> tuple[Array, Array]:
    """Values of the options (scenarios x 5 x 4) and every respondent's chances of them."""
    deal = np.array([rng.permutation(VALUES)[np.array(DEAL)] for _ in range(scenarios)])
    shared = generator.shared(deal, rng)
    return deal, np.array([generator.noise(0.8 * one[deal] + shared) for one in weights])


def of_respondents(generator: Generator, common: Array, rng: Rng) -> dict[str, float]:
    """Means over respondents in general, from a hundred of them."""
    n = 100
    deal, p = chances(generator, common + 0.5 * profile(generator, rng, n), 1500, rng)
    shares = np.array([np.bincount(deal.ravel(), weights=one.ravel()) for one in p])
    between = correlation.rowwise(shares[:, None, :], shares[None, :, :])
    flat = p.reshape(n, -1)
    same = flat @ flat.T / (deal.shape[0] * deal.shape[1])
    apart = ~np.eye(n, dtype=bool)
    within = generator.copied + (1 - generator.copied) * float(np.diag(same).mean())
    # What is declared is drawn apart from what is preferred.
    return {
        "declared_enacted_r": 0.0,
        "enacted_r": float(between[apart].mean()),
        "agreement_within": within,
        "agreement_between": float(same[apart].mean()),
    }


def answered(generator: Generator, weights: Array, declared: Array, scenarios: int, rng: Rng) -> Scored:
    """Two wordings, three modes, ten administrations whose errors have heavy tails."""
    made = study(
        Truth(weights, declared), rng, scenarios=scenarios, wordings=1, modes=("default",), administrations=10
    )
    options = made.options.sort("question_id", "position")
    place = {slug: n for n, slug in enumerate(SLUGS)}
    deal = options["value"].replace_strict(place).to_numpy().reshape(scenarios, 5, 4)
    target = options["is_target"].to_numpy().reshape(-1, 4).argmax(axis=1)
    shared = generator.shared(deal, rng)
    parts = []
    for number, own in enumerate(weights):
        p = generator.noise(0.8 * own[deal] + shared).reshape(-1, 4)
        for mode in ("default", "selection", "adoption"):
            parts += _of_mode(generator, p, f"m{number:02}", mode, target, deal.reshape(-1, 4), options, rng)
    scores = made.instrument_scores
    noise = 0.3 * rng.standard_t(3, scores.height)
    means = np.repeat(declared, 10, axis=0).ravel() + noise
    centred = (means.reshape(-1, VALUES) - means.reshape(-1, VALUES).mean(axis=1, keepdims=True)).ravel()
    scores = scores.with_columns(mean=pl.Series(means), centred=pl.Series(centred))
    return replace(made, choices=pl.concat(parts), options=options, instrument_scores=scores)


def _of_mode(generator, p, name, mode, target, deal, options, rng) -> list[pl.DataFrame]:
    questions = options["question_id"].unique(maintain_order=True)
    first, parts = None, []
    for wording in (1, 2):
        chosen = (p.cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1).clip(0, 3)
        if mode != "default":
            chosen = np.where(rng.random(len(p)) < KNOWS[0], target, chosen)
        elif first is not None:
            chosen = np.where(rng.random(len(p)) < generator.copied, first, chosen)
        first = chosen
        turn = rng.integers(0, 4, len(p))
        rows = np.arange(len(p))
        slugs = np.array(SLUGS)
        parts.append(
            pl.DataFrame(
                {
                    "respondent": name,
                    "mode": mode,
                    "language": "en",
                    "wording": wording,
                    "repeat": 1,
                    "question_id": questions,
                    "order": np.array(ROTATIONS)[turn],
                    "status": "answered",
                    "letter": np.array(list("ABCD"))[(chosen - turn) % 4],
                    "position": chosen + 1,
                    "value": slugs[deal[rows, chosen]],
                    "target_value": pl.Series([None] * len(p), dtype=pl.String)
                    if mode == "default"
                    else slugs[deal[rows, target]],
                }
            )
        )
    return parts


def pooled(found: dict[str, dict[str, dict[str, list[float]]]]) -> dict[str, dict]:
    """By size: each statistic over all generators, and its share under each."""
    result = {}
    for size, generators in found.items():
        together: dict[str, list[float]] = {}
        for statistics in generators.values():
            for statistic, shares in statistics.items():
                together.setdefault(statistic, []).extend(shares)
        result[size] = {
            statistic: figures
            | {
                "by_generator": {
                    name: round(float(np.nanmean(of[statistic])), 3)
                    for name, of in generators.items()
                    if statistic in of and not np.isnan(of[statistic]).all()
                }
            }
            for statistic, figures in summary(together).items()
        }
    return result


if __name__ == "__main__":
    main()
