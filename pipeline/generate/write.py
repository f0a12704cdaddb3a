"""Asking a generator for an action for each value, all of a scenario in one request, and repairing what fails a check.

After arXiv 2601.07972, which asks for all ten values in one call. What fails here is told to the generator in
one further request (at most ``generate.max_repairs`` rounds), which asks for the failed actions only. Actions
that raters rejected are asked for once more in the same way (``repairs``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline import prompts
from pipeline.core.invariants import given
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.generate.checks import check_actions
from pipeline.generate.personal import find
from pipeline.generate.repairs import REASON, Repair, text_hash
from pipeline.params.build import Generate
from pipeline.tables import ACTION_CHECKS, Actions, Drafts, GenerationLedger, conform
from pipeline.tables.columns import STANCES
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generator wrote: actions of complete scenarios, every draft with its checks, every failure."""

    actions: pl.DataFrame
    drafts: pl.DataFrame
    ledger: pl.DataFrame


@dataclass(slots=True)
class _Work:
    """One scenario on its way: the drafts that hold so far, and what the next request must mend."""

    scenario_id: str
    text: str
    messages: list[Message]
    wanted: tuple[str, ...]
    kept: dict[str, dict[str, object]] = field(default_factory=dict)  # value -> row of Drafts
    given_up: bool = False
    attempts: int = 0
    last: Response | None = None
    rejected: dict[str, str] = field(default_factory=dict)  # value -> the text that is being replaced

    @property
    def open(self) -> bool:
        return bool(self.wanted) and not self.given_up


@dataclass(slots=True)
class _Run:
    """One generator at work: where its requests go, and the rows that come of them."""

    engine: Answerer
    generator: str
    settings: Generate
    values: Inventory
    drafts: list[dict[str, object]] = field(default_factory=list)
    ledger: list[dict[str, object]] = field(default_factory=list)

    def ask(self, works: Sequence[_Work], *, last: bool, final: bool) -> None:
        """One request a work for what it wants; ``last``: nothing is asked after it; ``final``: failing now gives
        the scenario up."""
        asked = [(work, _request(self.engine, work, self.generator, self.settings)) for work in works]
        answers = self.engine.answer([request for _, request in asked])
        personal = find(text for answer in answers.values() for text in _texts(answer).values())
        for work, request in asked:
            work.attempts += 1
            work.last = answers[request.key]
            found, failures = _read(work, work.last, self.settings, self.values, personal)
            mark = self._mark(work, request.key)
            rows = [mark | row for row in found]
            self.drafts.extend(rows)
            passed = {str(row["value"]): row for row in rows if all(row[check] for check in ACTION_CHECKS)}
            work.kept.update(passed)
            work.wanted = tuple(value for value in work.wanted if value not in passed)
            given_up = final and (last or work.given_up)
            self.ledger.extend(mark | failure | {"final": given_up} for failure in failures)
            if not last and not work.given_up and failures:
                _ask_again(work, failures, self.settings)

    def _mark(self, work: _Work, key: str) -> dict[str, object]:
        return {
            "scenario_id": work.scenario_id,
            "generator": self.generator,
            "attempt": work.attempts,
            "request_key": key,
        }

    def reject(self, work: _Work, rejected: Mapping[str, Repair]) -> None:
        """Sets a finished work to write these values anew; the texts that raters rejected stay until it has."""
        failures = [
            {"value": value, "reason": REASON, "detail": r.problem(self.values)}
            for value, r in rejected.items()
        ]
        for failure in failures:
            row = work.kept[failure["value"]]
            mark = {key: row[key] for key in ("scenario_id", "generator", "attempt", "request_key")}
            self.ledger.append(mark | failure | {"final": False})
        work.wanted = tuple(rejected)
        work.rejected = {value: str(work.kept[value]["text"]) for value in rejected}
        _ask_again(work, failures, self.settings)


def generate(
    engine: Answerer,
    scenarios: pl.DataFrame,
    generator: str,
    settings: Generate,
    values: Inventory,
    repairs: Iterable[Repair] = (),
) -> Generation:
    """An action for each value of the inventory and each of the scenarios (chosen and reserve) by one generator.

    A scenario whose response is refused, blocked or truncated is given up at once; an invalid response
    and failed checks are repaired. Only scenarios with all their actions have rows in ``actions``.

    ``repairs`` are texts that raters rejected. Each is replaced by another text that passes the checks; where none
    comes of it the rejected one stays, and the ledger tells.
    """
    prompt = prompts.load(settings.prompt)
    works = [_start(row, prompt, settings, values) for row in scenarios.iter_rows(named=True)]
    run = _Run(engine, generator, settings, values)
    for attempt in range(settings.max_repairs + 1):
        run.ask([work for work in works if work.open], last=attempt == settings.max_repairs, final=True)
    done = [work for work in works if len(work.kept) == len(values)]
    _replace_rejected(run, done, repairs)
    actions = [
        {**row, "action_id": f"{work.scenario_id}.{value}.{generator}", "stance": STANCES[0]}
        for work in done
        for value, row in work.kept.items()
    ]
    return Generation(
        conform(Actions, _only(Actions, actions), where=f"actions of {generator}"),
        conform(Drafts, run.drafts, where=f"drafts of {generator}"),
        conform(GenerationLedger, run.ledger, where=f"ledger of {generator}"),
    )


