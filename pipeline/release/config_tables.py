"""The tables of a release's configs, made from the pipeline's tables."""

from __future__ import annotations

from typing import Literal

import dataframely as dy
import polars as pl

from pipeline.release.configs import CONFIGS, DERIVED, LABELS, AuthoredConfig
from pipeline.tables import Answers, Results, conform
from pipeline.tables.content import text_hashes
from pipeline.tables.flags import FLAGS
from pipeline.tables.validity import ItemQuality
from pipeline.verdict.judged import Judged
from pipeline.verdict.readings import read_as


def tables(
    *,
    questions: pl.DataFrame,
    options: pl.DataFrame,
    scenarios: pl.DataFrame,
    candidates: pl.DataFrame,
    actions: pl.DataFrame,
    votes: pl.DataFrame,
    judged: Judged,
    verdicts: pl.DataFrame,
    readings: pl.DataFrame,
    raters: Literal["experts", "trial"],
    text: Literal["include", "withhold"],
    results: pl.DataFrame | None = None,
    answers: pl.DataFrame | None = None,
    item_quality: pl.DataFrame | None = None,
    authored: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """The config tables but for those DERIVED, by name, from tables of ``pipeline.tables``; rows are in primary-key
    order.

    ``judged`` and ``verdicts`` (ActionVerdicts) are what validation found, ``readings`` (Readings) what models read,
    ``raters`` who the raters were. With ``text='withhold'`` no text of a post is in them. ``authored`` are the
    questions about invented scenarios that go along (see that module); where text is included, these are all questions.
    ``answers`` and ``item_quality`` (of their schemas) lose rows of questions that are not in the release.
    Polars raises on a join that
    is not m:1, and InputError tells of a row whose partner is missing (a required field is then empty).
    """
    shown = scenarios.select(
        "scenario_id",
        "post_id",
        "category",
        "subreddit",
        "rank",
        "role",
        "source_sha256",
        "text_sha256",
        "masked",
        *FLAGS,
        year=pl.col("created_at").dt.year(),
        text=pl.col("text") if text == "include" else pl.lit(None, pl.String),
    )
    long = options.join(
        actions.select("action_id", "scenario_id", "text"), on="action_id", how="left", validate="m:1"
    ).with_columns(label=pl.col("position").cast(pl.Int32).replace_strict(dict(enumerate(LABELS, start=1))))
    targets = long.filter("is_target").select("question_id", target_action_id="action_id")
    dealt = (
        long.sort("question_id", "position")
        .group_by("question_id", maintain_order=True)
        .agg(options=pl.struct("position", "label", "action_id", "value", "generator", "text"))
    )
    wide = (
        questions.join(shown, on="scenario_id", how="left", validate="m:1")
        .join(dealt, on="question_id", how="left", validate="1:1")
        .join(targets, on="question_id", how="left", validate="1:1")
    )
    lengths = candidates.select("post_id", "words")
    parts = {
        "questions": wide,
        "authored": wide
        if text == "include"
        else AuthoredConfig.create_empty()
        if authored is None
        else authored,
        "options": long,
        "scenarios": shown.join(lengths, on="post_id", how="left", validate="1:1"),
        "actions": actions.join(
            verdicts.select("action_id", validation="status"), on="action_id", how="left", validate="1:1"
        )
        .join(read_as(actions, readings), on="action_id", how="left", validate="1:1")
        .with_columns(text_sha256=text_hashes(pl.col("text"))),
        "filter_votes": votes.join(
            scenarios.select("post_id", "scenario_id"), on="post_id", how="left", validate="m:1"
        ),
        # What raters wrote beside their answers may tell who they are, and stays out.
        "validation": pl.concat(
            [judged.answers, judged.skipped, judged.adjudicated], how="diagonal"
        ).with_columns(
            intended="expected",
            raters=pl.lit(raters),
            answers=pl.col("answer").count().over("item_id"),
            share=pl.when(pl.col("answer").is_not_null()).then(
                pl.len().over("item_id", "answer") / pl.col("answer").count().over("item_id")
            ),
        ),
        "results": Results.create_empty() if results is None else results,
        "answers": _of_these(Answers, answers, questions),
        "item_quality": _of_these(ItemQuality, item_quality, questions),
    }
    return {
        name: conform(
            schema, parts[name].select(list(schema.columns())), where=f"release config {name}"
        ).sort(schema.primary_key())
        for name, schema in CONFIGS.items()
        if name not in DERIVED
    }


def _of_these(schema: type[dy.Schema], rows: pl.DataFrame | None, questions: pl.DataFrame) -> pl.DataFrame:
    return schema.create_empty() if rows is None else rows.join(questions, on="question_id", how="semi")
