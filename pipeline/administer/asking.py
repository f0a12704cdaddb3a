"""Giving the instruments and questions to a model: every row of its design comes back with a status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import polars as pl

from pipeline.administer.answers import Answers, Scale, choices_table, items_table, ratings_table
from pipeline.administer.arms import REASONING
from pipeline.administer.design import Design, Material, design_for, languages_of, respondent_of
from pipeline.administer.parsing import raw_of, read_letter, read_scale
from pipeline.administer.requests import RATINGS, Prompter, choice_schema, letters_of, scale_schema
from pipeline.administer.wordings import load_wordings
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.instruments import Instrument
from pipeline.instruments import load as load_instrument
from pipeline.params import Params

Asking = tuple[str, int, list[Message], dict[str, Any], str, int]
ANSWER = dict.fromkeys(("status", "letter", "raw", "request_key", "origin"), pl.String)


def ask(
    engine: Answerer,
    name: str,
    params: Params,
    material: Material,
    *,
    model: str,
    temperature: float,
    design: Design | None = None,
) -> Read:
    """Asks a model of params for the respondent of that name, what params say unless a ``design`` is given; raises what
    ``Engine.stream`` raises."""
    if design is None:
        design = design_for(params, name, material.scenarios, material.questions, material.size)
    arm = respondent_of(params, name).arm
    prompter = Prompter(material, params, load_wordings(params, languages_of(params, name)), arm)
    requests = Requests(
        engine, prompter, design, model=model, temperature=temperature, reasoned=arm == REASONING
    )
    read = Read(design)
    failed: dict[str, str] = {}
    for request, response in engine.stream(requests):
        if response.status == "failed":
            failed[request.key] = str(response.error)
        for kind, index in requests.places[request.key]:
            read.take(kind, index, response)
    engine.check_failed(failed)
    return read


class Requests:
    """The requests of a design, made as they are taken; ``places`` says which rows each of them answers."""

    def __init__(
        self,
        engine: Answerer,
        prompter: Prompter,
        design: Design,
        *,
        model: str,
        temperature: float,
        reasoned: bool = False,
    ) -> None:
        self._engine, self._model, self._temperature = engine, model, temperature
        self._reasoned = reasoned
        self._prompter, self._design = prompter, design
        self.places: dict[str, list[tuple[str, int]]] = {}

    def __len__(self) -> int:
        return self._design.choices.height + self._design.items.height + self._design.ratings.height

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
        rows = design.items.select("instrument", "language", "wording", "repeat", "items").iter_rows()
        for index, (name, language, wording, repeat, items) in enumerate(rows):
            messages = prompter.statements(name, language, wording, items)
            asked = load_instrument(name)
            yield (
                "items",
                index,
                messages,
                scale_schema("portraits", asked.places, asked.scale),
                f"instrument {name}",
                repeat,
            )
        columns = ("mode", "language", "wording", "question_id", "scenario_id", "order", "target_value")
        rows = design.choices.select("repeat", *columns).iter_rows()
        for index, (repeat, mode, *shown) in enumerate(rows):
            messages = prompter.question(mode, *shown)
            letters = letters_of(mode, len(shown[4]))
            yield (
                "letters",
                index,
                messages,
                choice_schema(letters, reasoned=self._reasoned),
                shown[2],
                repeat,
            )
        rows = design.ratings.select("language", "wording", "repeat", "scenario_id", "values").iter_rows()
        for index, (language, wording, repeat, scenario, values) in enumerate(rows):
            messages = prompter.rating(language, wording, scenario, values)
            schema = scale_schema("applicability", tuple(values), RATINGS)
            yield "values", index, messages, schema, scenario, repeat


@dataclass(slots=True)
class Read:
    """Answers as they come, in the places of their rows."""

    design: Design
    letters: list[Any] = field(init=False)
    items: list[Scale] = field(init=False)
    values: list[Scale] = field(init=False)
    served: set[str] = field(default_factory=set)
    last_day: str | None = None
    _modes: pl.Series = field(init=False)
    _orders: pl.Series = field(init=False)
    _instruments: list[Instrument] = field(init=False)
    _values: pl.Series = field(init=False)

    def __post_init__(self) -> None:
        self.letters = [None] * self.design.choices.height
        self.items = [[] for _ in range(self.design.items.height)]
        self.values = [[] for _ in range(self.design.ratings.height)]
        self._modes, self._orders = self.design.choices["mode"], self.design.choices["order"]
        self._values = self.design.ratings["values"]
        self._instruments = [load_instrument(name) for name in self.design.items["instrument"]]

    def answers(self, name: str, params: Params, material: Material, respondent: pl.DataFrame) -> Answers:
        """The tables of the respondent of that name."""
        letters = pl.DataFrame(self.letters, schema=ANSWER, orient="row")
        return Answers(
            respondent,
            choices_table(name, self.design, letters, material.options, material.questions),
            items_table(name, self.design, load_wordings(params, languages_of(params, name)), self.items),
            ratings_table(name, self.design, self.values),
            frozenset(self.served),
        )

    def take(self, kind: str, index: int, response: Response) -> None:
        if response.served_model:
            self.served.add(response.served_model)
        self.last_day = max(self.last_day or "", response.recorded_at.date().isoformat())
        if kind == "letters":
            options = len(self._orders[index])
            status, letter = read_letter(response, letters_of(self._modes[index], options), options)
            self.letters[index] = (status, letter, raw_of(response), response.key, response.origin)
        elif kind == "items":
            asked = self._instruments[index]
            self.items[index] = [
                (*answer, response.key, response.origin)
                for answer in read_scale(response, asked.places, asked.scale)
            ]
        else:
            fields = self._values[index].to_list()
            self.values[index] = [
                (*answer, response.key, response.origin) for answer in read_scale(response, fields, RATINGS)
            ]
