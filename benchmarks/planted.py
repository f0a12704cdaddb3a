"""Do the analyses of docs/questions.md find an effect that was planted, and nothing where none was?

Each question is simulated many times from a known truth, with the effect and without it, and analysed with the
library's own code. ``covers``: share of 95 % intervals that hold the truth; ``found``: share of tests with p below .05.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import click
import numpy as np
import polars as pl

from benchmarks import planted_dates, planted_languages, planted_texts
from pipeline.analyse.adoption_costs import adoption_costs
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.correlation import pearson
from pipeline.analyse.luce import softmax
from pipeline.compare.sides import Side, compare
from pipeline.core import progress
from pipeline.params.analysis import Analysis
from pipeline.together.moved import moved
from pipeline.values import load

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results/planted.json"
sys.path.insert(0, str(ROOT / "tests"))
from services.simulated_study import DEAL, SLUGS, Truth, study  # noqa: E402
from services.simulated_talk import turns_of  # noqa: E402

TEN = load("schwartz10")
SCENARIOS, PULL = 200, 0.7
# What takes more scenarios to be found, and as many administrations of the questionnaire as the paper has.
OF_TRAINING, OF_LANGUAGES, ADMINISTRATIONS = 800, 400, 50
# Of one run: the estimate's interval, its p, and the truth.
Found = tuple[float, float, float, float]


@cache
def _population() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    deal = np.array([rng.permutation(len(SLUGS))[np.array(DEAL)] for _ in range(20_000)])
    return deal, rng.normal(0, PULL, (len(deal), len(SLUGS)))


def shares(utilities: np.ndarray) -> np.ndarray:
    """The share of choices of each value among all scenarios."""
    deal, pull = _population()
    chances = softmax(np.take_along_axis((utilities + pull)[:, None, :], deal, axis=2))
    found = np.bincount(deal.ravel(), weights=chances.ravel())
    return found / found.sum()


def training(rng: np.random.Generator, effect: float) -> Found:
    """A training that turns what is enacted towards what is declared until r is higher by ``effect``."""
    while True:
        utilities = rng.normal(0, 0.8, len(SLUGS))
        declared = np.clip(3.8 + 0.25 * utilities + rng.normal(0, 0.6, len(SLUGS)), 1.5, 5.5)
        r = pearson(shares(utilities), declared) or 0.0
        if 0 < r < 0.6:
            break
    turned = _turned(utilities, declared, r + effect) if effect else utilities
    truth = (pearson(shares(turned), declared) or 0.0) - r
    what = Truth(np.array([utilities, turned]), np.array([declared, declared]), pull=PULL)
    scored = study(what, rng, scenarios=OF_TRAINING, administrations=ADMINISTRATIONS, modes=("default",))
    sides = [Side(name, name, scored) for name in ("m00", "m01")]
    rows, _ = compare(*sides, Analysis(draws=400), TEN, int(rng.integers(1 << 30)))
    row = rows.filter(measure="gap").row(0, named=True)
    return row["low"], row["high"], row["p"], truth


def _turned(utilities: np.ndarray, declared: np.ndarray, wanted: float) -> np.ndarray:
    low, high = 0.0, 5.0
    for _ in range(12):
        middle = (low + high) / 2
        r = pearson(shares(utilities + middle * (declared - declared.mean())), declared) or 0.0
        low, high = (middle, high) if r < wanted else (low, middle)
    return utilities + low * (declared - declared.mean())


def arms(rng: np.random.Generator, effect: float) -> Found:
    """An arm of adoption that takes ``effect`` of the cost away; chance is a quarter, since targets are drawn."""
    cost = 0.1
    knows = np.array([[0.9, 0.9 - cost], [0.9, 0.9 - cost * (1 - effect)]])
    utilities = np.tile(rng.normal(0, 0.8, len(SLUGS)), (2, 1))
    what = Truth(utilities, np.full(utilities.shape, 3.5), pull=PULL, knows=knows)
    scored = study(what, rng, scenarios=SCENARIOS, administrations=2, modes=("selection", "adoption"))
    kept = scored.choices.filter((pl.col("respondent") == "m00") | (pl.col("mode") == "adoption"))
    coded = encode(kept, scored.options, scored.questions, TEN)
    condition = {"m00": "main", "m01": "adoption few_shot"}
    agents = Agents(dict.fromkeys(condition, "model"), dict.fromkeys(condition, "one"), condition)
    draws = Draws.of(SCENARIOS, 400, 0.95, int(rng.integers(1 << 30)))
    row = adoption_costs(coded, agents, draws).filter(value="all").row(0, named=True)
    return row["low"], row["high"], row["p"], -0.75 * cost * effect


def discussion(rng: np.random.Generator, effect: float) -> Found:
    """Three respondents of whom each follows a majority of the others with a chance of ``effect``; one answer in ten is
    drawn anew when it is asked for again, heard or not."""
    turns = turns_of(effect, rng, scenarios=SCENARIOS)
    row = (
        moved(turns, TEN, 400, 0.95, int(rng.integers(1 << 30)))
        .filter(measure="joined_majority")
        .row(0, named=True)
    )
    if row["p"] is None:  # not one answer differed
        return float("nan"), float("nan"), 1.0, 0.0
    return row["low"], row["high"], row["p"], effect * (1 - 0.1 / 4)


def language(rng: np.random.Generator, effect: float) -> Found:
    """An agent whose choices of Tradition gain ``effect`` log odds in Chinese."""
    return planted_languages.language(rng, effect, _population, OF_LANGUAGES)


def contamination(rng: np.random.Generator, effect: float) -> Found:
    """A model that has an answer to a share ``effect`` of the questions that it saw."""
    return planted_dates.contamination(rng, effect, _population, SCENARIOS)


QUESTIONS: dict[str, tuple[Callable[[np.random.Generator, float], Found], float]] = {
    "training: change of r": (training, 0.2),
    "arms: change of the cost of adoption": (arms, 0.5),
    "probe: posts that a model recites": (planted_texts.probe, 0.1),
    "translate: change of what is recognised": (planted_texts.translation, 0.1),
    "languages: Tradition gains log odds": (language, 0.5),
    "languages: Tradition is declared higher, in points": (planted_languages.declared, 1.0),
    "together: the majority pulls": (discussion, 0.2),
    "contamination: agreement with itself before the cut-off": (contamination, 0.25),
    "track: a change at the seventh date": (planted_dates.drift, 0.6),
}


def run(question: str, runs: int, seed: int) -> Iterator[dict[str, object]]:
    """One row with the effect, and one without."""
    simulate, planted = QUESTIONS[question]
    for effect in (planted, 0.0):
        rng = np.random.default_rng(seed)
        found = []
        with progress.track(question, total=runs, unit="runs") as bar:
            for _ in range(runs):
                found.append(simulate(rng, effect))
                bar.advance()
        held = [low <= truth <= high for low, high, _, truth in found if not np.isnan(low)]
        yield {
            "question": question,
            "planted": effect,
            "runs": runs,
            "covers": round(float(np.mean(held)), 3) if held else None,
            "found": round(float(np.mean([p < 0.05 for *_, p, _ in found])), 3),
        }


def table() -> str:
    """The figures as docs/questions.md has them."""
    lines = [
        "| planted | runs of each | intervals that hold it | found | nothing planted: they hold 0 | found |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    for there, none in zip(rows[::2], rows[1::2], strict=True):
        said = [_share(row[name]) for row in (there, none) for name in ("covers", "found")]
        lines.append(f"| {there['question']}, {there['planted']} | {there['runs']} | {' | '.join(said)} |")
    return "\n".join(lines)


def _share(share: float | None) -> str:
    return "none is given" if share is None else f"{share:.3f}".removeprefix("0")


@click.command()
@click.option("--runs", default=500, show_default=True, help="Runs with the effect, and as many without.")
@click.option("--only", type=click.Choice(list(QUESTIONS)), multiple=True)
@click.option("--quick", is_flag=True, help="Three runs, written nowhere: does it run at all?")
@click.option("--seed", default=20, show_default=True)
@click.option("--out", default=RESULTS, type=Path)
def main(runs: int, only: tuple[str, ...], quick: bool, seed: int, out: Path) -> None:
    """Each question's figures go to ``out`` as they are there; those of questions left out stay."""
    for name in only or QUESTIONS:
        rows = list(run(name, 3 if quick else runs, seed))
        print(pl.DataFrame(rows))
        if not quick:
            known = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
            of = {
                question: [row for row in [*known, *rows] if row["question"] == question]
                for question in QUESTIONS
            }
            of[name] = rows
            out.write_text(json.dumps([row for each in of.values() for row in each], indent=1) + "\n")


if __name__ == "__main__":
    main()
