"""Enacted values: shares of choices and Luce strengths, by respondent, mode, category and wording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.analyse import luce
from pipeline.analyse.answers import Answers, Array, Cell, part
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.choice_model import Fit
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.tables import Profiles, conform

ALL, ALL_WORDINGS = "all", 0


@dataclass(frozen=True, slots=True)
class Enacted:
    """A respondent's pooled profile in default mode: shares of choices (10), their draws (draws x 10), the number of
    scenarios and of choices, and the logarithms of the Luce strengths (10) where these exist."""

    respondent: str
    share: Array
    drawn: Array
    scenarios: int
    choices: int
    log_luce: Array | None


def profiles(answers: Answers, draws: Draws, notes: Notebook) -> pl.DataFrame:
    """Table Profiles: of every cell, pooled, by category and by condition."""
    rows = []
    for cell in _in_order(answers):
        parts = list(_parts(cell))
        fits = [luce.fitted(some) for *_, some in parts]
        if fits[0] is None:
            notes.add(
                "profiles",
                cell.respondent,
                f"no_luce_{cell.mode}",
                f"The Luce strengths of {cell.respondent} in {cell.mode} mode do not exist: some values were never "
                "chosen, or never against some others, so that no finite strengths explain the choices.",
            )
        sums = [_sums(some, found) for (*_, some), found in zip(parts, fits, strict=True)]
        totals = draws.totals(
            *((np.column_stack(each), some.scenarios) for each, (*_, some) in zip(sums, parts, strict=True))
        )
        for (category, language, wording, some), found, each, drawn in zip(
            parts, fits, sums, totals, strict=True
        ):
            key: dict[str, object] = {"respondent": cell.respondent, "mode": cell.mode}
            key |= {"category": category, "language": language, "wording": wording}
            rows += [key | row for row in _rows(some, found, each, drawn, draws)]
    if not rows:
        notes.add(
            "profiles",
            EVERYTHING,
            "no_answers",
            "No question has a valid answer, so that there are no profiles.",
        )
    return conform(Profiles, rows, where="profiles")


def enacted(answers: Answers, draws: Draws) -> dict[str, Enacted]:
    """The pooled profile in default mode of every respondent who has one."""
    found = {}
    for cell in answers.of("default"):
        chosen = cell.chosen(cell.pooled)
        share = chosen.sum(axis=0) / chosen.sum()
        (drawn,) = draws.totals((chosen, cell.scenarios))
        drawn = ratio(drawn, drawn.sum(axis=1, keepdims=True))
        # A draw that holds none of a person's few scenarios says nothing.
        drawn = np.where(np.isnan(drawn), share, drawn)
        fitted = luce.fitted(cell)
        found[cell.respondent] = Enacted(
            cell.respondent,
            share,
            drawn,
            len(cell.scenarios),
            int(chosen.sum()),
            fitted.coefficients if fitted else None,
        )
    return found


def _in_order(answers: Answers) -> Sequence[Cell]:
    return [cell for _, cell in sorted(answers.cells.items())]


def _parts(cell: Cell) -> Iterator[tuple[str, str, int, Cell]]:
    """The cell as a whole, each category of it, and each condition of it."""
    yield ALL, ALL, ALL_WORDINGS, cell
    categories = cell.material.category_of[cell.questions]
    for number in np.unique(categories):
        yield cell.material.categories[number], ALL, ALL_WORDINGS, part(cell, questions=categories == number)
    for number, (language, wording) in enumerate(cell.conditions):
        yield ALL, language, wording, part(cell, condition=number)


def _sums(cell: Cell, found: Fit | None) -> tuple[Array, ...]:
    """By scenario: choices, how often each value was chosen and shown, and the scores of the Luce strengths."""
    chosen = cell.chosen(cell.pooled)
    scores = np.zeros((len(chosen), 0)) if found is None else luce.scores(cell, found)
    return chosen.sum(axis=1, keepdims=True), chosen, cell.shown(cell.pooled), scores


def _rows(
    cell: Cell, found: Fit | None, sums: tuple[Array, ...], drawn: Array, draws: Draws
) -> Iterator[dict[str, object]]:
    choices, chosen, shown, _ = sums
    of = np.split(drawn, np.cumsum([part.shape[1] for part in sums])[:-1], axis=1)
    low, high = draws.bounds_of_shares(chosen, choices, of[1], of[0])
    shown_low, shown_high = draws.bounds_of_shares(chosen, shown, of[1], of[2])
    strengths = None if found is None else luce.strengths(cell, found, of[3], draws)
    total, times_shown, times = int(choices.sum()), shown.sum(axis=0), chosen.sum(axis=0)
    for n, value in enumerate(cell.material.inventory.slugs):
        yield {
            "value": value,
            "chosen": int(times[n]),
            "shown": int(times_shown[n]),
            "choices": total,
            "scenarios": len(cell.scenarios),
            "share_of_choices": times[n] / total,
            "low": finite(low[n]),
            "high": finite(high[n]),
            "share_of_shown": times[n] / times_shown[n] if times_shown[n] else None,
            "shown_low": finite(shown_low[n]),
            "shown_high": finite(shown_high[n]),
            "luce": finite(strengths.estimate[n]) if strengths else None,
            "luce_low": finite(strengths.low[n]) if strengths else None,
            "luce_high": finite(strengths.high[n]) if strengths else None,
        }
