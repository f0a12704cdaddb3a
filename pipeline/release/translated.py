"""The questions in other languages: a config each, such as `questions_zh`, for the languages that params name.

A config has the columns of `questions`, under the same ids, so that it loads in its place; what follows them says of
which English question it is and who looked at the translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.release.configs import CONFIGS, SPLIT, QuestionsConfig
from pipeline.release.markdown import count
from pipeline.tables import SHA256, conform, translated
from pipeline.tables.content import question_hashes, text_hashes

NAME = re.compile(r"questions_([a-z]{2,3})")
Tables = Mapping[str, pl.DataFrame]


class TranslatedConfig(QuestionsConfig):
    """One row for each question in another language: the columns of `questions`, under the same ids, with the texts and
    the hash of the translation. Questions of which a text has no sound translation are left out."""

    text_sha256 = dy.String(
        nullable=False, regex=SHA256, description="SHA-256 of the UTF-8 translation of the scenario's text"
    )
    source_sha256 = dy.String(
        nullable=False, regex=SHA256, description="content_sha256 of the question that this translates"
    )
    doubtful = dy.Int8(
        nullable=False,
        min=0,
        description="Of its texts, those of which few words come back when translated back",
    )
    reviewed = dy.Int8(
        nullable=False,
        min=0,
        description="Of its texts, those that a person who reads both accepted or mended",
    )
    readings = dy.Int16(
        nullable=False, min=0, description="Blind readings of its actions by models, in this language"
    )
    recognised = dy.Int16(
        nullable=False, min=0, description="Of these, those that see the value that was intended"
    )


def name_of(language: str) -> str:
    return f"questions_{language}"


def schemas(names: Iterable[str]) -> dict[str, type[dy.Schema]]:
    """The schemas of the configs that every release has, and of those in other languages among ``names``."""
    return CONFIGS | {name: TranslatedConfig for name in sorted(names) if NAME.fullmatch(name)}


def present(folder: Path) -> dict[str, type[dy.Schema]]:
    """The same of a release folder."""
    return schemas(path.parent.name for path in folder.glob(f"questions_*/{SPLIT}.parquet"))


def of(
    params: Params,
    configs: Tables,
    *,
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    options: pl.DataFrame,
    translations: pl.DataFrame,
    readings: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """The configs in the languages of params, from ``configs`` in English and tables of ``pipeline.tables``; InputError
    where a language has no question."""
    found = {}
    for language in params.release.languages:
        there = translated.texts(translations, scenarios, actions, language)
        marks = translations.filter(language=language).select(
            "id",
            doubtful=pl.col("fault").eq("unlike").fill_null(False),
            reviewed=pl.col("review").is_not_null(),
        )
        said = readings.filter(pl.col("language") == language, pl.col("label").is_not_null())
        seen = said.group_by("action_id").agg(
            readings=pl.len(), recognised=(pl.col("label") == pl.col("value")).sum()
        )
        rows = _rows(
            configs["questions"], options, *there, marks, seen, text=params.release.text == "include"
        )
        if rows.is_empty():
            raise InputError(
                f"no question has a sound translation into {language!r}",
                where="release.languages",
                remedy=f"name {language} in translate.languages, and run `valact translate`",
            )
        name = name_of(language)
        found[name] = conform(TranslatedConfig, rows, where=f"release config {name}").sort("question_id")
    return found


def _rows(
    questions: pl.DataFrame,
    options: pl.DataFrame,
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    marks: pl.DataFrame,
    seen: pl.DataFrame,
    *,
    text: bool,
) -> pl.DataFrame:
    now = translated.hashes(options, scenarios, actions)
    words = pl.struct("position", "label", "action_id", "value", "generator", "text")
    shown = (
        questions.join(now, on="question_id", how="semi")
        .select("question_id", "scenario_id", "options")
        .explode("options")
        .unnest("options")
        .drop("text")
        .join(actions.select("action_id", "text"), on="action_id", how="left", validate="1:1")
        .join(marks.rename({"id": "action_id"}), on="action_id", how="left", validate="1:1")
        .join(seen, on="action_id", how="left", validate="1:1")
        .with_columns(pl.col("readings", "recognised").fill_null(0))
        .sort("question_id", "position")
        .group_by("question_id", maintain_order=True)
        .agg(words.alias("options"), pl.col("doubtful", "reviewed", "readings", "recognised").sum())
    )
    of_scenario = scenarios.select("scenario_id", now="text", text_sha256=text_hashes(pl.col("text"))).join(
        marks.select(scenario_id="id", of_text="doubtful", seen_text="reviewed"),
        on="scenario_id",
        how="left",
        validate="1:1",
    )
    return (
        questions.rename({"content_sha256": "source_sha256"})
        .drop("options", "text")
        .join(shown, on="question_id", how="inner", validate="1:1")
        .join(now, on="question_id", how="left", validate="1:1")
        .join(of_scenario, on="scenario_id", how="left", validate="m:1")
        .with_columns(
            text=pl.col("now") if text else pl.lit(None, pl.String),
            doubtful=pl.col("doubtful") + pl.col("of_text").cast(pl.UInt32),
            reviewed=pl.col("reviewed") + pl.col("seen_text").cast(pl.UInt32),
        )
        .select(TranslatedConfig.column_names())
    )


def told(tables: Tables, params: Params) -> str:
    """What the card says of them: how many, and who looked at them. Nothing where there are none."""
    return "".join(
        f"\n\n{' '.join(_told(language, tables, params))}" for language in params.release.languages
    )


def _told(language: str, tables: Tables, params: Params) -> Iterator[str]:
    name, spoken = name_of(language), params.translate.languages.get(language, language)
    rows = tables[name]
    yield (
        f"`{name}` has {count(rows.height, 'question')} of {tables['questions'].height:,} in {spoken}, under the same "
        "ids. A model translated the texts, another translated them back, and programs checked placeholders and terms."
    )
    if read := int(rows["readings"].sum()):
        right, models = int(rows["recognised"].sum()) / read, ", ".join(params.translate.readers)
        yield (
            f"Models ({models}) read the actions blindly: the value that was intended is seen in {right:.0%} of "
            f"{count(read, 'reading')}."
        )
    else:
        yield "No model has read them blindly."
    shown = int(rows["options"].list.len().sum()) + rows.height
    if reviewed := int(rows["reviewed"].sum()):
        yield f"People who read both languages accepted or mended {reviewed:,} of {count(shown, 'text')} shown."
    else:
        yield "**No person who reads both languages has looked at them.**"
    if params.release.text == "withhold":
        yield (
            "Translations of posts are withheld as the posts are, and no hydration brings them back: `text_sha256` "
            "tells whether somebody else's are the same."
        )


def faults(tables: Tables) -> Iterator[str]:
    """Where a config in another language is not of the questions in English, or not what its hashes say."""
    english = tables["questions"].select("question_id", now="content_sha256", text_now="text")
    of_target = ["scenario_id", "target_value", "target_position", "target_action_id"]
    for name in filter(NAME.fullmatch, tables):
        table = tables[name]
        yield from _named(
            table.join(tables["questions"], on=["question_id", *of_target], how="anti"),
            f"is of no question with this scenario and target ({name})",
        )
        both = table.join(english, on="question_id", how="inner")
        yield from _named(
            both.filter(pl.col("source_sha256") != pl.col("now")),
            f"translates another content than there is ({name})",
        )
        yield from _named(
            both.filter(pl.col("text").is_not_null() & pl.col("text_now").is_null()),
            f"carries the translation of a text that is withheld ({name})",
        )
        hashed = text_hashes(pl.col("text"))
        yield from _named(
            table.filter(pl.col("text").is_not_null() & (hashed != pl.col("text_sha256"))),
            f"has another text than its hash ({name})",
        )
        shown = (
            table.select("question_id", "options", scenario_sha256="text_sha256")
            .explode("options")
            .unnest("options")
        )
        counted = question_hashes(shown.with_columns(text_sha256=text_hashes(pl.col("text"))))
        now = table.join(counted.rename({"content_sha256": "now"}), on="question_id", how="left")
        yield from _named(
            now.filter(pl.col("now").ne_missing(pl.col("content_sha256"))),
            f"has another content than its hash ({name})",
        )
        key = ["question_id", "position", "action_id", "value", "generator"]
        yield from _named(
            shown.join(tables["options"], on=key, how="anti"), f"has other options than in English ({name})"
        )


def _named(rows: pl.DataFrame, problem: str) -> Iterator[str]:
    if rows.height:
        more = f" (and {rows.height - 1} more)" if rows.height > 1 else ""
        yield f"{rows['question_id'].sort()[0]} {problem}{more}"
