"""Giving the instruments to one respondent: every row of its design comes back with a status.

A model is asked through the response engine; a simulated respondent never is. Either way letters become action ids
here, before anything else sees them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import polars as pl

from pipeline.administer import simulated
from pipeline.administer.design import Design, Material, design_for, respondent_of
from pipeline.administer.parsing import raw_of, read_letter, read_scale
from pipeline.administer.permutation import dealt_position
from pipeline.administer.requests import PLACES, Prompter, choice_schema, letters_of, scale_schema
from pipeline.administer.respondents import model_row, simulated_row, temperature_of
from pipeline.core.errors import ParamsError
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.instruments import pvq
from pipeline.instruments.pvq import Instrument
from pipeline.params import Params
from pipeline.params.evaluation import ModelRespondent, SimulatedRespondent
from pipeline.tables import Choices, PvqAnswers, Ratings, conform

Asking = tuple[str, int, list[Message], dict[str, Any], str, int]
_ANSWER = {"status": pl.String, "letter": pl.String, "raw": pl.String, "request_key": pl.String}


@dataclass(frozen=True, slots=True)
class Answers:
    """What one respondent answered: tables Respondents (one row), Choices, PvqAnswers and Ratings.

    ``served`` are the model ids with which the answers came.
    """

    respondent: pl.DataFrame
    choices: pl.DataFrame
    pvq_answers: pl.DataFrame
    ratings: pl.DataFrame
    served: frozenset[str] = frozenset()


def load_instruments(params: Params) -> dict[str, Instrument]:
    """The PVQ of each language of prompts that is used."""
    files = {"en": params.instruments.pvq.en, "zh": params.instruments.pvq.zh}
    return {language: pvq.load(files[language]) for language in params.administer.languages}


def ask(engine: Answerer, name: str, params: Params, material: Material) -> Read:
    """Asks the model that is the respondent of that name; raises what ``Engine.stream`` raises."""
    respondent = respondent_of(params, name)
    if not isinstance(respondent, ModelRespondent):
        raise ParamsError("it is no model, and cannot be asked", where=f"respondents.{name}")
    design = design_for(params, name, material.scenarios, material.questions, material.size)
    requests = Requests(engine, respondent, params, material, load_instruments(params), design)
    read = Read(design)
    failed: dict[str, str] = {}
    for request, response in engine.stream(requests):
        if response.status == "failed":
            failed[request.key] = str(response.error)
        for kind, index in requests.places[request.key]:
            read.take(kind, index, response)
    engine.check_failed(failed)
    return read


def answers_of(name: str, params: Params, material: Material, read: Read) -> Answers:
    """The tables of the model of that name from what it answered."""
    respondent, design = respondent_of(params, name), read.design
    if not isinstance(respondent, ModelRespondent):
        raise ParamsError("it is no model, and has no answers to read", where=f"respondents.{name}")
    return Answers(
        model_row(name, respondent, params, read.served),
        _choices(name, design, pl.DataFrame(read.letters, schema=_ANSWER, orient="row"), material.options),
        _pvq_answers(name, design, load_instruments(params), read.items),
        _ratings(name, design, read.values),
        frozenset(read.served),
    )


def simulate(name: str, params: Params, material: Material) -> Answers:
    """Draws the answers of the simulated respondent of that name; ``material.actions`` is not looked at."""
    agent = respondent_of(params, name)
    assert isinstance(agent, SimulatedRespondent)
    design = design_for(params, name, material.scenarios, material.questions, material.size)
    letters = simulated.choose(name, agent, design.choices, material.options, params.seed)
    items = simulated.rate_items(name, agent, design, params.seed)
    values = simulated.rate_values(name, agent, design, params.seed)
    return Answers(
        simulated_row(name, agent),
        _choices(name, design, letters, material.options),
        _pvq_answers(name, design, load_instruments(params), [_unsaid(row) for row in items]),
        _ratings(name, design, [_unsaid(row) for row in values]),
    )


class Requests:
    """The requests of a design, made as they are taken; ``places`` says which rows each of them answers."""

    def __init__(
        self,
        engine: Answerer,
        respondent: ModelRespondent,
        params: Params,
        material: Material,
        instruments: dict[str, Instrument],
        design: Design,
    ) -> None:
        self._engine, self._model = engine, respondent.model
        self._temperature = temperature_of(respondent, params)
        self._prompter = Prompter(material, instruments)
        self._design = design
        self.places: dict[str, list[tuple[str, int]]] = {}

    def __len__(self) -> int:
        return self._design.choices.height + self._design.pvq.height + self._design.ratings.height

    def __iter__(self) -> Iterator[Request]:
        return self._requests(self._design)

    def _requests(self, design: Design) -> Iterator[Request]:
        for kind, index, messages, schema, subject, repeat in self._askings(design):
            request = self._engine.request(
                model=self._model,
                messages=messages,
                schema=schema,
                temperature=self._temperature,
                subject=subject,
                # The engine counts repeats from 0.
                repeat=repeat - 1,
            )
            self.places.setdefault(request.key, []).append((kind, index))
            yield request

    def sample(self, most: int) -> Iterator[tuple[Request, float]]:
        """About ``most`` of the requests, spread over the kinds, each with how many it stands for."""
        whole = {field.name: getattr(self._design, field.name) for field in fields(Design)}
        for kind, table in whole.items():
            part = table.gather_every(max(1, len(whole) * table.height // most))
            only = Design(**{name: other.clear() for name, other in whole.items()} | {kind: part})
            for request in self._requests(only):
                yield request, table.height / part.height

    def _askings(self, design: Design) -> Iterator[Asking]:
        prompter = self._prompter
        rows = design.pvq.select("language", "wording", "repeat", "items").iter_rows()
        for index, (language, wording, repeat, items) in enumerate(rows):
            messages = prompter.pvq(language, wording, items)
            yield "items", index, messages, scale_schema("portraits", PLACES), "pvq", repeat
        columns = ("mode", "language", "wording", "question_id", "scenario_id", "order", "target_value")
        rows = design.choices.select("repeat", *columns).iter_rows()
        for index, (repeat, mode, *shown) in enumerate(rows):
            messages = prompter.question(mode, *shown)
            yield "letters", index, messages, choice_schema(letters_of(mode, len(shown[4]))), shown[2], repeat
        rows = design.ratings.select("language", "wording", "repeat", "scenario_id", "values").iter_rows()
        for index, (language, wording, repeat, scenario, values) in enumerate(rows):
            messages = prompter.rating(language, wording, scenario, values)
            yield "values", index, messages, scale_schema("applicability", tuple(values)), scenario, repeat


Scale = list[tuple[str, int | None, str | None, str | None]]


@dataclass(slots=True)
class Read:
    """Answers as they come, in the places of their rows."""

    design: Design
    letters: list[Any] = field(init=False)
    items: list[Any] = field(init=False)
    values: list[Any] = field(init=False)
    served: set[str] = field(default_factory=set)
    _modes: pl.Series = field(init=False)
    _orders: pl.Series = field(init=False)
    _values: pl.Series = field(init=False)

    def __post_init__(self) -> None:
        self.letters = [None] * self.design.choices.height
        self.items = [None] * self.design.pvq.height
        self.values = [None] * self.design.ratings.height
        self._modes, self._orders = self.design.choices["mode"], self.design.choices["order"]
        self._values = self.design.ratings["values"]

    def take(self, kind: str, index: int, response: Response) -> None:
        if response.served_model:
            self.served.add(response.served_model)
        if kind == "letters":
            options = len(self._orders[index])
            status, letter = read_letter(response, letters_of(self._modes[index], options), options)
            self.letters[index] = (status, letter, raw_of(response), response.key)
            return
        fields = PLACES if kind == "items" else self._values[index].to_list()
        rows = [(*answer, response.key) for answer in read_scale(response, fields)]
        (self.items if kind == "items" else self.values)[index] = rows


def _unsaid(answers: Sequence[tuple[str, int | None]]) -> Scale:
    """Simulated answers in the form of read ones: nothing was said, nothing was asked."""
    return [(status, answer, None, None) for status, answer in answers]


def _choices(name: str, design: Design, answers: pl.DataFrame, options: pl.DataFrame) -> pl.DataFrame:
    """Table Choices: letters become dealt positions, and these action ids and values, by the order shown."""
    rows = pl.concat([design.choices, answers], how="horizontal").with_columns(
        respondent=pl.lit(name), position=dealt_position(pl.col("order"), pl.col("letter"))
    )
    rows = rows.join(
        options.select("question_id", "position", "action_id", "value"),
        on=["question_id", "position"],
        how="left",
        validate="m:1",
    )
    missing = [column for column in ("raw", "request_key") if column not in rows.columns]
    rows = rows.with_columns(pl.lit(None, pl.String).alias(column) for column in missing)
    return conform(Choices, rows.select(*Choices.columns()), where=f"choices of {name}")


def _pvq_answers(
    name: str, design: Design, instruments: dict[str, Instrument], answers: Sequence[Scale]
) -> pl.DataFrame:
    """Table PvqAnswers: shown places become item numbers; ``language`` is the instrument's own."""
    rows = []
    asked = design.pvq.select("administration", "language", "wording", "shuffle", "items").iter_rows()
    for (administration, language, wording, shuffle, items), said in zip(asked, answers, strict=True):
        spoken = instruments[language].language
        for place, (item, answer) in enumerate(zip(items, said, strict=True), start=1):
            rows.append((name, administration, item, spoken, wording, shuffle, place, *answer))
    return _table(PvqAnswers, rows, where=f"PVQ answers of {name}")


def _ratings(name: str, design: Design, answers: Sequence[Scale]) -> pl.DataFrame:
    rows = []
    asked = design.ratings.select("language", "wording", "repeat", "scenario_id", "values").iter_rows()
    for (language, wording, repeat, scenario, values), said in zip(asked, answers, strict=True):
        for value, answer in zip(values, said, strict=True):
            rows.append((name, language, wording, repeat, scenario, value, *answer))
    return _table(Ratings, rows, where=f"ratings of {name}")


def _table(schema: Any, rows: list[tuple[Any, ...]], *, where: str) -> pl.DataFrame:
    return conform(schema, pl.DataFrame(rows, schema=schema.create_empty().schema, orient="row"), where=where)
