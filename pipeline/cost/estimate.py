"""What the run ahead would ask, and what that would cost: nobody is asked, and no key is needed.

The requests are those of the steps themselves, made from the tables that exist and looked up among the recorded
answers. Where a table does not exist yet, or belongs to other params, params say how many rows it will have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import closing
from decimal import Decimal
from typing import Any

import msgspec
import polars as pl
import yaml

from pipeline.cost import imagined, imagined_lens
from pipeline.cost.lock import built_with
from pipeline.cost.planner import ENOUGH, Asked, Planner
from pipeline.engine import Engine, registry, transcripts
from pipeline.engine.prices import Book
from pipeline.engine.spend import Spend
from pipeline.engine.store import Store
from pipeline.params import Params
from pipeline.params.common import Common
from pipeline.params.models import Model
from pipeline.recipe import VALACT, Recipe
from pipeline.step import Job, Step
from pipeline.tables import places, read_table
from pipeline.tables.places import Place

# English prose in the tokenisers of the models of the paper, within a tenth; wording around messages included.
CHARACTERS_A_TOKEN = 4.0
# What a model that thinks takes for that besides: a round number on the side of more, until answers tell.
THINKING_TOKENS = 1000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one step asks of one model: ``calls`` are expected, ``most`` can be needed if every vote is a tie
    and every scenario needs every repair. Tokens are those of ``calls``. Costs are US dollars, None where the
    price is not known; nobody is asked if not ``live``. ``assumed`` says that the table to ask about is not there.
    """

    stage: str
    name: str
    model: str
    live: bool
    assumed: bool
    recorded: int
    calls: int
    most: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    most_cost: Decimal | None


class Estimate(msgspec.Struct, frozen=True):
    """``basis`` says in words what the lines were counted from."""

    lines: list[Line]
    basis: list[str]


def estimate(
    params: Common,
    raw: Mapping[str, Any] | None = None,
    *,
    recipe: Recipe = VALACT,
    steps: Iterable[Step[Any]] | None = None,
) -> Estimate:
    """The estimate for the params in ``raw`` (params.yaml as it is) and the tables of this folder: of the recipe's
    steps that ask models, unless others are named."""
    raw = raw if raw is not None else yaml.safe_load(recipe.params_file.read_text(encoding="utf-8"))
    with closing(Store(params.responses.store)) as store:
        spend = store.spend()
    answered = _answered(params)
    lines, basis = [], []
    for step in recipe.asking() if steps is None else steps:
        parts = [part for part in step.parts(params) if step.models(params, part)]
        if not parts:
            continue
        given, words = _tables(recipe, step, params, raw)
        asked: dict[str, Asked] = {}
        with Engine(params, stage=step.name) as engine:
            for part in parts:
                planner = Planner(engine, step.follow_ups(params, part), answered, step.tokens)
                words += _ask(step, Job(step, params, part, planner, stand_ins=given), planner)
                for name, counts in planner.plan().items():
                    asked[name] = asked[name] + counts if name in asked else counts
        basis.append(f"{step.name}: {words}")
        names = dict.fromkeys(name for part in parts for name in step.models(params, part))
        lines += [
            _line(params, step.name, name, asked.get(name, Asked()), spend, assumed=bool(given))
            for name in names
        ]
    return Estimate(lines, basis)


def _ask(step: Step[Any], job: Job[Any], planner: Planner) -> str:
    """Asks as the run would; what a step that plans says about it."""
    if step.plan is not None:
        return f"; {step.plan(job, planner)}"
    if step.ask is not None:
        step.ask(job)
    return ""


