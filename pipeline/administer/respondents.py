"""Who a respondent is, as a row of the table Respondents, and whether the model that answered is the one asked."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.administer.simulated import SOURCE
from pipeline.engine import endpoints
from pipeline.params import Params
from pipeline.params.evaluation import ModelRespondent, SimulatedRespondent
from pipeline.tables import Respondents, conform


def model_row(name: str, respondent: ModelRespondent, params: Params, served: Iterable[str]) -> pl.DataFrame:
    """The row of a model; ``served`` are the model ids with which its answers came."""
    endpoint = endpoints.resolve(respondent.model, params.models[respondent.model])
    return _row(
        respondent=name,
        kind="model",
        group=respondent.group,
        model=endpoint.model,
        served_model=",".join(sorted(served)) or None,
        temperature=temperature_of(respondent, params),
        source=f"{endpoint.provider} at {endpoint.base_url}" if endpoint.base_url else "recorded answers",
    )


def simulated_row(name: str, respondent: SimulatedRespondent) -> pl.DataFrame:
    return _row(respondent=name, kind="simulated", group=respondent.group, source=SOURCE)


def temperature_of(respondent: ModelRespondent, params: Params) -> float:
    own = respondent.temperature
    return params.administer.temperature if own is None else own


def _row(**fields: object) -> pl.DataFrame:
    return conform(Respondents, [fields], where=f"respondent {fields['respondent']}")
