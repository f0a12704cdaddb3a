"""Two respondents, or one in two releases or before and after a training, on the same questions: what has changed, and
by more than chance?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.accuracy import ALL, TARGETED, targeted, targets, with_all
from pipeline.analyse.agreement import Pair, between
from pipeline.analyse.answers import Array, Cell, Index, encode, tabulate
from pipeline.analyse.bootstrap import Draws, ratio
from pipeline.analyse.declared import Declared, administrations, comparable
from pipeline.analyse.notes import Notebook, finite
from pipeline.analyse.study import Scored
from pipeline.compare import change
from pipeline.core.errors import InputError
from pipeline.params.analysis import Analysis
from pipeline.statistics.holm import holm
from pipeline.tables import QUESTIONS, Comparisons, conform
from pipeline.tables.content import differs, some
from pipeline.tables.evaluation import prompts_of
from pipeline.values import Inventory

ONE, OTHER = "a", "b"
NO_BOUNDS = ((float("nan"),), (float("nan"),))
CONDITION = ["mode", "language", "wording"]


@dataclass(frozen=True, slots=True)
class Side:
    """A respondent of a set of scored tables; ``label`` is how people call it."""

    label: str
    respondent: str
    scored: Scored


def on(scored: Scored, scenarios: Collection[str], where: str) -> Scored:
    """The same, of these scenarios only; InputError where none of their questions is there."""
    questions = scored.questions.filter(pl.col("scenario_id").is_in(list(scenarios)))
    if questions.is_empty():
        raise InputError(
            f"none of the {len(scenarios):,} scenarios of the test was asked about",
            where=where,
            remedy="the training files must be those of the same release",
        )
    return replace(scored, questions=questions)


def compare(
    a: Side, b: Side, settings: Analysis, inventory: Inventory, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Table Comparisons (b less a), and table Notes.

    Both sides count on the questions that both answered with the same options, in the conditions that both were asked
    in (in all, where these have none in common). A question counts once, however often it was asked.
    """
    notes = Notebook()
    _prompts(a, b, notes)
    together = _together(a, b, notes)
    coded = encode(together.choices, together.options, together.questions, inventory)
    draws = Draws.of(max(coded.material.scenarios, 1), settings.draws, settings.confidence, seed)
    sat = administrations(together.instrument_scores, together.instrument_answers, settings, seed, notes)
    rows: list[dict[str, object]] = []
    first, second = (coded.cells.get((side, "default")) for side in (ONE, OTHER))
    declared = comparable(sat, inventory, "comparisons", notes)
    if first and second and (pair := between(first, second)):
        for of in declared.values():
            if ONE in of and OTHER in of:
                rows += change.gap((first, second), (of[ONE], of[OTHER]), draws, notes)
        rows += _shares(first, second, draws)
        rows.append(_same_answer(pair, draws))
    else:
        notes.add(
            "comparisons",
            "default",
            "no_common_question",
            "The two have no question in default mode in common.",
        )
    for mode in TARGETED:
        found = list(
            _accuracy(
                targeted(coded.rows).filter(pl.col("mode").cast(pl.String) == mode), mode, inventory, draws
            )
        )
        rows += found
        if not found:
            notes.add(
                "comparisons",
                mode,
                "no_common_question",
                f"The two have no question in {mode} mode in common.",
            )
    for mode in change.MEASURED:
        rows += _unanswered(coded.rows, mode, draws)
    both = [of for of in sat.values() if ONE in of and OTHER in of]
    for of in both:
        rows += _declared(of[ONE], of[OTHER], settings)
    if not both:
        notes.add(
            "comparisons", "declared", "no_instrument", "The two have no instrument in common that counts."
        )
    labelled = [{"a": a.label, "b": b.label, "instrument": QUESTIONS} | row for row in rows]
    return conform(Comparisons, labelled, where="comparison"), notes.table()


