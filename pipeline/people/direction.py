"""Whether answers to an instrument look coded the other way than the instrument codes them."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline import values
from pipeline.instruments import load
from pipeline.score.scoring import score_instruments

# The order in which samples of all countries rank the ten values, from the first (S. H. Schwartz and A. Bardi, "Value
# hierarchies across cultures", Journal of Cross-Cultural Psychology 32, 2001).
ORDER = (
    "benevolence",
    "self_direction",
    "universalism",
    "security",
    "conformity",
    "achievement",
    "hedonism",
    "stimulation",
    "tradition",
    "power",
)
TEN = "schwartz10"
# A sample whose means go against that order as clearly as this is hardly one.
AGAINST = -0.4
ENOUGH = 5


def looks_reversed(answers: pl.DataFrame) -> list[tuple[str, float]]:
    """Instrument and r of the mean profile with the order of values everywhere, where r is below AGAINST.

    Of instruments that ask for the ten values or finer ones, from ENOUGH respondents on.
    """
    found = []
    for (name,), part in sorted(answers.partition_by("instrument", as_dict=True).items()):
        members = load(str(name)).inventory.members(values.load(TEN))
        if members is None or part["respondent"].n_unique() < ENOUGH:
            continue
        means = dict(score_instruments(part).group_by("value").agg(pl.col("mean").mean()).iter_rows())
        profile = [_mean([means.get(fine) for fine in members.get(value, ())]) for value in ORDER]
        if None in profile or np.ptp(np.array(profile, dtype=float)) == 0:
            continue
        r = float(np.corrcoef(np.array(profile, dtype=float), -np.arange(len(ORDER)))[0, 1])
        if r < AGAINST:
            found.append((str(name), r))
    return found


def _mean(numbers: list[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None
