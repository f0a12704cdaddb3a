"""Judgements beside what was intended: one answer and one expectation for all three tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.core.invariants import nothing_vanishes
from pipeline.tables import NONE, JudgementLedger, check_values, conform
from pipeline.tables.ids import ADJUDICATION, item_stem
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Judged:
    """``answers``: one row an answer, with the columns of its item, ``expected`` and ``matches``.

    ``skipped`` are judgements without an answer, and ``ledger`` has a row for every judgement that does not count.
    ``values`` is the inventory that the raters chose from. ``adjudicated`` are the answers of a second pass, to items
    on which raters had not agreed: they settle an item, and have no part in accuracy or agreement.
    """

    items: pl.DataFrame
    answers: pl.DataFrame
    skipped: pl.DataFrame
    ledger: pl.DataFrame
    values: Inventory
    adjudicated: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The answers that a rater can give, by task."""
        slugs = self.values.slugs
        return {"value": (*slugs, NONE), "option": slugs, "scenario": ("yes", "no", "unsure")}

    def in_rounds(self, of: Callable[[str], bool]) -> Judged:
        """Items and judgements of the rounds that ``of`` accepts by name."""
        names = [name for name in self.items["round"].unique() if of(name)]
        mine = pl.col("round").is_in(names)
        parts = (self.items.filter(mine), self.answers.filter(mine), self.skipped.filter(mine))
        return Judged(*parts, self.ledger, self.values, self.adjudicated)

    @property
    def at_random(self) -> Judged:
        """The judgements of the random sample: without the items that were added because they are doubtful."""
        drawn = self.items.filter(~pl.col("doubtful"))
        mine = self.answers.filter(~pl.col("doubtful")), self.skipped.filter(~pl.col("doubtful"))
        return Judged(drawn, *mine, self.ledger, self.values, self.adjudicated)

    def of(self, task: str, *, distractors: bool = False) -> pl.DataFrame:
        """The answers of one task, either to its regular items or to its attention checks."""
        mine = (pl.col("task") == task) & (pl.col("distractor") == distractors)
        return self.answers.filter(mine).sort("item_id", "rater")


def expected() -> pl.Expr:
    """What an item's answer should be: an action's value, none for an attention check, the value named, or yes."""
    return (
        pl.when("distractor")
        .then(pl.lit(NONE))
        .when(pl.col("task") == "scenario")
        .then(pl.lit("yes"))
        .otherwise("intended")
    )


def join(
    items: pl.DataFrame,
    judgements: pl.DataFrame,
    options: pl.DataFrame,
    values: Inventory,
    *,
    source: str,
    everybody: bool = False,
) -> Judged:
    """Judgements joined to their Items; Options say which value a chosen position showed.

    InputError where they name values that the inventory does not have. A judgement of a text that was changed since,
    of an item that was not drawn, or of another task is set aside; so is one whose rater was taken out of the round,
    unless ``everybody`` is wanted.
    """
    check_values(items, ["intended"], values.slugs, where="items")
    check_values(judgements, ["value", "second_value"], values.slugs, where=source, also=[NONE])
    check_values(options, ["value"], values.slugs, where="options")
    items = items.with_columns(expected=expected())
    stems = set(items["item_id"].map_elements(item_stem, return_dtype=pl.String))
    joined = judgements.join(
        items.drop("round").rename({"task": "item_task"}), on="item_id", how="left", validate="m:1"
    ).join(
        options.select("question_id", "position", chosen="value"),
        on=["question_id", "position"],
        how="left",
        validate="m:1",
    )
    answer = (
        pl.when(pl.col("task") == "value")
        .then("value")
        .when(pl.col("task") == "option")
        .then("chosen")
        .otherwise("verdict")
    )
    changed = pl.col("item_id").map_elements(lambda one: item_stem(one) in stems, return_dtype=pl.Boolean)
    drawn = pl.col("item_task").is_not_null()
    joined = joined.with_columns(
        answer=answer,
        reason=pl.when(~drawn & changed)
        .then(pl.lit("text_changed"))
        .when(~drawn)
        .then(pl.lit("not_drawn"))
        .when(pl.col("task") != pl.col("item_task"))
        .then(pl.lit("other_task"))
        .when((pl.col("status") == "judged") & answer.is_null())
        .then(pl.lit("no_answer"))
        .when(pl.col("excluded").fill_null(False) & (not everybody))
        .then(pl.lit("rater_excluded")),
    )
    ledger = joined.filter(pl.col("reason").is_not_null()).select(
        source=pl.lit(source),
        annotation=pl.format("{} by {}", "item_id", "rater"),
        reason="reason",
        detail=pl.format("task {}, {}", "task", "status"),
    )
    counted = joined.filter(pl.col("reason").is_null()).drop("reason", "item_task", "chosen")
    second_pass = pl.col("round").str.ends_with(ADJUDICATION)
    given = counted.filter(pl.col("status") == "judged").with_columns(
        matches=pl.col("answer") == pl.col("expected")
    )
    answers, adjudicated = given.filter(~second_pass), given.filter(second_pass)
    skipped = counted.filter(pl.col("status") == "skipped")
    went = {
        "answered": answers.height,
        "adjudicated": adjudicated.height,
        "skipped": skipped.height,
        "in the ledger": ledger.height,
    }
    nothing_vanishes("validate", "judgements", judgements.height, went)
    left_out = conform(JudgementLedger, ledger, where="validation ledger")
    return Judged(items, answers, skipped, left_out, values, adjudicated)


def counts(answers: pl.DataFrame, labels: Sequence[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Item ids in order, and how many raters gave each of the answers to each item (items x labels)."""
    each, ids, _ = by_rater(answers, labels)
    return ids, each.sum(axis=1)


def by_rater(
    answers: pl.DataFrame, labels: Sequence[str]
) -> tuple[npt.NDArray[np.float64], list[str], list[str]]:
    """Answers as ones in items x raters x labels; the ids of items and raters."""
    ids, raters = (answers[column].unique().sort().to_list() for column in ("item_id", "rater"))
    found = np.zeros((len(ids), len(raters), len(labels)))
    places = [{key: place for place, key in enumerate(keys)} for keys in (ids, raters, labels)]
    for row in answers.select("item_id", "rater", "answer").iter_rows():
        found[tuple(place[key] for place, key in zip(places, row, strict=True))] = 1
    return found, ids, raters