def _together(a: Side, b: Side, notes: Notebook) -> Scored:
    """Both sides' tables as one, respondents named ONE and OTHER, on common questions and conditions."""
    sides = [_of(a, ONE), _of(b, OTHER)]
    same, changed = _same(*sides)
    if changed:
        notes.add(
            "comparisons",
            "all",
            "options_changed",
            f"{len(changed):,} questions have the same id and read otherwise in the two releases, and are left out: "
            f"{some(changed)}.",
        )
    choices = [side.choices.join(same, on="question_id", how="semi") for side in sides]
    for mode in choices[0]["mode"].unique().sort():
        asked = [part.filter(pl.col("mode") == mode).select(CONDITION).unique() for part in choices]
        common = asked[0].join(asked[1], on=CONDITION, how="inner")
        if common.height:
            other = pl.col("mode") != mode
            choices = [
                pl.concat([part.filter(other), part.join(common, on=CONDITION, how="semi")])
                for part in choices
            ]
    first, second = sides
    return replace(
        first,
        choices=pl.concat(choices),
        instrument_answers=pl.concat([first.instrument_answers, second.instrument_answers]),
        instrument_scores=pl.concat([first.instrument_scores, second.instrument_scores]),
        options=first.options.join(same, on="question_id", how="semi"),
        questions=first.questions.join(same, on="question_id", how="semi"),
    )


def _prompts(a: Side, b: Side, notes: Notebook) -> None:
    """Says where the two were asked with other words: that, and no respondent, may be what differs."""
    told = []
    for side in (a, b):
        mine = side.scored.respondents.filter(pl.col("respondent") == side.respondent)
        told.append(prompts_of(mine["prompts"][0] if "prompts" in mine.columns and mine.height else None))
    for mode in sorted(told[0].keys() & told[1].keys()):
        if told[0][mode] != told[1][mode]:
            notes.add(
                "comparisons",
                mode,
                "other_prompts",
                f"In {mode} mode the two were asked with other prompts ({told[0][mode]}, {told[1][mode]}): a "
                "difference may be theirs.",
            )


def _same(first: Scored, second: Scored) -> tuple[pl.DataFrame, list[str]]:
    """The questions (question_id) that are the same on both sides, and those that only have the same id."""
    options = [
        side.options.select("question_id", "position", "action_id", "value") for side in (first, second)
    ]
    both = first.questions.select("question_id", "content_sha256").join(
        second.questions.select("question_id", content_sha256_now="content_sha256"),
        on="question_id",
        how="inner",
        validate="1:1",
    )
    moved = pl.concat(
        [options[n].join(options[1 - n], on=options[0].columns, how="anti") for n in (0, 1)]
    ).select("question_id")
    other = both.filter(differs() | pl.col("question_id").is_in(moved["question_id"].implode()))
    return both.join(other, on="question_id", how="anti").select("question_id"), other[
        "question_id"
    ].to_list()


def _of(side: Side, name: str) -> Scored:
    tables = {
        table: getattr(side.scored, table)
        .filter(pl.col("respondent") == side.respondent)
        .with_columns(respondent=pl.lit(name))
        for table in ("choices", "instrument_answers", "instrument_scores")
    }
    return replace(side.scored, **tables)


def _shares(first: Cell, second: Cell, draws: Draws) -> Iterator[dict[str, object]]:
    questions, *places = np.intersect1d(
        first.questions, second.questions, assume_unique=True, return_indices=True
    )
    both = []
    for cell, place in zip((first, second), places, strict=True):
        counts = cell.pooled[place]
        shares = counts / counts.sum(axis=1, keepdims=True)
        both.append(replace(cell, questions=questions, counts=shares[None], orders=cell.orders[:1, place]))
    a, b = (some.chosen(some.pooled) for some in both)
    slugs = first.material.inventory.slugs
    n = np.repeat(a.sum(axis=1, keepdims=True), len(slugs), axis=1)
    yield from _rows("share_of_choices", slugs, a, b, n, both[0].scenarios, draws)


def _accuracy(
    asked: pl.DataFrame, mode: str, inventory: Inventory, draws: Draws
) -> Iterator[dict[str, object]]:
    each = (
        asked.filter(pl.col("right").is_not_null())
        .group_by("respondent", "question", "scenario", "target")
        .agg(pl.col("right").mean())
    )
    key = ["question", "scenario", "target"]
    named = pl.col("respondent").cast(pl.String)
    pairs = each.filter(named == ONE).join(each.filter(named == OTHER), on=key, suffix="_b").sort(key)
    if pairs.is_empty():
        return
    scenarios, place = np.unique(pairs["scenario"].to_numpy(), return_inverse=True)
    target, shape = pairs["target"].to_numpy(), (len(scenarios), len(inventory))
    a, b = (with_all(tabulate(place, target, shape, pairs[name].to_numpy())) for name in ("right", "right_b"))
    yield from _rows(
        f"{mode}_accuracy",
        targets(inventory),
        a,
        b,
        with_all(tabulate(place, target, shape)),
        scenarios,
        draws,
    )


