"""A model that is asked: every row of its design becomes a request to the engine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pipeline.params.base import Name
from pipeline.params.evaluation import Respondent, Temperature

if TYPE_CHECKING:
    from pipeline.administer.answers import Answers
    from pipeline.administer.design import Material
    from pipeline.engine import Engine
    from pipeline.params import Params

# What vendors add to a model's name for one dated or numbered version of it.
_VERSION = re.compile(r"(?:[-@:](?:\d[\d.-]*|latest|preview|v\d[\d.]*))+", re.IGNORECASE)


class Settings(Respondent):
    """A model of ``models``. What is empty is as in ``administer``."""

    kind: Literal["model"]
    group: str = "models"
    model: Name
    temperature: Temperature | None = None

    @property
    def asks(self) -> Name | None:
        return self.model


def answer(name: str, params: Params, material: Material, engine: Engine | None) -> Answers:
    """Asks the model; raises what ``Engine.stream`` raises."""
    from pipeline.administer.answers import respondent_row
    from pipeline.administer.asking import ask
    from pipeline.engine import endpoints

    settings = params.respondents[name]
    if not isinstance(settings, Settings) or engine is None:
        raise TypeError(f"respondent {name} cannot be asked: {settings.kind}, engine {engine}")
    temperature = temperature_of(settings, params)
    endpoint = endpoints.resolve(settings.model, params.models[settings.model])
    answers = ask(engine, name, params, material, model=settings.model, temperature=temperature)
    row = respondent_row(
        respondent=name,
        kind="model",
        group=settings.group,
        model=endpoint.model,
        served_model=",".join(sorted(answers.served)) or None,
        temperature=temperature,
        source=f"{endpoint.provider} at {endpoint.base_url}" if endpoint.base_url else "recorded answers",
    )
    return answers.of(row)


def temperature_of(settings: Settings, params: Params) -> float:
    return params.administer.temperature if settings.temperature is None else settings.temperature


def substitutes(requested: str, served: Iterable[str]) -> list[str]:
    """The served model ids that are neither the one requested nor a version of it: a vendor answers with another
    model, as some do after a shutdown."""
    wanted = _bare(requested)
    return [
        model
        for model in sorted(served)
        if _bare(model) != wanted
        and not (_bare(model).startswith(wanted) and _VERSION.fullmatch(_bare(model)[len(wanted) :]))
    ]


def _bare(model: str) -> str:
    """Without the path that some servers put before a name."""
    return model.rsplit("/", 1)[-1].lower()
