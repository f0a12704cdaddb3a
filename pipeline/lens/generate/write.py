"""Having the actions written: a request a value and stance (or for both), and repairs of what fails a check.

What fails is told to the generator in a further request of the same conversation, ``generate.max_repairs`` times. A
refusal is an answer: it is neither asked again nor re-worded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from pipeline import prompts
from pipeline.core.words import count_words
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.generate.checks import REFUSAL
from pipeline.lens.generate.checks import problems, without_places
from pipeline.lens.generate.reading import Written, read, schema_of
from pipeline.lens.params import Params
from pipeline.lens.tables import CHECKS, NEEDED
from pipeline.tables.columns import STANCES
from pipeline.values import Value

Row = dict[str, Any]
PROMPT, REPAIR = "lens/generate", "lens/repair"
# How the prompts of the paper's two families ask for a stance.
_VERB = {"expresses": "express", "opposes": "resist"}
_ATTITUDE = {"expresses": "endorse", "opposes": "dislike"}


@dataclass(slots=True)
class Action:
    """One action that is wanted, and the best that came of it so far."""

    action_id: str
    scenario: Mapping[str, str]
    value: Value
    stance: str
    row: Row | None = None
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> bool:
        """Whether what is there now may be shown: all that is needed holds."""
        return self.row is not None and self.row["status"] == "ok"

    @property
    def refused(self) -> bool:
        return self.row is not None and self.row["status"] == "refused"


@dataclass(slots=True)
class Talk:
    """One conversation with the generator about one action, or about both of a value."""

    actions: list[Action]
    messages: list[Message]
    attempts: int = 0
    closed: bool = False

    @property
    def stances(self) -> tuple[str, ...]:
        return tuple(action.stance for action in self.actions)


@dataclass(slots=True)
class Writer:
    """Asks for the actions of scenarios; ``ledger`` has every failed check of every attempt."""

    engine: Answerer
    params: Params
    ledger: list[Row] = field(default_factory=list)

    def write(self, scenarios: Iterable[Mapping[str, str]]) -> list[Action]:
        """Every action of the scenarios, at the end of its conversation."""
        talks = list(_talks(scenarios, self.params))
        for turn in range(self.params.generate.max_repairs + 1):
            self._turn(
                [talk for talk in talks if not talk.closed], last=turn == self.params.generate.max_repairs
            )
        actions = [action for talk in talks for action in talk.actions]
        mark_shared(actions, self.params.generate.checks.max_similarity)
        return actions

    def _turn(self, talks: Sequence[Talk], *, last: bool) -> None:
        requests = [self._request(talk) for talk in talks]
        answers = self.engine.answer(requests) if requests else {}
        for talk, request in zip(talks, requests, strict=True):
            response = answers[request.key]
            talk.attempts += 1
            asked = [action for action in talk.actions if not action.refused]
            self._take(talk, asked, response)
            wanting = [action for action in asked if action.failed and not action.refused]
            talk.closed = last or not wanting or response.status not in ("ok", "invalid")
            for action in asked:
                self._note(action, talk, response, final=talk.closed or action.refused)
            if not talk.closed:
                talk.messages = [*talk.messages, *_repair(response, wanting, talk.stances)]

    def _request(self, talk: Talk) -> Request:
        settings = self.params.generate
        return self.engine.request(
            model=settings.generator,
            messages=talk.messages,
            schema=schema_of(talk.stances),
            temperature=settings.temperature,
            subject=talk.actions[0].action_id,
        )

    def _take(self, talk: Talk, asked: Iterable[Action], response: Response) -> None:
        """Puts what came in the place of what was there, unless that may be shown and this may not, or is worse."""
        written = read(response, talk.stances)
        for action in asked:
            row, failed = self._judged(action, talk, response, written.get(action.stance))
            if (
                action.row is None
                or not action.shown
                or (row["status"] == "ok" and len(failed) <= len(action.failed))
            ):
                action.row, action.failed = row, failed

    def _judged(
        self, action: Action, talk: Talk, response: Response, written: Written | None
    ) -> tuple[Row, dict[str, str]]:
        """The row of ValuedActions for what came, and what is wrong with it."""
        mark = {"attempt": talk.attempts, "request_key": response.key, "origin": response.origin}
        if written is None:
            status, detail = _why_none(response)
            nothing: Row = {"text": None, "spans": [], "explanation": None, "words": 0}
            return {"status": status, **nothing, **dict.fromkeys(CHECKS), **mark}, {status: detail}
        failed = problems(action.value, written.text, written.spans, self.params.generate.checks)
        status = "refused" if "not_refusal" in failed else "rejected" if failed.keys() & set(NEEDED) else "ok"
        row = {
            "status": status,
            "text": written.text or None,
            "spans": list(written.spans),
            "explanation": written.explanation,
            "words": count_words(written.text),
            **_outcomes(failed),
            **mark,
        }
        # A refusal in the place of an action is an answer, like any other refusal.
        return row, {"refused": failed["not_refusal"]} if status == "refused" else failed

    def _note(self, action: Action, talk: Talk, response: Response, *, final: bool) -> None:
        for reason, detail in action.failed.items():
            self.ledger.append(
                {
                    "action_id": action.action_id,
                    "attempt": talk.attempts,
                    "reason": reason,
                    "detail": detail,
                    "request_key": response.key,
                    "final": final,
                }
            )


def mark_shared(actions: Iterable[Action], most: float) -> None:
    """Marks actions that another country has as well, once names of places are left out (``own_to_country``)."""
    alike: dict[tuple[str, str, str], list[Action]] = {}
    for action in actions:
        if action.row is not None:
            action.row["own_to_country"] = True if action.shown else None
        if action.shown:
            key = (action.scenario["topic"], action.value.slug, action.stance)
            alike.setdefault(key, []).append(action)
    for group in alike.values():
        bare = [
            (action, without_places(action.row["text"], action.scenario["country"]))
            for action in group
            if action.row
        ]
        for (one, a), (other, b) in combinations(bare, 2):
            if a and b and len(a & b) >= most * len(a | b):
                for action in (one, other):
                    if action.row is not None:
                        action.row["own_to_country"] = False


def _talks(scenarios: Iterable[Mapping[str, str]], params: Params) -> Iterator[Talk]:
    settings = params.generate
    prompt = prompts.load(f"{PROMPT}/{settings.prompt}")
    groups = [STANCES] if settings.together else [(stance,) for stance in STANCES]
    for scenario in scenarios:
        for value in map(params.values.by_slug.__getitem__, params.asked):
            for stances in groups:
                system, user = prompt.fill(
                    country=scenario["country"],
                    topic=scenario["topic"],
                    name=value.name,
                    definition=value.definition.rstrip("."),
                    stance_verb=_VERB[stances[0]],
                    attitude=_ATTITUDE[stances[0]],
                    max_words=settings.checks.max_words,
                )
                actions = [
                    Action(
                        _id(scenario["scenario_id"], value.slug, settings.generator, s), scenario, value, s
                    )
                    for s in stances
                ]
                yield Talk(actions, [Message("system", system), Message("user", user)])


def _id(scenario: str, value: str, generator: str, stance: str) -> str:
    return f"{scenario}.{value}.{generator}" + (".opposes" if stance == "opposes" else "")


def _why_none(response: Response) -> tuple[str, str]:
    """Status and words of an answer in which there is no action; a refusal may come as plain text."""
    status = "invalid" if response.status == "ok" else response.status
    if status == "invalid" and REFUSAL.search(response.text):
        return "refused", "it refuses instead of naming an action"
    return status, response.error or "it is not the JSON object that was asked for"


def _outcomes(failed: Mapping[str, str]) -> Row:
    """Each check by its name; of an action that is not there, the first alone can be told."""
    if "present" in failed:
        return {check: False if check == "present" else None for check in CHECKS}
    return {check: check not in failed for check in CHECKS}


def _repair(response: Response, failed: Sequence[Action], stances: tuple[str, ...]) -> list[Message]:
    told = [
        f"- {action.stance + ': ' if len(stances) > 1 else ''}{detail}"
        for action in failed
        for detail in action.failed.values()
    ]
    fields = stances if len(stances) > 1 else ("action", "spans", "explanation")
    _, text = prompts.load(REPAIR).fill(problems="\n".join(told), fields=", ".join(fields))
    return [Message("assistant", response.text), Message("user", text)]