def schema_of(values: Iterable[str]) -> dict[str, object]:
    """Strict JSON schema of an object with one string a value."""
    values = list(values)
    return {
        "name": "actions",
        "schema": {
            "type": "object",
            "properties": {value: {"type": "string"} for value in values},
            "required": values,
            "additionalProperties": False,
        },
    }


def _replace_rejected(run: _Run, works: Sequence[_Work], repairs: Iterable[Repair]) -> None:
    """Asks anew for the texts that repairs name, one batch of repairs after the other.

    A request for a later batch continues the conversation of the earlier ones, which are thus asked as they were
    then: their answers are recorded.
    """
    batches: dict[int, dict[tuple[str, str], Repair]] = {}
    for repair in repairs:
        batches.setdefault(repair.batch, {})[repair.action_id, repair.text_sha256] = repair
    for _, batch in sorted(batches.items()):
        rejected = []
        for work in works:
            texts = {v: text_hash(str(row["text"])) for v, row in work.kept.items()}
            keys = {v: (f"{work.scenario_id}.{v}.{run.generator}", text) for v, text in texts.items()}
            if found := {v: batch[key] for v, key in keys.items() if key in batch}:
                run.reject(work, found)
                rejected.append(work)
        for turn in range(run.settings.max_repairs + 1):
            run.ask([w for w in rejected if w.open], last=turn == run.settings.max_repairs, final=False)


def _start(
    scenario: Mapping[str, str], prompt: prompts.Prompt, settings: Generate, inventory: Inventory
) -> _Work:
    system, user = prompt.fill(
        values="\n".join(f"- {value.slug} ({value.name}): {value.definition}" for value in inventory.values),
        number=inventory.in_words("en"),
        title=inventory.title,
        fields=", ".join(inventory.slugs),
        min_words=settings.checks.min_words,
        max_words=settings.checks.max_words,
        subreddit=scenario["subreddit"],
        text=scenario["text"],
    )
    return _Work(
        scenario["scenario_id"],
        scenario["text"],
        [Message("system", system), Message("user", user)],
        inventory.slugs,
    )


def _request(engine: Answerer, work: _Work, generator: str, settings: Generate) -> Request:
    return engine.request(
        model=generator,
        messages=work.messages,
        schema=schema_of(work.wanted),
        temperature=settings.temperature,
        subject=work.scenario_id,
    )


def _texts(response: Response) -> dict[str, str]:
    """The actions of a response by value; none where it is no answer."""
    if response.status != "ok":
        return {}
    return {value: str(text).strip() for value, text in response.json().items()}


def _read(
    work: _Work, response: Response, settings: Generate, inventory: Inventory, personal: Mapping[str, str]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of Drafts and of GenerationLedger (without their keys) from one response."""
    if response.status != "ok":
        work.given_up = response.status != "invalid"
        detail = response.error or f"finish reason {response.finish_reason}"
        return [], [{"value": "", "reason": response.status, "detail": detail}]
    texts = _texts(response)
    kept = {value: str(row["text"]) for value, row in work.kept.items()}
    kept |= {f"{value} that readers rejected": text for value, text in work.rejected.items()}
    wanted = {value: texts[value] for value in work.wanted}
    reports = check_actions(wanted, work.text, settings.checks, inventory, kept, personal)
    rows = [
        {
            "value": value,
            "text": texts[value],
            "words": report.words,
            "sentences": report.sentences,
            **{check: check not in report.problems for check in ACTION_CHECKS},
        }
        for value, report in reports.items()
    ]
    failures: list[dict[str, object]] = [
        {"value": value, "reason": check, "detail": report.problems[check]}
        for value, report in reports.items()
        for check in ACTION_CHECKS
        if check in report.problems
    ]
    return rows, failures


def _ask_again(work: _Work, failures: Iterable[Mapping[str, object]], settings: Generate) -> None:
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
    work.messages = [*work.messages, Message("assistant", last.text), Message("user", repair)]


def _only(schema: type[Actions], rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: row[name] for name in schema.columns()} for row in rows]
