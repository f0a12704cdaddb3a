"""A model that is asked: every row of its design becomes a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pipeline.administer.kind import Kind
from pipeline.core.errors import ParamsError
from pipeline.params.base import Name
from pipeline.params.evaluation import Respondent, Temperature
from pipeline.tables.evaluation import told_prompts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from pipeline.administer.answers import Answers
    from pipeline.administer.asking import Read
    from pipeline.administer.design import Material
    from pipeline.engine import Answerer
    from pipeline.params import Params
    from pipeline.params.models import Model


class Settings(Respondent):
    """A model of ``models``. What is empty is as in ``administer``."""

    kind: Literal["model"]
    group: str = "models"
    model: Name
    temperature: Temperature | None = None

    @property
    def asks(self) -> Name | None:
        return self.model


def ask(engine: Answerer, name: str, params: Params, material: Material) -> Read:
    """Asks the model; raises what ``Engine.stream`` raises."""
    from pipeline.administer.asking import ask

    settings = _settings(name, params)
    temperature = temperature_of(settings, params.administer.temperature)
    return ask(engine, name, params, material, model=settings.model, temperature=temperature)


def answers(name: str, params: Params, material: Material, read: Read | None) -> Answers:
    from pipeline.administer.requests import prompt_hashes

    settings = _settings(name, params)
    if read is None:
        raise ParamsError("it is a model, and was not asked", where=f"respondents.{name}")
    row = model_row(
        name,
        settings,
        params.models,
        params.administer.temperature,
        read.served,
        answered_on=read.last_day,
        prompts=told_prompts(prompt_hashes(read.design.choices, settings.arm)),
    )
    return read.answers(name, params, material, row)


def model_row(
    name: str,
    settings: Settings,
    models: Mapping[str, Model],
    usual: float,
    served: Iterable[str],
    *,
    answered_on: str | None = None,
    prompts: str | None = None,
) -> pl.DataFrame:
    """Its row of the table Respondents. ``usual`` is the temperature of whoever sets none; ``served`` answered."""
    from pipeline.administer.answers import respondent_row
    from pipeline.engine import endpoints

    at = endpoints.resolve(settings.model, models[settings.model])
    temperature = temperature_of(settings, usual)
    return respondent_row(
        respondent=name,
        kind="model",
        group=settings.group,
        model=at.model,
        served_model=",".join(sorted(served)) or None,
        temperature=temperature,
        source=f"{at.provider} at {at.base_url}" if at.base_url else "recorded answers",
        agent=settings.agent or at.model,
        condition=settings.condition or _condition(settings, temperature, usual),
        answered_on=answered_on,
        prompts=prompts,
    )


def _condition(settings: Settings, temperature: float, usual: float) -> str | None:
    parts = [
        *settings.asked_otherwise,
        *([] if temperature == usual else [f"temperature {temperature:g}"]),
    ]
    return ", ".join(parts) or None


def temperature_of(settings: Settings, usual: float) -> float:
    return usual if settings.temperature is None else settings.temperature


def _settings(name: str, params: Params) -> Settings:
    settings = params.respondents[name]
    if not isinstance(settings, Settings):
        raise ParamsError("it is no model", where=f"respondents.{name}")
    return settings


ENTRY = Kind(settings=Settings, ask=ask, answers=answers)
