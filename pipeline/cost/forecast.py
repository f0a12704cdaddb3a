"""How many requests an administration still needs, and how long they are: for `valact cost`. Nobody is asked."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import polars as pl

from pipeline.administer.asking import Requests
from pipeline.administer.design import Design, Material, design_for
from pipeline.administer.requests import Prompter
from pipeline.administer.respondents import model
from pipeline.administer.wordings import load_wordings
from pipeline.engine import Engine, transcripts
from pipeline.engine.store import Store
from pipeline.params import Params
from pipeline.values import Inventory

# Requests of a kind that stand for all of it, and requests looked up at a time.
SAMPLE, WINDOW = 100, 1000
KINDS = ("choices", "items", "ratings")
# Tokens of an answer: a letter, or a rating of each item or value.
TOKENS = 8


@dataclass(slots=True)
class Forecast:
    """Requests recorded and missing; characters of the prompts and tokens of the answers of those missing."""

    recorded: int = 0
    missing: int = 0
    characters: float = 0.0
    answer_tokens: float = 0.0


def forecast(params: Params, material: Material) -> dict[str, Forecast]:
    """What the respondents that are models are still to be asked, by model (their names in params).

    Requests are made and looked up one by one only for models that have answered before; of the others all are
    missing, and some of each kind tell how long they are.
    """
    answered = _answered_models(params)
    forecasts: dict[str, Forecast] = {}
    with Engine(params, stage="administer") as engine:
        for name, respondent in params.respondents.items():
            if isinstance(respondent, model.Settings):
                known = params.models[respondent.model].model in answered
                design = design_for(params, name, material.scenarios, material.questions)
                found = forecasts.setdefault(respondent.model, Forecast())
                for kind in KINDS:
                    _count(found, engine, respondent, params, material, design, kind, look_up=known)
    return forecasts


def _count(
    result: Forecast,
    engine: Engine,
    respondent: model.Settings,
    params: Params,
    material: Material,
    design: Design,
    kind: str,
    *,
    look_up: bool,
) -> None:
    """Adds what one kind of asking needs."""
    part = _only(design, kind, None if look_up else SAMPLE)
    prompter = Prompter(material, params, load_wordings(params))
    temperature = model.temperature_of(respondent, params)
    requests = iter(Requests(engine, prompter, part, model=respondent.model, temperature=temperature))
    count = characters = 0
    while window := list(islice(requests, WINDOW)):
        found = engine.recorded(window) if look_up else {}
        result.recorded += len(found)
        left = [request for request in window if request.key not in found]
        count += len(left)
        characters += sum(len(message.content) for request in left for message in request.messages)
    table = getattr(design, kind)
    missing = count if look_up else table.height
    result.missing += missing
    result.characters += characters / count * missing if count else 0
    result.answer_tokens += _tokens(table, kind) * missing


def _tokens(table: pl.DataFrame, kind: str) -> float:
    """Tokens of an answer of a kind: eight a letter or rating, of which there are as many as items or values shown."""
    if kind == "choices" or table.is_empty():
        return TOKENS
    shown = table["items" if kind == "items" else "values"]
    return TOKENS * float(shown.list.len().sum()) / table.height


def imagined(categories: int, per_category: int, text: str, action: str, values: Inventory) -> Material:
    """Material of that size where there is none yet: every scenario and every action is as given."""
    ids = [f"s{number:010x}" for number in range(categories * per_category)]
    scenarios = pl.DataFrame(
        {
            "scenario_id": ids,
            "category": [str(number % categories) for number in range(len(ids))],
            "text": [text] * len(ids),
        }
    )
    questions = scenarios.select("scenario_id").join(pl.DataFrame({"n": range(1, 6)}), how="cross")
    questions = questions.select(
        "scenario_id",
        question_id=pl.format("{}.q{}", "scenario_id", "n"),
        target_value=pl.lit(values.slugs[0]),
    )
    options = questions.select("question_id").join(
        pl.DataFrame({"position": range(1, 5), "value": values.slugs[:4]}), how="cross"
    )
    options = options.with_columns(action_id=pl.format("{}.{}", "question_id", "position"))
    return Material(questions, options, scenarios, options.select("action_id", text=pl.lit(action)))


def _only(design: Design, kind: str, sample: int | None) -> Design:
    """One kind of asking of a design, or about ``sample`` of them spread over all."""
    tables = {name: getattr(design, name) for name in KINDS}
    table = tables[kind]
    if sample is not None:
        table = table.gather_every(max(1, table.height // sample))
    return Design(**{name: other.clear() for name, other in tables.items()} | {kind: table})


def _answered_models(params: Params) -> set[str]:
    """Model ids with a recorded answer to anything that may have been an administration."""
    index = transcripts.open_index(params.responses.transcripts, beside=params.responses.store)
    query = "SELECT DISTINCT model FROM answers WHERE stage IN ('administer', 'transcript')"
    models: set[str] = set()
    for store in (Store(params.responses.store), index):
        if store is not None:
            with closing(store):
                models |= {model for (model,) in store.rows(query)}
    return models
