"""What the run ahead would ask, and what that would cost: nobody is asked, and no key is needed.

The requests are those of the stages themselves, made from the tables that exist and looked up among the recorded
answers. Where a table does not exist yet, or belongs to other params, the quotas say how many rows it will have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import yaml

from pipeline.administer.design import Material
from pipeline.cost.forecast import forecast, imagined
from pipeline.cost.lock import built_with
from pipeline.engine import Engine, Request, Response
from pipeline.engine.prices import price_of
from pipeline.engine.response import failure
from pipeline.engine.store import Spend, Store
from pipeline.generate.repairs import read as read_repairs
from pipeline.generate.write import generate
from pipeline.judge.panel import hold_vote
from pipeline.params import PARAMS_FILE, Params
from pipeline.tables import Candidates, Scenarios, read_table

CANDIDATES = Path("data/filter/candidates.parquet")
SCENARIOS = Path("data/judge/scenarios.parquet")
ASSEMBLED = Path("data/assemble")

# English prose in the tokenisers of the models of the paper, within a tenth; wording around messages included.
CHARACTERS_A_TOKEN = 4.0
# Tokens of an answer, and shares of the candidates that need a tie-breaker and of the scenarios that need a
# repair, where no recorded answers tell.
VOTE_TOKENS = 8
ACTIONS_TOKENS = 350
TIES = 0.25
REPAIRS = 0.15
# What a repair request holds besides its first request: the answer and what is wrong with it.
REPAIR_CHARACTERS = 2000
# Recorded cases from which their share is believed.
ENOUGH = 20
# Characters of a scenario text, and candidates for each scenario wanted, where no table tells.
TEXT_CHARACTERS = 1400
ACTION_CHARACTERS = 120
CANDIDATES_A_SCENARIO = 3


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one stage asks of one model: ``calls`` are expected, ``most`` can be needed if every vote is a tie
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


class Asked(msgspec.Struct):
    """Requests of a stage to a model. ``sure`` are missing for certain, ``maybe`` depend on answers that are not
    there; of these ``share`` is expected. Characters are those of the prompts, ``answer`` the tokens of an answer
    where no recorded ones tell.
    """

    recorded: int = 0
    sure: int = 0
    sure_characters: int = 0
    maybe: int = 0
    maybe_characters: int = 0
    share: float = 0.0
    answer: float = VOTE_TOKENS


class Planner:
    """Stands in for an Engine where a stage's functions want one: answers from records, and keeps what is missing.

    A missing answer looks like a failed call.
    """

    def __init__(self, engine: Engine) -> None:
        self.request = engine.request
        self._engine = engine
        self.rounds: list[tuple[list[Request], set[str]]] = []

    def answer(self, requests: Iterable[Request]) -> dict[str, Response]:
        requests = list({request.key: request for request in requests}.values())
        found = self._engine.recorded(requests)
        self.rounds.append((requests, set(found)))
        return {
            request.key: found.get(request.key) or failure(request, "not asked yet", 0)
            for request in requests
        }


def estimate(params: Params, raw: Mapping[str, Any] | None = None) -> Estimate:
    """The estimate for the params in ``raw`` (params.yaml as it is) and the tables of this folder."""
    raw = raw if raw is not None else yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
    candidates, judge_basis = _candidates(params, raw)
    with closing(Store(params.responses.store)) as store:
        spend = store.spend()
    with Engine(params, stage="judge") as engine:
        asked = {("judge", name): counts for name, counts in _votes(engine, candidates, params).items()}
    scenarios, generate_basis = _scenarios(params, raw, candidates)
    with Engine(params, stage="generate") as engine:
        for name in params.generate.generators:
            asked["generate", name] = _actions(engine, scenarios, name, params)
    assumed = {
        "judge": "source_sha256" not in candidates,
        "generate": "role" not in scenarios,
        "administer": not _assembled(raw),
    }
    basis = [judge_basis, generate_basis]
    if administered := _administered(params, raw, scenarios):
        asked |= {("administer", name): counts for name, counts in administered.items()}
        table = ASSEMBLED / "questions.parquet"
        basis.append(
            f"administer: the scenarios of {'the quotas' if assumed['administer'] else table}"
            + (f", because {table} {_why_not(table)}" if assumed["administer"] else "")
        )
    lines = [
        _line(params, stage, name, counts, spend, assumed=assumed[stage])
        for (stage, name), counts in asked.items()
    ]
    return Estimate(lines, basis)


def _votes(engine: Engine, candidates: pl.DataFrame, params: Params) -> dict[str, Asked]:
    planner = Planner(engine)
    hold_vote(planner, candidates, params.judge)  # type: ignore[arg-type]
    (panel, known), (breaks, _) = planner.rounds
    open_posts = {request.subject for request in panel if request.key not in known}
    closed = len({request.subject for request in panel}) - len(open_posts)
    ties = sum(request.subject not in open_posts for request in breaks)
    share = ties / closed if closed >= ENOUGH else TIES
    asked = {name: Asked() for name in params.judge.models}
    for requests, found in planner.rounds:
        for request in requests:
            depends = request.name == params.judge.tie_breaker and request.subject in open_posts
            _add(asked[request.name], request, known=request.key in found, depends=depends)
    asked[params.judge.tie_breaker].share = share
    return asked


def _actions(engine: Engine, scenarios: pl.DataFrame, generator: str, params: Params) -> Asked:
    planner = Planner(engine)
    generate(planner, scenarios, generator, params.generate, read_repairs())  # type: ignore[arg-type]
    asked = Asked(answer=ACTIONS_TOKENS)
    for requests, found in planner.rounds:
        for request in requests:
            _add(asked, request, known=request.key in found, depends=False)
    firsts, known = planner.rounds[0]
    repairs = sum(len(requests) for requests, _ in planner.rounds[1:])
    asked.share = repairs / len(known) if len(known) >= ENOUGH else REPAIRS
    missing = [request for request in firsts if request.key not in known]
    rounds = params.generate.max_repairs
    asked.maybe = rounds * len(missing)
    asked.maybe_characters = rounds * sum(_characters(request) + REPAIR_CHARACTERS for request in missing)
    return asked


def _administered(params: Params, raw: Mapping[str, Any], scenarios: pl.DataFrame) -> dict[str, Asked]:
    """What the respondents that are models are asked, by model."""
    if _assembled(raw):
        material = Material.read(ASSEMBLED)
    else:
        length = round(scenarios["text"].str.len_chars().mean() or TEXT_CHARACTERS)
        material = imagined(
            len(params.categories),
            params.quota.per_category,
            _text(0, length),
            "x" * ACTION_CHARACTERS,
            params.values,
        )
    return {
        model: Asked(
            recorded=found.recorded,
            sure=found.missing,
            sure_characters=round(found.characters),
            answer=found.answer_tokens / found.missing if found.missing else 0,
        )
        for model, found in forecast(params, material).items()
    }


def _assembled(raw: Mapping[str, Any]) -> bool:
    return (ASSEMBLED / "questions.parquet").exists() and built_with(
        raw, "scrape", "filter", "judge", "assemble"
    )


def _add(asked: Asked, request: Request, *, known: bool, depends: bool) -> None:
    if known:
        asked.recorded += 1
    elif depends:
        asked.maybe += 1
        asked.maybe_characters += _characters(request)
    else:
        asked.sure += 1
        asked.sure_characters += _characters(request)


def _characters(request: Request) -> int:
    schema = len(request.schema.body) if request.schema and request.strict else 0
    return schema + sum(len(message.content) for message in request.messages)


def _line(
    params: Params, stage: str, name: str, asked: Asked, spend: Iterable[Spend], *, assumed: bool
) -> Line:
    model = params.models[name]
    live = params.responses.mode == "live" and model.provider != "replay"
    calls = asked.sure + math.ceil(asked.share * asked.maybe)
    most = asked.sure + asked.maybe
    characters = asked.sure_characters + asked.share * asked.maybe_characters
    answer = _answer_tokens(stage, model.model, spend) or asked.answer
    input_tokens, most_input = (
        math.ceil(count / CHARACTERS_A_TOKEN)
        for count in (characters, asked.sure_characters + asked.maybe_characters)
    )
    price = price_of(model.provider, model.model)
    batch = model.batch_above is not None and calls > model.batch_above
    return Line(
        stage=stage,
        name=name,
        model=model.model,
        live=live,
        assumed=assumed,
        recorded=asked.recorded,
        calls=calls,
        most=most,
        input_tokens=input_tokens,
        output_tokens=math.ceil(calls * answer),
        cost=None if price is None else price.cost(input_tokens, 0, math.ceil(calls * answer), batch),
        most_cost=None if price is None else price.cost(most_input, 0, math.ceil(most * answer), batch),
    )


def _answer_tokens(stage: str, model: str, spend: Iterable[Spend]) -> float | None:
    """Tokens of an answer: the mean of what is recorded for the stage and model, if it is enough."""
    rows = [row for row in spend if (row.stage, row.model) == (stage, model)]
    calls = sum(row.calls - row.unmetered for row in rows)
    if calls >= ENOUGH:
        return sum(row.output_tokens for row in rows) / calls
    return None


def _candidates(params: Params, raw: Mapping[str, Any]) -> tuple[pl.DataFrame, str]:
    if CANDIDATES.exists() and built_with(raw, "scrape", "filter"):
        table = read_table(Candidates, CANDIDATES)
        return table, f"judge: {table.height:,} candidates in {CANDIDATES}"
    times = params.filter.shortlist or CANDIDATES_A_SCENARIO
    count = math.ceil(times * params.quota.per_category * len(params.categories))
    table = pl.DataFrame(
        {
            "post_id": [f"{number}" for number in range(count)],
            "subreddit": [_subreddit(params)] * count,
            "text": [_text(number, TEXT_CHARACTERS) for number in range(count)],
        }
    )
    return table, (
        f"judge: {count:,} candidates of {TEXT_CHARACTERS:,} characters, {times:g} for each scenario; "
        f"{'filter.shortlist says so' if params.filter.shortlist else 'an assumption'}, because "
        f"{CANDIDATES} {_why_not(CANDIDATES)}"
    )


def _scenarios(params: Params, raw: Mapping[str, Any], candidates: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    if SCENARIOS.exists() and built_with(raw, "scrape", "filter", "judge"):
        table = read_table(Scenarios, SCENARIOS)
        return table, f"generate: {table.height:,} scenarios in {SCENARIOS}"
    wanted = (params.quota.per_category + params.quota.reserve) * len(params.categories)
    count = min(wanted, candidates.height)
    length = round(candidates["text"].str.len_chars().mean() or TEXT_CHARACTERS)
    table = pl.DataFrame(
        {
            "scenario_id": [f"s{number:010x}" for number in range(count)],
            "subreddit": [_subreddit(params)] * count,
            "text": [_text(number, length) for number in range(count)],
        }
    )
    return table, (
        f"generate: {count:,} scenarios of {length:,} characters, as the quotas have it, because "
        f"{SCENARIOS} {_why_not(SCENARIOS)}"
    )


def _subreddit(params: Params) -> str:
    return max(params.subreddit_spelling.values(), key=len)


def _text(number: int, characters: int) -> str:
    """A text of that length that no recorded request holds."""
    return f"(text {number} of an estimate) ".ljust(characters, "x")


def _why_not(table: Path) -> str:
    return "was made with other params" if table.exists() else "does not exist yet"
