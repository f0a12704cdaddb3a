"""A step of the recipe as an object: stages run it, `valact cost` plans it, `valact batches` sends its requests,
the sample's builder and tests run it with other answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol

import polars as pl
from typing_extensions import TypeVar

from pipeline.core.errors import ValActError
from pipeline.core.invariants import given, holds, nothing_vanishes
from pipeline.params import Params
from pipeline.tables import read_table, scan_table, write_table
from pipeline.tables.places import Place

if TYPE_CHECKING:
    from pipeline.engine import Answerer, Engine, Request

# The settings of the recipe that a step belongs to: ValAct's unless it says otherwise.
P = TypeVar("P", default=Params)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a step asks about a subject once its first answers are there (a tie-break, a repair).

    At most ``most`` requests, and ``likely`` so many where no recorded answers tell: to ``model`` for a subject, or
    (None) to the model of each first request for that request. Each is ``characters`` longer than the first, and its
    answer has ``tokens`` (None: as many as the first). ``schema`` names the schema of the answers, by which recorded
    ones are told from those of another follow-up. It follows first requests whose answers have the schema ``after``
    (empty: none), or any (None).
    """

    likely: float
    most: int = 1
    model: str | None = None
    characters: int = 0
    tokens: float | None = None
    schema: str = ""
    after: str | None = None


class Planning(Protocol):
    """What else may be asked of who answers (from records; what is missing there has the status ``failed``) where a run
    is planned. Of what is missing ``times`` as much can be needed in the end.
    """

    times: float

    def knows(self, model: str) -> bool:
        """Whether the model of that id was ever asked anything."""
        ...


@dataclass(frozen=True, slots=True)
class Step(Generic[P]):
    """One step: ``make`` reads ``inputs`` and writes ``outputs`` by the Job that it is handed, and nothing else.

    A step that asks models has ``ask``: every request that it makes, it makes there, so that a plan of the run
    needs no more. Where answers decide how much is asked, ``plan`` stands in for it: it asks what it expects to be
    asked, and says in words what it goes by. The step ``opens`` an engine for parts of which ``models`` names models
    to ask, by their names in params. ``parts`` are the parts of a step that runs once for each (respondents).
    ``tokens`` says how long the answer to a request will be, where the fields of its schema do not tell.
    """

    name: str
    make: Callable[[Job[P]], None]
    inputs: tuple[Place, ...] = ()
    outputs: tuple[Place, ...] = ()
    parts: Callable[[P], Sequence[str]] = lambda params: ("",)
    ask: Callable[[Job[P]], object] | None = None
    plan: Callable[[Job[P], Planning], str] | None = None
    opens: Callable[[P, str], Engine] | None = None
    models: Callable[[P, str], Sequence[str]] = lambda params, part: ()
    follow_ups: Callable[[P, str], Sequence[FollowUp]] = lambda params, part: ()
    tokens: Callable[[Request], float] | None = None

    @property
    def transcripts(self) -> Place | None:
        """Where the answers that it was given go, if it asks."""
        return next((place for place in self.outputs if place.name == "transcripts"), None)


@dataclass(slots=True)
class Job(Generic[P]):
    """One run of a step, or of one part of it: settings, answers, and the only way to its tables.

    ``stand_ins`` are tables in the place of files (an estimate before they exist).
    """

    step: Step[P]
    params: P
    part: str = ""
    engine: Answerer | None = None
    root: Path = field(default_factory=Path)
    stand_ins: Mapping[Place, pl.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    written: set[Place] = field(default_factory=set)
    error: ValActError | None = None

    @property
    def answers(self) -> Answerer:
        return given(self.engine, f"an engine for step {self.step.name}, whose `models` names nobody to ask")

    def path(self, place: Place, part: str | None = None) -> Path:
        named = place in (*self.step.inputs, *self.step.outputs)
        holds(named, f"step {self.step.name} does not name {place.path()} among its tables")
        return place.path(self.root, self.part if part is None else part)

    def has(self, place: Place) -> bool:
        """Whether the table is there: one that no stage makes may not be."""
        return place in self.stand_ins or self.path(place).exists()

    def read(self, place: Place, part: str | None = None) -> pl.DataFrame:
        if place in self.stand_ins:
            return self.stand_ins[place]
        return read_table(place.schema, self.path(place, part))

    def scan(self, place: Place) -> pl.LazyFrame:
        if place in self.stand_ins:
            return self.stand_ins[place].lazy()
        return scan_table(place.schema, self.path(place))

    def write(self, place: Place, rows: pl.DataFrame | Iterable[dict[str, Any]]) -> None:
        write_table(place.schema, rows, self.path(place))
        self.written.add(place)

    def made(self, *places: Place) -> None:
        """Says that tables were written by other means than ``write`` (out of core)."""
        self.written.update(places)

    def balance(self, unit: str, came: int, **went: int) -> None:
        """Rows in = rows out + rows in a ledger: InvariantError where the counts in ``went`` do not add up."""
        nothing_vanishes(self.step.name, unit, came, went)

    def note(self, text: str) -> None:
        """A sentence for whoever watches the run, printed once the tables are written."""
        self.notes.append(text)

    def end_with(self, error: ValActError) -> None:
        """The run ends with this error, after its tables are written."""
        self.error = error
