"""One agent asked in two languages, of which the second shifts one value by known log odds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.analyse import families
from pipeline.analyse.agents import Agents
from pipeline.analyse.declared import administrations
from pipeline.analyse.declared_languages import declared_language_effects
from pipeline.analyse.notes import Notebook
from pipeline.analyse.study import Scored
from pipeline.instruments import load
from pipeline.params.analysis import Analysis
from pipeline.tables import ANALYSIS_TABLES
from services.simulated_study import SLUGS, Truth, study

SHIFTED = "tradition"


def utilities_of(rng: np.random.Generator, effect: float) -> np.ndarray:
    """Of both languages (2 x 10)."""
    found = np.tile(rng.normal(0, 0.8, len(SLUGS)), (2, 1))
    found[1, SLUGS.index(SHIFTED)] += effect
    return found


def in_two_languages(
    rng: np.random.Generator, utilities: np.ndarray, scenarios: int, pull: float = 0.7
) -> Scored:
    """m00 in English and m01 in Chinese, default mode in two wordings."""
    what = Truth(utilities, np.full(utilities.shape, 3.5), pull=pull)
    scored = study(what, rng, scenarios=scenarios, administrations=2, modes=("default",))
    chinese = pl.col("respondent") == "m01"
    return replace(
        scored,
        choices=scored.choices.with_columns(
            language=pl.when(chinese).then(pl.lit("zh")).otherwise(pl.lit("en"))
        ),
        respondents=scored.respondents.with_columns(
            agent=pl.lit("one"), condition=pl.Series(["main", "language zh"])
        ),
    )


def declared_in_two_languages(
    rng: np.random.Generator, effect: float, moved: float = 0.3, administrations: int = 10
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """InstrumentScores and InstrumentAnswers of m00 in English and m01 in Chinese, whose items of Tradition lie
    higher by ``effect``. All answers move by ``moved``, and each item by what its translation does to it (sd .4).
    Answers are not rounded, so that the truth is known."""
    instrument = load("pvq40")
    items = list(instrument.items)
    value = np.array([instrument.value_of[item] for item in items])
    level = rng.normal(3.8, 0.7, len(items))
    chinese = level + moved + effect * (value == SHIFTED) + rng.normal(0, 0.4, len(items))
    n, answers, scores = administrations, [], []
    for name, language, means in (("m00", "en", level), ("m01", "zh", chinese)):
        said = means + rng.normal(0, 0.3, (n, len(items)))
        key = {"respondent": name, "instrument": "pvq40"}
        answers.append(
            pl.DataFrame({"administration": np.repeat(np.arange(1, n + 1), len(items))}).with_columns(
                **{column: pl.lit(text) for column, text in key.items()},
                item=pl.Series(np.tile(items, n)),
                language=pl.lit(language),
                wording=1 + pl.col("administration") % 2,
                shuffle=1 + pl.col("administration") // 2,
                answer=pl.Series(said.ravel()),
            )
        )
        for slug in SLUGS:
            mean = said[:, value == slug].mean(axis=1)
            scores.append(
                pl.DataFrame({"administration": np.arange(1, n + 1), "mean": mean}).with_columns(
                    **{column: pl.lit(text) for column, text in key.items()},
                    value=pl.lit(slug),
                    centred=pl.col("mean") - pl.Series(said.mean(axis=1)),
                )
            )
    return pl.concat(scores), pl.concat(answers)


def declared_effects(rng: np.random.Generator, effect: float, **shown: str) -> pl.DataFrame:
    """Table DeclaredLanguageEffects of such answers, p corrected; ``shown`` replaces columns of the answers."""
    scores, answers = declared_in_two_languages(rng, effect)
    answers = answers.with_columns(**{name: pl.lit(text) for name, text in shown.items()})
    sat = administrations(scores, answers, Analysis(draws=200), 1, Notebook())
    kinds, conditions = dict.fromkeys(("m00", "m01"), "model"), {"m00": "main", "m01": "language zh"}
    found = declared_language_effects(sat, Agents(kinds, dict.fromkeys(kinds, "one"), conditions), 0.95)
    empty = {name: schema.create_empty() for name, schema in ANALYSIS_TABLES.items()}
    return families.correct(empty | {"declared_language_effects": found})["declared_language_effects"]
