"""A scenario on its way to its actions: what each generator was asked, what holds, and what is still wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline import prompts
from pipeline.core.invariants import given
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params.build import Generate
from pipeline.values import Inventory

Row = dict[str, object]
# Name of the schema of an answer that holds actions.
ACTIONS = "actions"
# What a repair adds to a conversation: the answer, and what is wrong with it.
REPAIR_TURN = ("assistant", "user")


@dataclass(slots=True)
class Work:
    """One scenario with one generator. ``kept`` has the row of Drafts of each value whose action holds; ``spent``
    says that no request is left that could bring what is still ``wanted``."""

    scenario_id: str
    generator: str
    text: str
    subreddit: str
    messages: list[Message]
    wanted: tuple[str, ...]
    kept: dict[str, Row] = field(default_factory=dict)
    failures: list[Row] = field(default_factory=list)  # rows of GenerationLedger
    attempts: int = 0
    last: Response | None = None
    closed: bool = False  # a later request of the conversation got no answer to go on from
    spent: bool = False
    rejected: dict[str, str] = field(default_factory=dict)  # value -> a text that is being replaced

    def keep(self, value: str, row: Row) -> None:
        """A new action in the place of what was wanted, or of what was there before."""
        self.kept.pop(value, None)
        self.kept[value] = row
        self.wanted = tuple(other for other in self.wanted if other != value)

    def text_of(self, value: str) -> str:
        return str(self.kept[value]["text"])

    def mark(self, key: str) -> Row:
        """What every row of a table says of the request that it comes from."""
        return {
            "scenario_id": self.scenario_id,
            "generator": self.generator,
            "attempt": self.attempts,
            "request_key": key,
        }


@dataclass(slots=True)
class Case:
    """One scenario with all generators, in the order of params."""

    scenario_id: str
    category: str
    works: list[Work]
    unanswered: bool = False  # a call got no answer at all: the next run asks again, and its place waits
    unread: bool = False  # too many of its actions are read as other values than intended

    @property
    def lost(self) -> bool:
        """It gives its place to the next scenario."""
        return not self.unanswered and (self.unread or any(work.spent and work.wanted for work in self.works))

    @property
    def complete(self) -> bool:
        return not self.unread and not any(work.wanted for work in self.works)

    @property
    def open(self) -> bool:
        return not self.unanswered and not self.lost and not self.complete

    def others(self, value: str) -> list[tuple[str, str]]:
        """Value and text of the actions that one for ``value`` must be unlike: those of other values, which it may
        meet in a question, whoever wrote them."""
        return [(other, work.text_of(other)) for work in self.works for other in work.kept if other != value]


def start(scenario: Mapping[str, str], settings: Generate, values: Inventory) -> Case:
    """A scenario that nobody was asked about yet."""
    system, user = prompts.load(settings.prompt).fill(
        **_about(scenario["text"], scenario["subreddit"], settings, values),
        values="\n".join(f"- {value.slug} ({value.name}): {value.definition}" for value in values.values),
        fields=", ".join(values.slugs),
    )
    opening = [Message("system", system), Message("user", user)]
    works = [
        Work(scenario["scenario_id"], name, scenario["text"], scenario["subreddit"], opening, values.slugs)
        for name in settings.generators
    ]
    return Case(scenario["scenario_id"], scenario["category"], works)


def next_request(engine: Answerer, work: Work, settings: Generate) -> Request:
    """The next request of the conversation: for what is wanted now."""
    return _request(engine, work, work.messages, work.wanted, settings)


def request_alone(engine: Answerer, work: Work, value: str, settings: Generate, values: Inventory) -> Request:
    """A request of its own for one value, which knows nothing of the drafts that failed."""
    one = values.by_slug[value]
    system, user = prompts.load(settings.single_prompt).fill(
        **_about(work.text, work.subreddit, settings, values),
        value=f"{one.slug} ({one.name}): {one.definition}",
        field=value,
    )
    messages = [Message("system", system), Message("user", user)]
    return _request(engine, work, messages, (value,), settings)


def ask_again(work: Work, failures: Iterable[Row], settings: Generate) -> None:
    """Appends the repair request: what was answered, what is wrong with it, which fields are wanted now."""
    problems = [
        f"- {f['value']}: {f['detail']}"
        if f["value"]
        else "- all: it is not the JSON object that was asked for"
        for f in failures
    ]
    last = given(work.last, "the answer to repair")
    _, repair = prompts.load(settings.repair_prompt).fill(
        problems="\n".join(problems), fields=", ".join(work.wanted)
    )
    turn = zip(REPAIR_TURN, (last.text, repair), strict=True)
    work.messages = [*work.messages, *(Message(role, text) for role, text in turn)]


def schema_of(values: Iterable[str]) -> dict[str, object]:
    """Strict JSON schema of an object with one string a value."""
    values = list(values)
    return {
        "name": ACTIONS,
        "schema": {
            "type": "object",
            "properties": {value: {"type": "string"} for value in values},
            "required": values,
            "additionalProperties": False,
        },
    }


def _about(text: str, subreddit: str, settings: Generate, values: Inventory) -> dict[str, object]:
    return {
        "number": values.in_words("en"),
        "title": values.title,
        "min_words": settings.checks.min_words,
        "max_words": settings.checks.max_words,
        "subreddit": subreddit,
        "text": text,
    }


def _request(
    engine: Answerer, work: Work, messages: Sequence[Message], wanted: Iterable[str], settings: Generate
) -> Request:
    return engine.request(
        model=work.generator,
        messages=messages,
        schema=schema_of(wanted),
        temperature=settings.temperature,
        subject=work.scenario_id,
    )
