"""Administer: one respondent states its values and chooses between actions; every answer comes back with a status."""

from __future__ import annotations

from pipeline.administer.respondents import model, simulated
from pipeline.core.errors import ParamsError
from pipeline.engine import Engine
from pipeline.engine.served import substitutes
from pipeline.lens import places
from pipeline.lens.administer import agents
from pipeline.lens.administer.answers import choices_table, ratings_table
from pipeline.lens.administer.asking import Read
from pipeline.lens.administer.asking import ask as ask_model
from pipeline.lens.administer.design import Design, design_for
from pipeline.lens.administer.requests import Material
from pipeline.lens.params import Params
from pipeline.params.evaluation import Respondent
from pipeline.step import Job, Step

INPUTS = (places.SCENARIOS, places.ACTIONS, places.PAIRS)


def ask(job: Job[Params]) -> Read:
    settings = _respondent(job.params, job.part)
    if not isinstance(settings, model.Settings):
        raise ParamsError("it is no model, and cannot be asked", where=f"respondents.{job.part}")
    material = Material.of(job.read(places.SCENARIOS), job.read(places.PAIRS), job.read(places.ACTIONS))
    temperature = model.temperature_of(settings, job.params.administer.temperature)
    return ask_model(
        job.answers, job.params, _design(job), material, model=settings.model, temperature=temperature
    )


def make(job: Job[Params]) -> None:
    name, params = job.part, job.params
    settings = _respondent(params, name)
    if isinstance(settings, model.Settings):
        read = ask(job)
        design, rated, chosen = read.design, read.ratings, read.choices
        row = model.model_row(name, settings, params.models, params.administer.temperature, read.served)
        for other in substitutes(params.models[settings.model].model, frozenset(read.served)):
            job.note(f"{name}: {params.models[settings.model].model} was asked, {other} answered")
    elif isinstance(settings, simulated.Settings):
        design = _design(job)
        rated = agents.ratings(name, settings, design, params)
        chosen = agents.choices(name, settings, design, params)
        row = simulated.row(name, settings)
    else:
        raise ParamsError(f"the lens does not know kind {settings.kind!r}", where=f"respondents.{name}.kind")
    job.write(places.RESPONDENT, row)
    job.write(places.ITS_RATINGS, ratings_table(name, design, rated))
    job.write(places.ITS_CHOICES, choices_table(name, design, chosen))


def models(params: Params, part: str) -> tuple[str, ...]:
    asked = _respondent(params, part).asks
    return () if asked is None else (asked,)


def _respondent(params: Params, name: str) -> Respondent:
    return params.respondents[name]


def _design(job: Job[Params]) -> Design:
    return design_for(job.params, job.part, job.read(places.SCENARIOS), job.read(places.PAIRS))


STEP = Step(
    "administer",
    make,
    inputs=INPUTS,
    outputs=(places.RESPONDENT, places.ITS_RATINGS, places.ITS_CHOICES, places.ADMINISTER_TRANSCRIPTS),
    parts=lambda params: list(params.respondents),
    ask=ask,
    opens=Engine,
    models=models,
)
