"""Asking in another language: prompts, items, scenarios and actions in it, under the same ids."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.administer.design import Material, respondent_of
from pipeline.core.errors import InputError
from pipeline.params import Params
from pipeline.tables import places, read_table
from pipeline.tables.translate import Translations
from pipeline.tables.translated import hashes, texts


def read_for(params: Params, name: str, folder: Path) -> Material:
    """The output of the stage assemble as the respondent of that name reads it."""
    whole, language = Material.read(folder), read_in(params, name)
    if language is None:
        return whole
    path = places.TRANSLATIONS.path()
    if not path.exists():
        raise untranslated(name, language, path)
    return translated(whole, read_table(Translations, path), language)


def read_in(params: Params, name: str) -> str | None:
    """The language in which the respondent of that name reads translations; None where it reads the texts as they are,
    or is simulated and reads none."""
    respondent = respondent_of(params, name)
    return None if respondent.asks is None else respondent.in_translation


def untranslated(name: str, language: str, path: Path) -> InputError:
    return InputError(
        f"respondent {name} is asked in {language!r}, and there are no translations",
        where=str(path),
        remedy=f"name {language} in translate.languages, and run `valact translate`",
    )


def translated(material: Material, translations: pl.DataFrame, language: str) -> Material:
    """The material in a language, without the questions of which a text may not be shown; each question's hash is that
    of what is shown. ``translations``: table Translations; InputError where no question is left."""
    scenarios, actions = texts(translations, material.scenarios, material.actions, language)
    now = hashes(material.options, scenarios, actions)
    questions = (
        material.questions.drop("content_sha256")
        .join(now, on="question_id", how="inner", validate="1:1", maintain_order="left")
        .select(material.questions.columns)
    )
    if questions.is_empty():
        raise InputError(
            f"no question can be asked in {language!r}: of none are all texts translated, without a fault and as they "
            "are in English now",
            where="data/translate",
            remedy=f"name {language} in translate.languages, and run `valact translate`",
        )
    options = _of(material.options, questions, "question_id")
    return Material(questions, options, scenarios, actions)


def situations(there: Material, whole: Material) -> Material:
    """Of a translated material the scenarios of which every question is translated, and what belongs to them;
    InputError where that is none."""
    asked = whole.questions.group_by("scenario_id").agg(wanted=pl.len())
    complete = (
        there.questions.group_by("scenario_id")
        .len()
        .join(asked, on="scenario_id", validate="1:1")
        .filter(pl.col("len") == pl.col("wanted"))
    )
    if complete.is_empty():
        raise InputError(
            "of no situation are the texts of all questions translated, without a fault and as they are in English now",
            where="data/translate",
            remedy="mend them (`valact translate send`), or run `valact translate` again",
        )
    questions = _of(there.questions, complete, "scenario_id")
    return Material(
        questions,
        _of(there.options, questions, "question_id"),
        _of(there.scenarios, complete, "scenario_id"),
        _of(there.actions, complete, "scenario_id"),
    )


def _of(table: pl.DataFrame, kept: pl.DataFrame, key: str) -> pl.DataFrame:
    return table.join(kept.select(key), on=key, how="semi", maintain_order="left")
