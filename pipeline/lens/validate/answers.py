"""Judgements beside what was meant: one answer and one expectation for each question of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.core.invariants import nothing_vanishes
from pipeline.lens.tables import BLIND, NO, TOLD, UNSURE, YES
from pipeline.tables import NONE, JudgementLedger
from pipeline.tables.columns import STANCES
from pipeline.values import Inventory
from pipeline.verdict.judged import Judged

OF_COUNTRY, ELSEWHERE = "of the country", "elsewhere"


@dataclass(frozen=True, slots=True)
class Answers:
    """``items`` are ValuedItems, ``answers`` the judgements of these that count, with the columns of their items,
    ``skipped`` those without an answer. Where a rater did not say, an answer counts as one from elsewhere."""

    items: pl.DataFrame
    answers: pl.DataFrame
    skipped: pl.DataFrame
    values: Inventory

    def of(self, question: str) -> pl.DataFrame:
        """One row an answer to the question: the columns of its item, rater, raters (of the country, or elsewhere),
        answer, expected and matches."""
        answer, expected = _ANSWER[question]
        rows = self.answers.with_columns(answer=answer, expected=expected).drop_nulls("answer")
        return rows.with_columns(matches=pl.col("answer") == pl.col("expected")).sort("item_id", "rater")

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The answers that a rater can give, by question."""
        values, stances = (*self.values.slugs, NONE), (*STANCES, UNSURE)
        both = tuple(f"{value} {stance}" for value in values for stance in stances)
        return dict(zip(BLIND, (values, stances, both), strict=True)) | dict.fromkeys(TOLD, (YES, NO))

    @property
    def judged(self) -> Judged:
        """The blind answers in the form of ValAct's, of which conduct and raters' tables are made."""
        plain = {"task": pl.lit("value"), "distractor": pl.lit(False), "doubtful": pl.lit(False)}
        return Judged(
            self.items.with_columns(**plain, intended="value"),
            self.of("blind").with_columns(**plain),
            self.skipped.with_columns(**plain),
            JudgementLedger.create_empty(),
            self.values,
        )


def join(
    items: pl.DataFrame, judgements: pl.DataFrame, values: Inventory, *, everybody: bool = False
) -> Answers:
    """ValuedJudgements joined to their ValuedItems; those of raters who were taken out of the round stay out, unless
    ``everybody`` is wanted."""
    of = items.drop("round").rename({"value": "meant_value", "stance": "meant_stance", "raters": "wanted"})
    joined = judgements.join(of, on="item_id", how="inner", validate="m:1").with_columns(
        raters=pl.when(pl.col("own_country").fill_null(False))
        .then(pl.lit(OF_COUNTRY))
        .otherwise(pl.lit(ELSEWHERE))
    )
    out = pl.col("excluded").fill_null(False) & (not everybody)
    counted, answered = joined.filter(~out), pl.col("status") == "judged"
    answers, skipped = counted.filter(answered), counted.filter(~answered)
    went = {"answered": answers.height, "skipped": skipped.height, "excluded": joined.filter(out).height}
    nothing_vanishes("validate", "judgements", judgements.height, went)
    return Answers(items, answers, skipped, values)


_VALUE, _STANCE = pl.col("value"), pl.col("stance")
_MEANT = (pl.col("meant_value"), pl.col("meant_stance"))
_ANSWER: dict[str, tuple[pl.Expr, pl.Expr]] = {
    "blind_value": (_VALUE, _MEANT[0]),
    "blind_stance": (_STANCE, _MEANT[1]),
    "blind": (
        pl.concat_str(_VALUE, _STANCE, separator=" "),
        pl.concat_str(*_MEANT, separator=" "),
    ),
} | {
    name: (pl.when(pl.col(name)).then(pl.lit(YES)).when(~pl.col(name)).then(pl.lit(NO)), pl.lit(YES))
    for name in TOLD
}
