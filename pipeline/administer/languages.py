"""Asking in another language: prompts, items, scenarios and actions in it, under the same ids."""

from __future__ import annotations

from dataclasses import replace
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
    options = material.options.join(
        questions.select("question_id"), on="question_id", how="semi", maintain_order="left"
    )
    return replace(material, questions=questions, options=options, scenarios=scenarios, actions=actions)
