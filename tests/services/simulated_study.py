"""Studies whose truth is known: respondents who choose by Luce's rule, scenarios that favour values of their own.

A scenario pulls all respondents towards some values in all of its questions, so that its answers are no independent
cases: what cluster methods are for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analyse.study import Scored
from pipeline.tables import (
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Options,
    Ratings,
    Respondents,
)
from pipeline.values import load

SLUGS = load("schwartz10").slugs
CATEGORIES = ("Career & work", "Education & academy", "Ethics", "Financial & investment", "Relationships")
# Dealt values of one cycle of scenarios are enough: five questions of four, every value twice.
DEAL = ((2, 4, 5, 9), (0, 5, 6, 7), (1, 4, 6, 8), (3, 7, 8, 9), (0, 1, 2, 3))
ROTATIONS = ("1234", "2341", "3412", "4123")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a study is drawn from. ``utilities`` (respondents x 10) of the values, ``pull`` the standard deviation of a
    scenario's own; ``declared`` (respondents x 10) on the scale of the PVQ, ``scatter`` of one administration's means.
    ``bias`` is added to the utility of what is shown as A to D. Of those asked in selection or adoption mode a share
    ``knows`` chooses the target: of all, or (respondents x 2) of each."""

    utilities: NDArray[np.float64]
    declared: NDArray[np.float64]
    pull: float = 0.7
    scatter: float = 0.5
    bias: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    knows: tuple[float, float] | NDArray[np.float64] = (0.9, 0.85)


def truth(respondents: int, rng: np.random.Generator) -> Truth:
    """Utilities and declared means that correlate somewhat, as they do in people."""
    common = rng.normal(0, 0.8, len(SLUGS))
    utilities = common + rng.normal(0, 0.4, (respondents, len(SLUGS)))
    declared = np.clip(3.8 + 0.6 * utilities + rng.normal(0, 0.6, utilities.shape), 1.5, 5.5)
    return Truth(utilities, declared)


def study(
    what: Truth,
    rng: np.random.Generator,
    *,
    scenarios: int,
    wordings: int = 2,
    modes: tuple[str, ...] = ("default", "selection", "adoption"),
    administrations: int = 6,
    kind: str = "model",
) -> Scored:
    """The scored tables of one study; each wording shows the options in another rotation."""
    n = len(what.utilities)
    names = [f"m{i:02}" for i in range(n)]
    ids = np.array([f"s{i:010x}" for i in range(scenarios)])
    values = np.array([rng.permutation(len(SLUGS))[np.array(DEAL)] for _ in range(scenarios)])  # S x 5 x 4
    target = rng.integers(0, 4, (scenarios, 5))
    pull = rng.normal(0, what.pull, (scenarios, len(SLUGS)))
    question = np.array([[f"{s}.q{k}" for k in range(1, 6)] for s in ids]).ravel()
    parts = []
    for r, name in enumerate(names):
        for mode in modes:
            for w in range(wordings):
                parts.append(_answers(what, rng, name, r, mode, w, values, target, pull, question, ids))
    flat = values.reshape(-1)
    options = pl.DataFrame(
        {
            "question_id": np.repeat(question, 4),
            "position": np.tile(np.arange(1, 5), len(question)),
            "action_id": [_action(q, v) for q, v in zip(np.repeat(question, 4), flat, strict=True)],
            "value": np.array(SLUGS)[flat],
            "stance": "expresses",
            "generator": "g",
            "is_target": (np.arange(4) == target.reshape(-1, 1)).ravel(),
        }
    )
    questions = pl.DataFrame(
        {
            "question_id": question,
            "scenario_id": np.repeat(ids, 5),
            "category": np.repeat([CATEGORIES[i % 5] for i in range(scenarios)], 5),
        }
    )
    return Scored(
        Respondents.validate(
            pl.DataFrame(
                {
                    "respondent": names,
                    "kind": kind,
                    "group": "g",
                    "model": None,
                    "served_model": None,
                    "temperature": None,
                    "source": "invented",
                    "agent": names,
                    "condition": "main",
                    "answered_on": None,
                    "prompts": None,
                }
            ),
            cast=True,
        ),
        pl.concat(parts),
        *_pvq(what, rng, names, administrations),
        Ratings.create_empty(),
        Options.validate(options, cast=True),
        AskedQuestions.validate(questions.with_columns(content_sha256=pl.lit(None, pl.String)), cast=True),
    )


def _answers(what, rng, name, r, mode, w, values, target, pull, question, ids) -> pl.DataFrame:
    rotation = ROTATIONS[w % 4]
    shown = np.array([int(c) - 1 for c in rotation])
    utilities = what.utilities[r] + pull  # S x 10
    u = np.take_along_axis(utilities[:, None, :], values, axis=2)
    u = u + rng.gumbel(size=u.shape)
    u[:, :, shown] += np.array(what.bias)
    chosen = u.argmax(axis=2)
    asks = mode in ("selection", "adoption")
    if asks:
        knows = (
            rng.random(chosen.shape)
            < np.broadcast_to(what.knows, (len(what.utilities), 2))[r, int(mode == "adoption")]
        )
        chosen = np.where(knows, target, chosen)
    flat = chosen.ravel()
    value = np.take_along_axis(values, chosen[:, :, None], axis=2).ravel()
    wanted = np.take_along_axis(values, target[:, :, None], axis=2).ravel()
    slugs = np.array(SLUGS)
    return pl.DataFrame(
        {
            "respondent": name,
            "mode": mode,
            "language": "en",
            "wording": w + 1,
            "repeat": 1,
            "question_id": question,
            "scenario_id": np.repeat(ids, 5),
            "order": rotation,
            "status": "answered",
            "letter": np.array(list("ABCD"))[np.argsort(shown)[flat]],
            "position": flat + 1,
            "action_id": None,
            "value": slugs[value],
            "target_value": slugs[wanted] if asks else None,
            "raw": None,
            "request_key": None,
            "origin": None,
            "content_sha256": None,
        },
        schema=Choices.create_empty().schema,
        strict=False,
    )


def _pvq(what, rng, names, administrations) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Answers hold one item an administration, which is all that the analysis takes from them: the design."""
    keys = [(name, a) for name in names for a in range(1, administrations + 1)]
    answers = pl.DataFrame(
        {
            "respondent": [name for name, _ in keys],
            "instrument": "pvq40",
            "administration": [a for _, a in keys],
            "item": 1,
            "language": "en",
            "wording": [1 + a % 2 for _, a in keys],
            "shuffle": [1 + a // 2 for _, a in keys],
            "place": 1,
            "status": "answered",
            "answer": 3,
            "raw": None,
            "request_key": None,
            "origin": None,
        },
        schema=InstrumentAnswers.create_empty().schema,
        strict=False,
    )
    means = np.repeat(what.declared, administrations, axis=0)
    means = np.clip(means + rng.normal(0, what.scatter, means.shape), 1, 6)
    scores = pl.DataFrame(
        {
            "respondent": np.repeat([name for name, _ in keys], len(SLUGS)),
            "instrument": "pvq40",
            "administration": np.repeat([a for _, a in keys], len(SLUGS)),
            "value": np.tile(SLUGS, len(keys)),
            "items": 4,
            "mean": means.ravel(),
            "centred": (means - means.mean(axis=1, keepdims=True)).ravel(),
            "excluded": None,
        },
        schema=InstrumentScores.create_empty().schema,
        strict=False,
    )
    return answers, scores


def _action(question: str, value: int) -> str:
    scenario, number = question.split(".")
    return f"{scenario}.{SLUGS[value]}.{number}"
