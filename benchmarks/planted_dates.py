"""Planted effects of dates: a model that saw the posts before its training ended, and one that changes one day."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.contamination import contamination as compared
from pipeline.analyse.luce import softmax
from pipeline.analyse.notes import Notebook
from pipeline.params.claims import Contamination as Settings
from pipeline.series.monitor import monitor
from pipeline.values import load

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from services.simulated_study import SLUGS, Truth, study

TEN = load("schwartz10")
Population = Callable[[], tuple[np.ndarray, np.ndarray]]
Found = tuple[float, float, float, float]
# Posts of two days, between which the training data of the first model end; those of the others end after both.
FIRST, CUTOFF, LAST, LATE = (dt.date(year, 1, 1) for year in (2021, 2022, 2023, 2025))


def contamination(rng: np.random.Generator, effect: float, population: Population, scenarios: int) -> Found:
    """A model that knows one answer to a share ``effect`` of the questions whose posts it saw, and gives it in every
    wording; three others saw all posts. Truth: what it lacks of agreement with itself after the cut-off."""
    utilities = rng.normal(0, 0.8, len(SLUGS)) + rng.normal(0, 0.4, (4, len(SLUGS)))
    what = Truth(utilities, np.full(utilities.shape, 3.5), pull=0.7)
    scored = study(what, rng, scenarios=scenarios, administrations=2, modes=("default",))
    ids = scored.questions["scenario_id"].unique().sort()
    seen = ids.gather(rng.permutation(scenarios)[: scenarios // 2])
    known = scored.questions.filter(pl.col("scenario_id").is_in(seen.implode()))["question_id"]
    known = known.filter(pl.Series(rng.random(len(known)) < effect))
    coded = encode(_with_one_answer(scored.choices, known), scored.options, scored.questions, TEN)
    dates = {n: FIRST if name in set(seen) else LAST for n, name in enumerate(ids)}
    cutoffs = {name: {"date": LATE, "source": "simulated"} for name in scored.respondents["respondent"]}
    settings = Settings(cutoffs=cutoffs | {"m00": {"date": CUTOFF, "source": "simulated"}})
    agents = Agents.of(scored.respondents)
    found = compared(coded, {}, scored.respondents, dates, agents, settings, 0.95, Notebook())
    row = found.filter(respondent="m00", statistic="self_agreement").row(0, named=True)
    deal, pull = population()
    chances = softmax(np.take_along_axis((utilities[0] + pull)[:, None, :], deal, axis=2))
    alike = float((chances**2).sum(axis=2).mean())
    return row["excess_low"], row["excess_high"], row["p"], -effect * (1 - alike)


def _with_one_answer(choices: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """Of these questions m00 gives its first answer in every wording."""
    key = ["respondent", "mode", "question_id"]
    which = (pl.col("respondent") == "m00") & pl.col("question_id").is_in(known.implode())
    return choices.sort(*key, "wording").with_columns(
        pl.when(which).then(pl.col(name).first().over(key)).otherwise(pl.col(name)).alias(name)
        for name in ("position", "value")
    )


def drift(rng: np.random.Generator, effect: float) -> Found:
    """Twelve dates of a hundred questions, of which a baseline of three; from the seventh on a share ``effect`` of the
    answers is drawn from other preferences. p is 0 where an alarm comes; there is no interval."""
    questions, dates, baseline = 100, 12, 3
    sharp = rng.normal(0, 2.5, (2, questions, 4))
    chances = softmax(sharp)
    parts = []
    for n in range(dates):
        moved = (n >= 6) & (rng.random(questions) < effect)
        p = np.where(moved[:, None], chances[1], chances[0])
        chosen = (rng.random(questions)[:, None] > p.cumsum(axis=1)[:, :3]).sum(axis=1)
        parts.append(
            pl.DataFrame(
                {
                    "date": [dt.date(2027, 1, 1) + dt.timedelta(weeks=n)] * questions,
                    "question_id": [f"q{i}" for i in range(questions)],
                    "wording": 1,
                    "status": "answered",
                    "position": chosen + 1,
                    "value": [SLUGS[(3 * i + c) % 10] for i, c in enumerate(chosen)],
                }
            )
        )
    found = monitor(pl.concat(parts), TEN, baseline, arl=200)
    return float("nan"), float("nan"), 0.0 if found["alarm"].any() else 1.0, effect
