"""Rows of choices: which option was chosen, however it is named, must be one of the question's."""

from __future__ import annotations

import polars as pl

from pipeline.answers.cells import Ledger, once
from pipeline.answers.reader import ROW
from pipeline.tables import Choices
from pipeline.tables.columns import LETTERS
from pipeline.tables.content import differs
from pipeline.tables.translated import ENGLISH

KEY = ["respondent", "mode", "language", "wording", "repeat", "question_id", "order"]


def read_choices(table: pl.DataFrame, options: pl.DataFrame, file: str, ledger: Ledger) -> pl.DataFrame:
    """Columns of Choices. ``options``: question_id, scenario_id, position, action_id, value and content_sha256 (of the
    question) of every known question.

    A row that names no option is ``failed``, unless it says what else became of it. Left out: questions that nobody
    has, questions that read otherwise when they were answered, options that the question does not have, and two names
    of an option that disagree. A row that does not say how its question read is taken to be of
    the question as it is.
    """
    sizes = options.group_by("question_id").agg(
        pl.col("scenario_id").first(), size=pl.len(), content_sha256_now=pl.col("content_sha256").first()
    )
    known = table.join(sizes, on="question_id", how="left", validate="m:1")
    _out(known, pl.col("size").is_null(), file, ledger, "question_not_known", pl.col("question_id"))
    known = known.filter(pl.col("size").is_not_null())
    # What was read in another language has the hash of a translation, which stage score compares.
    changed = differs() & (pl.col("language") == ENGLISH)
    _out(known, changed, file, ledger, "question_changed", pl.col("question_id"))
    known = known.filter(~changed).with_columns(
        order=pl.coalesce("order", pl.lit("1234567").str.head(pl.col("size")))
    )
    letter = pl.col("letter").str.to_uppercase()
    shown = letter.replace_strict(
        {name: n for n, name in enumerate(LETTERS)}, default=None, return_dtype=pl.Int64
    )
    by_letter = pl.col("order").str.slice(shown, 1).cast(pl.Int64, strict=False)
    found = known.with_columns(letter=letter, by_letter=by_letter)
    for name in ("action_id", "value"):
        place = pl.col("position").cast(pl.Int64).alias(f"by_{name}")
        of_name = options.select("question_id", name, place).unique(["question_id", name], keep="none")
        found = found.join(of_name, on=["question_id", name], how="left", validate="m:1")
    ways = ("by_letter", "position", "by_action_id", "by_value")
    named = pl.any_horizontal(pl.col("letter", "position", "action_id", "value").is_not_null())
    lost = pl.any_horizontal(
        pl.col(given).is_not_null() & pl.col(way).is_null()
        for given, way in (("letter", "by_letter"), ("action_id", "by_action_id"), ("value", "by_value"))
    )
    at = pl.coalesce(ways)
    differ = pl.any_horizontal(pl.col(way).is_not_null() & (pl.col(way) != at) for way in ways)
    strange = lost | differ | (at < 1) | (at > pl.col("size"))
    _out(found, named & strange, file, ledger, "option_not_known", pl.col("question_id"))
    found = found.filter(~(named & strange).fill_null(value=False)).with_columns(position=at)
    answered = pl.col("position").is_not_null()
    _out(
        found,
        (pl.col("status") == "answered") & ~answered,
        file,
        ledger,
        "nothing_chosen",
        pl.col("question_id"),
    )
    found = found.filter((pl.col("status") != "answered").fill_null(value=True) | answered)
    found = found.with_columns(
        status=pl.when(answered).then(pl.lit("answered")).otherwise(pl.coalesce("status", pl.lit("failed")))
    )
    chosen = options.select("question_id", pl.col("position").cast(pl.Int64), "action_id", "value")
    found = found.drop("action_id", "value").join(
        chosen, on=["question_id", "position"], how="left", validate="m:1"
    )
    # The letter under which the option stood in the order that was shown.
    shown_at = pl.col("order").str.find(pl.col("position").cast(pl.String), literal=True)
    letters = dict(enumerate(LETTERS))
    found = found.with_columns(
        letter=shown_at.cast(pl.Int64).replace_strict(letters, default=None, return_dtype=pl.String),
        request_key=pl.lit(None, pl.String),
        origin=pl.lit(None, pl.String),
        content_sha256=pl.coalesce("content_sha256", "content_sha256_now"),
    )
    return once(found, KEY, file, ledger).select(ROW, *Choices.column_names())


def _out(
    table: pl.DataFrame, wrong: pl.Expr, file: str, ledger: Ledger, reason: str, detail: pl.Expr
) -> None:
    ledger.leave_out(table.filter(wrong.fill_null(value=False)), file, reason, detail)
