"""What is chosen over what: by each question's target, by a value, or by what somebody declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.core.errors import InputError, ParamsError
from pipeline.tables import InstrumentScores, read_table
from pipeline.values import Inventory

TARGET, VALUE, DECLARED = "target", "value", "declared"
SCORES = Path("data/score/instrument_scores.parquet")


@dataclass(frozen=True, slots=True)
class Rule:
    """``strength`` of each value, by which options are preferred; None: the target of each question before all others.

    ``words`` tells the rule to whoever reads the card.
    """

    name: str
    words: str
    strength: Mapping[str, float] | None = None

    @property
    def targeted(self) -> bool:
        return self.strength is None


def rule(text: str, inventory: Inventory, scores: Path = SCORES) -> Rule:
    """The rule of ``target``, ``value:SLUG`` or ``declared:RESPONDENT``; ParamsError for anything else, InputError for
    a respondent who has declared nothing in these values."""
    kind, _, what = text.partition(":")
    if kind == TARGET and not what:
        return Rule(text, "the option that was written for the question's target value, over the others")
    if kind == VALUE and what in inventory.slugs:
        strength = {slug: float(slug == what) for slug in inventory.slugs}
        return Rule(
            text, f"the option that expresses {inventory.by_slug[what].name}, over the others", strength
        )
    if kind == DECLARED and what:
        words = (
            f"of two options the one whose value {what} declares more strongly (means over administrations)"
        )
        return Rule(text, words, _declared(what, inventory, scores))
    raise ParamsError(
        f"{text!r} is no rule; there are target, value:SLUG ({', '.join(inventory.slugs)}) and declared:RESPONDENT",
        where="--prefer",
    )


def _declared(respondent: str, inventory: Inventory, path: Path) -> dict[str, float]:
    found = read_table(InstrumentScores, path).filter(
        pl.col("respondent") == respondent, pl.col("excluded").is_null(), pl.col("mean").is_not_null()
    )
    first = found["instrument"].sort().head(1)
    means = dict(
        found.filter(pl.col("instrument").is_in(first.implode()))
        .group_by("value")
        .agg(pl.col("mean").mean())
        .iter_rows()
    )
    if set(means) != set(inventory.slugs):
        raise InputError(
            f"{respondent!r} has no scores of an instrument for each of {inventory.title}",
            where=str(path),
            remedy="name a respondent (a model, or a person who was imported) who has answered one",
        )
    return means


def options(table: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Options of a release (question_id, scenario_id, position, action_id, value, generator, is_target) with their
    ``strength``."""
    strength = (
        pl.col("is_target").cast(pl.Float64)
        if rule.strength is None
        else pl.col("value").replace_strict(dict(rule.strength), return_dtype=pl.Float64)
    )
    return table.with_columns(strength=strength)


def best(options: pl.DataFrame) -> pl.DataFrame:
    """The strongest option of each question, where one is stronger than all others."""
    strongest = pl.col("strength") == pl.col("strength").max().over("question_id")
    alone = strongest.sum().over("question_id") == 1
    told = pl.col("strength").n_unique().over("question_id") > 1
    return options.filter(strongest & alone & told).sort("question_id")


def pairs(options: pl.DataFrame) -> pl.DataFrame:
    """Every two options of a question of which one is stronger: columns of the stronger, and of the other with the
    ending ``_rejected``."""
    other = options.select(
        "question_id",
        *(pl.col(name).alias(f"{name}_rejected") for name in ("position", "action_id", "value", "generator")),
        strength_rejected=pl.col("strength"),
    )
    return (
        options.join(other, on="question_id", how="inner")
        .filter(pl.col("strength") > pl.col("strength_rejected"))
        .drop("strength", "strength_rejected")
        .sort("question_id", "position", "position_rejected")
    )
