"""What each respondent would do: one request for each of some scenarios."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline import prompts
from pipeline.core.errors import ParamsError
from pipeline.core.seeding import seeded_hash
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params import Params


@dataclass(frozen=True, slots=True)
class Said:
    """What a respondent would do in a scenario, whose post is ``post``."""

    respondent: str
    scenario_id: str
    post: str
    request: Request
    response: Response

    @property
    def subject(self) -> str:
        return subject(self.scenario_id, self.respondent)

    @property
    def text(self) -> str | None:
        """As it came, None without an answer."""
        return (self.response.text.strip() or None) if self.response.status == "ok" else None


def subject(scenario_id: str, respondent: str) -> str:
    """What is asked about; it begins with the scenario, by which a take-down finds it."""
    return f"{scenario_id}.{respondent}"


def model_of(params: Params, respondent: str) -> str:
    """The model that answers for a respondent of params; ParamsError where there is none."""
    if respondent not in params.respondents:
        known = ", ".join(params.respondents) or "none"
        raise ParamsError(
            f"there is no respondent {respondent!r}; known are {known}", where="freetext.respondents"
        )
    found = params.respondents[respondent].asks
    if found is None:
        raise ParamsError(
            f"{respondent} is no model, and has no words of its own", where="freetext.respondents"
        )
    return found


def draw(scenarios: pl.DataFrame, most: int, seed: int) -> pl.DataFrame:
    """At most so many scenarios, the categories in turn, in the order of their ids: the same for every respondent. A
    larger number keeps all that were drawn."""
    lots = [seeded_hash(seed, "freetext", scenario) for scenario in scenarios["scenario_id"]]
    return (
        scenarios.select("scenario_id", "category", "text")
        .with_columns(lot=pl.Series(lots, dtype=pl.UInt64))
        .sort("lot")
        .with_columns(turn=pl.int_range(pl.len()).over("category"))
        .sort("turn", "lot")
        .head(most)
        .sort("scenario_id")
    )


def ask(engine: Answerer, scenarios: pl.DataFrame, params: Params) -> list[Said]:
    """Every respondent about every one of these scenarios (scenario_id, text)."""
    rows = scenarios.select("scenario_id", "text").rows()
    asked = [
        (name, scenario, text, _request(engine, name, scenario, text, params))
        for name in params.freetext.respondents
        for scenario, text in rows
    ]
    answers = engine.answer([request for *_, request in asked])
    return [
        Said(name, scenario, text, request, answers[request.key]) for name, scenario, text, request in asked
    ]


def _request(engine: Answerer, name: str, scenario: str, text: str, params: Params) -> Request:
    settings = params.freetext
    system, user = prompts.load(settings.prompt).fill(text=text)
    return engine.request(
        model=model_of(params, name),
        messages=[Message("system", system), Message("user", user)],
        temperature=settings.temperature,
        subject=subject(scenario, name),
    )
