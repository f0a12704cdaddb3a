"""Asking a track's questions on a date. The day is part of each request, as its repeat: what was answered on another
day is asked again, and what was answered today before a stop is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from pipeline.administer import asking
from pipeline.administer.answers import choices_table
from pipeline.administer.design import Design, Material, design_for, respondent_of
from pipeline.administer.respondents import model, simulated
from pipeline.core.errors import InputError, ParamsError
from pipeline.engine import Answerer
from pipeline.params import Params
from pipeline.series.folder import Track
from pipeline.tables.content import some

FIRST_DAY = dt.date(1970, 1, 1)


def restricted(material: Material, track: Track, where: str) -> Material:
    """The material of the questions of the track that are still there; InputError where one reads otherwise now, or
    none is left."""
    there = material.questions.filter(pl.col("question_id").is_in(list(track.questions)))
    hashes = dict(there.select("question_id", "content_sha256").iter_rows())
    changed = sorted(name for name, digest in hashes.items() if track.questions[name] != digest)
    if changed or not hashes:
        raise InputError(
            f"{len(changed)} of its questions read otherwise now: {some(changed)}"
            if changed
            else "no question is left",
            where=where,
            remedy="go back to the release with which it began, or begin another track",
        )
    options = material.options.join(there, on="question_id", how="semi")
    return replace(material, questions=there, options=options)


def design(track: Track, params: Params, material: Material, day: dt.date) -> tuple[Params, Design]:
    """What is asked on that day, and the params that say so."""
    of = respondent_of(params, track.respondent).model_copy(update={"modes": ("default",), "subset": None})
    administer = params.administer.model_copy(
        update={
            "modes": ("default",),
            "wordings": track.wordings,
            "repeats": 1,
            "subset": None,
            "applicability": False,
        }
    )
    asked = params.model_copy(
        update={"administer": administer, "instruments": {}, "respondents": {track.respondent: of}}
    )
    made = design_for(asked, track.respondent, material.scenarios, material.questions, material.size)
    number = (day - FIRST_DAY).days
    return asked, replace(made, choices=made.choices.with_columns(repeat=pl.lit(number, pl.Int16)))


def ask(
    track: Track, params: Params, material: Material, engine: Answerer | None, day: dt.date
) -> tuple[pl.DataFrame, Iterable[str]]:
    """Table Choices of that day, and the ids of the models that answered; raises what ``Engine.stream`` raises."""
    name = track.respondent
    asked, shown = design(track, params, material, day)
    settings = asked.respondents[name]
    if isinstance(settings, simulated.Settings):
        letters = simulated.choose(
            name, settings, shown.choices, material.options, params.values, params.seed
        )
        return choices_table(name, shown, letters, material.options, material.questions), ()
    if not isinstance(settings, model.Settings) or engine is None:
        raise ParamsError("it can not be asked again and again", where=f"respondents.{name}")
    read = said(track, params, material, engine, day)
    letters = pl.DataFrame(read.letters, schema=asking.ANSWER, orient="row")
    return choices_table(name, shown, letters, material.options, material.questions), read.served


def said(track: Track, params: Params, material: Material, engine: Answerer, day: dt.date) -> asking.Read:
    """What the model says on that day; an engine that plans says nothing, and counts."""
    asked, shown = design(track, params, material, day)
    settings = asked.respondents[track.respondent]
    if not isinstance(settings, model.Settings):
        raise ParamsError("it is no model", where=f"respondents.{track.respondent}")
    return asking.ask(
        engine,
        track.respondent,
        asked,
        material,
        model=settings.model,
        temperature=model.temperature_of(settings, params.administer.temperature),
        design=shown,
    )
