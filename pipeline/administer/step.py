"""Administer: one respondent is given the instruments; every question and item comes back with a status."""

from __future__ import annotations

from pipeline.administer import administer
from pipeline.administer.asking import Read
from pipeline.administer.design import Material, respondent_of
from pipeline.administer.languages import read_in, translated, untranslated
from pipeline.engine import Engine
from pipeline.engine.served import substitutes
from pipeline.params import Params
from pipeline.step import Job, Step
from pipeline.tables import places

MATERIAL = (places.QUESTIONS, places.OPTIONS, places.SCENARIOS, places.ACTIONS)


def ask(job: Job) -> Read:
    return administer.ask(job.answers, job.part, job.params, material(job))


def make(job: Job) -> None:
    params = job.params
    asked = respondent_of(params, job.part).asks
    read = None if asked is None else ask(job)
    answers = administer.answers_of(job.part, params, material(job), read)
    if asked is not None:
        model = params.models[asked].model
        for other in substitutes(model, answers.served):
            job.note(f"{job.part}: {model} was asked, {other} answered")
    job.write(places.RESPONDENT, answers.respondent)
    job.write(places.ITS_CHOICES, answers.choices)
    job.write(places.ITS_INSTRUMENT_ANSWERS, answers.instrument_answers)
    job.write(places.ITS_RATINGS, answers.ratings)


def material(job: Job) -> Material:
    """What the respondent is shown."""
    whole = Material(*(job.read(place) for place in MATERIAL))
    language = read_in(job.params, job.part)
    # Texts of an estimate stand for their translations, too.
    if language is None or places.SCENARIOS in job.stand_ins:
        return whole
    if not job.has(places.TRANSLATIONS):
        raise untranslated(job.part, language, job.path(places.TRANSLATIONS))
    found = translated(whole, job.read(places.TRANSLATIONS), language)
    if left := whole.questions.height - found.questions.height:
        job.note(
            f"{job.part}: {left:,} of {whole.questions.height:,} questions are not asked in {language!r}, because a "
            "text of theirs has no translation that may be shown (data/translate)"
        )
    return found


def models(params: Params, part: str) -> tuple[str, ...]:
    asked = respondent_of(params, part).asks
    return () if asked is None else (asked,)


STEP = Step(
    "administer",
    make,
    inputs=(*MATERIAL, places.TRANSLATIONS),
    outputs=(
        places.RESPONDENT,
        places.ITS_CHOICES,
        places.ITS_INSTRUMENT_ANSWERS,
        places.ITS_RATINGS,
        places.ADMINISTER_TRANSCRIPTS,
    ),
    parts=lambda params: list(params.respondents),
    ask=ask,
    opens=Engine,
    models=models,
)
