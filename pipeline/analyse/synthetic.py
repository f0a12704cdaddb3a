"""Are scenarios that were written for the study answered as posts are? Each statistic on both, and the difference.

Nobody can have been trained on them. But they also differ from posts in how they are written, so that a difference of
one model says less than that of models from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import Answers
from pipeline.analyse.contamination import FEW, difference, tested
from pipeline.analyse.declared import Declarations
from pipeline.analyse.notes import Notebook
from pipeline.analyse.scenario_sums import by_scenario
from pipeline.tables import conform
from pipeline.tables.claims import Synthetic
from pipeline.tables.ids import is_synthetic


def synthetic(
    answers: Answers,
    declared: Declarations,
    numbers: Mapping[str, int],
    agents: Agents,
    confidence: float,
    notes: Notebook,
) -> pl.DataFrame:
    """Table Synthetic: authored less posts, Welch's interval over scenarios; ``numbers`` are the scenarios' in
    ``answers``. Empty without authored scenarios; a note where there are too few of either."""
    authored = np.zeros(answers.material.scenarios, dtype=bool)
    authored[[number for name, number in numbers.items() if is_synthetic(name)]] = True
    sides = int((~authored).sum()), int(authored.sum())
    if not authored.any() or authored.all():
        return Synthetic.create_empty()
    if min(sides) < FEW:
        notes.add(
            "synthetic",
            "all",
            "too_few",
            f"{sides[1]} authored scenarios beside {sides[0]} posts: {FEW} of each are the least to compare.",
        )
        return Synthetic.create_empty()
    rows: list[dict[str, Any]] = []
    for name, statistics in sorted(by_scenario(answers, declared, agents).items()):
        for statistic, sums in statistics.items():
            found = difference(sums, ~authored, authored)
            if found is None:
                continue
            test = tested(found.size, found.influence, ~authored, authored, confidence)
            rows.append(
                {
                    "respondent": name,
                    "kind": agents.kind[name],
                    "statistic": statistic,
                    "posts": sides[0],
                    "authored": sides[1],
                    "of_posts": found.before,
                    "of_authored": found.after,
                    "difference": found.size,
                    "low": test and test.low,
                    "high": test and test.high,
                    "p": test and test.p,
                }
            )
    empty = dict.fromkeys(Synthetic.create_empty().columns)
    return conform(Synthetic, [empty | row for row in rows], where="synthetic")