def _line(
    params: Common, stage: str, name: str, asked: Asked, spend: Iterable[Spend], *, assumed: bool
) -> Line:
    model = params.models[name]
    live = params.responses.mode == "live" and model.provider != "replay"
    expected, worst = asked.sure + asked.likely, asked.sure + asked.most
    # Weights of a sample are fractions: their sums are whole but for rounding.
    calls, most = math.ceil(round(expected.calls, 6)), math.ceil(round(worst.calls, 6))
    input_tokens = math.ceil(expected.characters / CHARACTERS_A_TOKEN)
    most_input = math.ceil(worst.characters / CHARACTERS_A_TOKEN)
    known = _answer_tokens(stage, model.model, spend)
    thinking = _thinking(model)
    output_tokens = math.ceil(calls * known if known else calls * thinking + expected.tokens)
    most_output = math.ceil(most * known if known else most * thinking + worst.tokens)
    price = Book(params.models).of(model.provider, model.model)
    batch = model.batch_above is not None and calls > model.batch_above
    return Line(
        stage=stage,
        name=name,
        model=model.model,
        live=live,
        assumed=assumed,
        recorded=round(asked.recorded),
        calls=calls,
        most=most,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=None if price is None else price.cost(input_tokens, 0, output_tokens, batch),
        most_cost=None if price is None else price.cost(most_input, 0, most_output, batch),
    )


def _thinking(model: Model) -> int:
    """Tokens that a model spends on thinking in one answer, where nothing is recorded of it: a budget counts whole."""
    if not registry.thinks(model):
        return 0
    return min(registry.thinking_budget(model) or THINKING_TOKENS, model.max_tokens)


def _answer_tokens(stage: str, model: str, spend: Iterable[Spend]) -> float | None:
    """Tokens of an answer: the mean of what is recorded for the stage and model, if it is enough."""
    rows = [row for row in spend if (row.stage, row.model) == (stage, model)]
    calls = sum(row.calls - row.unmetered for row in rows)
    if calls >= ENOUGH:
        return sum(row.output_tokens for row in rows) / calls
    return None


def _tables(
    recipe: Recipe, step: Step[Any], params: Any, raw: Mapping[str, Any]
) -> tuple[dict[Place, pl.DataFrame], str]:
    """Tables that stand in for those that are not there (none if all are), and what is counted, in words."""
    if not step.inputs:
        return {}, "as params have it"
    first = step.inputs[0]
    if _is_built(recipe, first, raw):
        table = read_table(first.schema, first.path())
        return {}, f"{table.height:,} {_rows(first)} in {first.path()}"
    why = f"because {first.path()} " + (
        "was made with other params" if first.path().exists() else "does not exist yet"
    )
    if recipe is not VALACT:
        return imagined_lens.tables(params), f"the grid of params, {why}"
    return _imagined(first, params, raw, why)


def _imagined(
    first: Place, params: Params, raw: Mapping[str, Any], why: str
) -> tuple[dict[Place, pl.DataFrame], str]:
    if first == places.CANDIDATES:
        made, limit = imagined.candidates(params), params.judge.max_candidates
        return {first: made}, (
            f"{made.height:,} candidates of {imagined.TEXT_CHARACTERS:,} characters, "
            f"{'as judge.max_candidates has it' if limit else 'an assumption'}, {why}"
        )
    length = imagined.TEXT_CHARACTERS
    most = imagined.candidates_each(params) * len(params.categories)
    if _is_built(VALACT, places.CANDIDATES, raw):
        texts = read_table(places.CANDIDATES.schema, places.CANDIDATES.path())["text"]
        length, most = round(texts.str.len_chars().mean() or length), len(texts)  # type: ignore[arg-type]
    if first == places.JUDGED_SCENARIOS:
        scenarios = imagined.scenarios(params, length, most=most)
        return {first: scenarios}, (
            f"{scenarios.height:,} scenarios of {length:,} characters, as the quotas have it, {why}"
        )
    return imagined.material(params, length), f"the scenarios of the quotas, {why}"


def _is_built(recipe: Recipe, place: Place, raw: Mapping[str, Any]) -> bool:
    """Whether the table is there and every step before it ran with these params."""
    steps = recipe.steps[: recipe.steps.index(place.step) + 1]
    return place.path().exists() and built_with(raw, *steps, recipe=recipe)


def _rows(place: Place) -> str:
    return place.name.replace("_", " ")


def _answered(params: Common) -> set[str]:
    """Model ids with any recorded answer."""
    index = transcripts.open_index(params.responses.transcripts, beside=params.responses.store)
    models: set[str] = set()
    for store in (Store(params.responses.store), index):
        if store is not None:
            with closing(store):
                models |= {model for (model,) in store.rows("SELECT DISTINCT model FROM answers")}
    return models