def _unanswered(asked: pl.DataFrame, mode: str, draws: Draws) -> Iterator[dict[str, object]]:
    pairs = change.unanswered(asked, mode, (ONE, OTHER))
    if pairs.is_empty():
        return
    scenarios, place = np.unique(pairs["scenario"].to_numpy(), return_inverse=True)
    none, shape = np.zeros(len(place), np.int64), (len(scenarios), 1)
    a, b = (tabulate(place, none, shape, pairs[name].to_numpy()) for name in ("without", "without_b"))
    yield from _rows(f"{mode}_unanswered", (ALL,), a, b, tabulate(place, none, shape), scenarios, draws)


def _rows(
    measure: str, values: tuple[str, ...], a: Array, b: Array, n: Array, scenarios: Index, draws: Draws
) -> Iterator[dict[str, object]]:
    """Differences of means over questions, from sums by scenario (scenarios x k); p by t over scenarios."""
    (totals,) = draws.totals((np.hstack([b - a, n]), scenarios))
    drawn = ratio(*np.hsplit(totals, 2))
    size = n.sum(axis=0)
    p = [_mean_is_zero((b - a)[n[:, i] > 0, i]) for i in range(len(values))]
    each = len(values) - (values[-1] == ALL)
    corrected = [*holm(p[:each]), *[None] * (len(values) - each)]
    for i, value in enumerate(values):
        if size[i]:
            # Without any difference every draw is 0, which says nothing about the next question.
            differ = bool((b - a)[:, i].any())
            low, high = draws.interval(drawn[:, i : i + 1], int((n[:, i] > 0).sum())) if differ else NO_BOUNDS
            estimates = a[:, i].sum() / size[i], b[:, i].sum() / size[i]
            yield _row(measure, value, round(size[i]), estimates, (low[0], high[0]), p[i], corrected[i])


def _same_answer(pair: Pair, draws: Draws) -> dict[str, object]:
    ((low, high),) = draws.share_intervals((pair.equal, pair.asked, pair.scenarios))
    row = _row("same_answer", "all", int(pair.asked.sum()), (None, None), (low[0], high[0]), None, None)
    return row | {"difference": pair.share}


def _declared(one: Declared, other: Declared, settings: Analysis) -> Iterator[dict[str, object]]:
    """Administrations of the two are independent samples: Welch's t."""
    few, slugs = min(len(one.means), len(other.means)), one.inventory.slugs
    found = (
        [stats.ttest_ind(other.means[:, i], one.means[:, i], equal_var=False) for i in range(len(slugs))]
        if few > 1
        else []
    )
    p = [finite(each.pvalue) for each in found] or [None] * len(slugs)
    corrected = holm(p)
    for i, value in enumerate(slugs):
        bounds = found[i].confidence_interval(settings.confidence) if found else (None, None)
        row = _row("declared", value, few, (one.mean[i], other.mean[i]), tuple(bounds), p[i], corrected[i])
        yield row | {"instrument": one.instrument.name}


def _row(
    measure: str,
    value: str,
    n: int,
    estimates: tuple[float | None, float | None],
    bounds: tuple[float | None, ...],
    p: float | None,
    corrected: float | None,
) -> dict[str, object]:
    a, b = estimates
    return {
        "measure": measure,
        "value": value,
        "n": n,
        "estimate_a": a,
        "estimate_b": b,
        "difference": None if a is None or b is None else b - a,
        "low": finite(bounds[0]),
        "high": finite(bounds[1]),
        "p": p,
        "holm_p": corrected,
    }


def _mean_is_zero(differences: Array) -> float | None:
    if len(differences) < 2 or np.ptp(differences) == 0:
        return None
    return float(stats.ttest_1samp(differences, 0).pvalue)
