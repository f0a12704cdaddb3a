"""Whether answers are to the questions that they are joined with: by the hash of what was asked, and by the options.

An id alone does not tell: with another seed, or after a repair, a question of the same id shows other actions. Who read
a translation has answered the question of which it is one: its hash is then the question's own, and `language` says
what was read.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.tables import AskedQuestions, Options
from pipeline.tables.content import differs
from pipeline.tables.evaluation import ScoreLedger

CHANGED = "question_changed"


def reference(
    sources: Iterable[tuple[pl.DataFrame, pl.DataFrame]], asked: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables Options and AskedQuestions of every question in ``asked`` (question_id), from the first of ``sources``
    (tables of the same kinds) that has it."""
    options: list[pl.DataFrame] = [Options.create_empty()]
    questions: list[pl.DataFrame] = [AskedQuestions.create_empty()]
    wanted = asked
    for its_options, its_questions in sources:
        found = its_questions.join(wanted, on="question_id", how="semi")
        questions.append(found)
        options.append(its_options.join(found, on="question_id", how="semi"))
        wanted = wanted.join(found, on="question_id", how="anti")
    return pl.concat(options), pl.concat(questions)


def matched(
    choices: pl.DataFrame,
    options: pl.DataFrame,
    questions: pl.DataFrame,
    translated: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The choices that are of these questions, and table ScoreLedger of those that are not.

    ``translated``: question_id, language and content_sha256 of the questions in other languages. Where a hash is not
    known on one side, an answer still has to name an action that stands at its position.
    """
    now = questions.select("question_id", content_sha256_now="content_sha256")
    there = options.select("question_id", "position", action_now="action_id")
    joined = choices.join(now, on="question_id", how="left", validate="m:1").join(
        there, on=["question_id", "position"], how="left", validate="m:1"
    )
    if translated is not None:
        joined = _of_originals(joined, translated)
    moved = pl.col("action_id").is_not_null() & pl.col("action_id").ne_missing(pl.col("action_now"))
    other = joined.filter(differs() | moved)
    ledger = other.select(
        *ScoreLedger.primary_key(),
        reason=pl.lit(CHANGED),
        detail=pl.when(differs())
        .then(pl.format("asked was {}, now it is {}", "content_sha256", "content_sha256_now"))
        .otherwise(pl.format("{} does not stand at position {} of it", "action_id", "position")),
    )
    kept = joined.filter(~(differs() | moved)).select(choices.columns)
    return kept, ledger


def _of_originals(joined: pl.DataFrame, translated: pl.DataFrame) -> pl.DataFrame:
    """The hashes of translations replaced by those of what they translate."""
    of = translated.select("question_id", "language", _read="content_sha256")
    found = joined.join(of, on=["question_id", "language"], how="left", validate="m:1")
    return found.with_columns(
        content_sha256=pl.when(pl.col("content_sha256") == pl.col("_read"))
        .then("content_sha256_now")
        .otherwise("content_sha256")
    ).drop("_read")
