"""Asking a generator for ten actions a scenario, all in one request, and repairing what fails a check.

After arXiv 2601.07972, which asks for all ten in one call. What fails here is told to the generator in
one further request (at most ``generate.max_repairs`` rounds), which asks for the failed actions only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline import prompts
from pipeline.actions.checks import check_actions
from pipeline.llm import Engine, Message, Request, Response
from pipeline.params.build import Generate
from pipeline.schwartz import BY_SLUG, SLUGS, VALUES
from pipeline.tables import ACTION_CHECKS, Actions, Drafts, GenerationLedger, conform


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
    wanted: tuple[str, ...] = SLUGS
    kept: dict[str, dict[str, object]] = field(default_factory=dict)  # value -> row of Drafts
    given_up: bool = False

    @property
    def open(self) -> bool:
        return bool(self.wanted) and not self.given_up


def generate(engine: Engine, scenarios: pl.DataFrame, generator: str, settings: Generate) -> Generation:
    """Ten actions for each of the scenarios (chosen and reserve) by one generator.

    A scenario whose response is refused, blocked or truncated is given up at once; an invalid response
    and failed checks are repaired. Only scenarios with all ten actions have rows in ``actions``.
    """
    prompt = prompts.load(settings.prompt)
    works = [_start(row, prompt, settings) for row in scenarios.iter_rows(named=True)]
    drafts: list[dict[str, object]] = []
    ledger: list[dict[str, object]] = []
    for attempt in range(1, settings.max_repairs + 2):
        asked = [(work, _request(engine, work, generator, settings)) for work in works if work.open]
        answers = engine.answer([request for _, request in asked])
        last = attempt == settings.max_repairs + 1
        for work, request in asked:
            found, failures = _read(work, answers[request.key], settings)
            mark = {
                "scenario_id": work.scenario_id,
                "generator": generator,
                "attempt": attempt,
                "request_key": request.key,
            }
            rows = [mark | row for row in found]
            drafts.extend(rows)
            work.kept.update(
                {row["value"]: row for row in rows if all(row[check] for check in ACTION_CHECKS)}
            )
            ledger.extend(mark | failure | {"final": last or work.given_up} for failure in failures)
            if not last and not work.given_up and failures:
                _ask_again(work, answers[request.key], failures, settings)
            else:
                work.wanted = tuple(value for value in work.wanted if value not in work.kept)
    actions = [
        {**row, "action_id": f"{work.scenario_id}.{value}.{generator}"}
        for work in works
        if len(work.kept) == len(SLUGS)
        for value, row in work.kept.items()
    ]
    return Generation(
        conform(Actions, _only(Actions, actions), where=f"actions of {generator}"),
        conform(Drafts, drafts, where=f"drafts of {generator}"),
        conform(GenerationLedger, ledger, where=f"ledger of {generator}"),
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


def _start(scenario: Mapping[str, str], prompt: prompts.Prompt, settings: Generate) -> _Work:
    system, user = prompt.fill(
        values="\n".join(f"- {value.slug} ({value.name}): {value.definition}" for value in VALUES),
        fields=", ".join(SLUGS),
        min_words=settings.checks.min_words,
        max_words=settings.checks.max_words,
        subreddit=scenario["subreddit"],
        text=scenario["text"],
    )
    return _Work(
        scenario["scenario_id"], scenario["text"], [Message("system", system), Message("user", user)]
    )


def _request(engine: Engine, work: _Work, generator: str, settings: Generate) -> Request:
    return engine.request(
        model=generator,
        messages=work.messages,
        schema=schema_of(work.wanted),
        temperature=settings.temperature,
        subject=work.scenario_id,
    )


def _read(
    work: _Work, response: Response, settings: Generate
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of Drafts and of GenerationLedger (without their keys) from one response."""
    if response.status != "ok":
        work.given_up = response.status != "invalid"
        detail = response.error or f"finish reason {response.finish_reason}"
        return [], [{"value": "", "reason": response.status, "detail": detail}]
    texts = {value: str(text).strip() for value, text in response.json().items()}
    kept = {value: str(row["text"]) for value, row in work.kept.items()}
    reports = check_actions({value: texts[value] for value in work.wanted}, work.text, settings.checks, kept)
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
    failures = [
        {"value": value, "reason": check, "detail": report.problems[check]}
        for value, report in reports.items()
        for check in ACTION_CHECKS
        if check in report.problems
    ]
    return rows, failures


def _ask_again(
    work: _Work, response: Response, failures: Iterable[Mapping[str, object]], settings: Generate
) -> None:
    """Appends the repair request: what was answered, what is wrong with it, which fields are wanted now."""
    problems = [
        f"- {BY_SLUG[str(f['value'])].slug}: {f['detail']}"
        if f["value"]
        else "- all: it is not the JSON object that was asked for"
        for f in failures
    ]
    work.wanted = tuple(value for value in work.wanted if value not in work.kept)
    _, repair = prompts.load(settings.repair_prompt).fill(
        problems="\n".join(problems), fields=", ".join(work.wanted)
    )
    work.messages = [*work.messages, Message("assistant", response.text), Message("user", repair)]


def _only(schema: type[Actions], rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: row[name] for name in schema.columns()} for row in rows]
