"""How each rater went about it, without looking at what was intended but in attention checks."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.params.validation import Careless
from pipeline.tables.scalars import real
from pipeline.verdict.judged import Judged

# Fewer answers than this in a half of a rater's round tell of no drift.
HALF = 10


@dataclass(frozen=True, slots=True)
class Conduct:
    """One rater. ``agreement`` is the mean share of the other raters of an item who gave the same answer, ``drift`` the
    same in the second half of the rater's answers less that in the first; ``seconds`` is the median time of an answer.
    Each is None where there is nothing to tell it from."""

    rater: str
    judged: int
    skipped: int
    seconds: float | None
    checks: int
    checks_passed: int
    agreement: float | None
    drift: float | None
    excluded: bool = False

    def complaints(self, rules: Careless) -> list[str]:
        """What the rules, fixed beforehand, find: reasons to look at this rater's work, in words."""
        found = []
        if self.judged and self.seconds is not None and self.seconds < rules.seconds:
            found.append(f"a median of {self.seconds:.1f} s an item, less than {rules.seconds:g} s")
        if self.checks and self.checks_passed < rules.checks * self.checks:
            found.append(
                f"{self.checks_passed} of {self.checks} attention checks passed, less than {100 * rules.checks:.0f} %"
            )
        return found


def conduct(everybody: Judged) -> list[Conduct]:
    """Every rater of the judgements, in the order of their ids; the others' answers are those of who counts."""
    answers, skipped = everybody.answers, everybody.skipped
    names = pl.concat([answers["rater"], skipped["rater"]]).unique().sort()
    agreed = _agreement(everybody.of("value"))
    return [_one(str(name), answers.filter(rater=name), skipped.filter(rater=name), agreed) for name in names]


def _one(name: str, answers: pl.DataFrame, skipped: pl.DataFrame, agreed: pl.DataFrame) -> Conduct:
    checks = answers.filter("distractor", task="value")
    mine = agreed.filter(rater=name).sort("turn", "item_id")
    seconds, half = answers["seconds"].drop_nulls(), mine.height // 2
    told = half >= HALF and mine["turn"].null_count() == 0
    drift = real(mine["agreement"][-half:].mean()) - real(mine["agreement"][:half].mean()) if told else None
    return Conduct(
        name,
        answers.height,
        skipped.height,
        real(seconds.median()) if seconds.len() else None,
        checks.height,
        int(checks["matches"].sum()),
        real(mine["agreement"].mean()) if mine.height else None,
        drift,
        bool(pl.concat([answers["excluded"], skipped["excluded"]]).fill_null(False).any()),
    )


def _agreement(answers: pl.DataFrame) -> pl.DataFrame:
    """item_id, rater, turn, agreement: the share of the item's other raters who count that say the same."""
    pairs = answers.select("item_id", "rater", "turn", "answer").join(
        answers.filter(~pl.col("excluded").fill_null(False)).select("item_id", other="rater", said="answer"),
        on="item_id",
    )
    return (
        pairs.filter(pl.col("rater") != pl.col("other"))
        .group_by("item_id", "rater", "turn")
        .agg(agreement=(pl.col("answer") == pl.col("said")).mean())
    )
