"""`valact batches`: sending, looking at, collecting and ending batches, without waiting for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.recipe_option import recipe_option
from pipeline.commands.table import table
from pipeline.core.errors import InputError, ParamsError, PendingError, ValActError
from pipeline.core.visible import visible
from pipeline.recipe import Recipe

if TYPE_CHECKING:
    from pipeline.engine.batches import Batches, Collected
    from pipeline.engine.batches.ledger import Batch
    from pipeline.params.common import Common
    from pipeline.step import Step


@click.group()
def batches() -> None:
    """Batches of requests: answered within a day, at the batch price. Models with batch_above use them."""


@batches.command()
@recipe_option
def status(recipe: Recipe) -> None:
    """Lists all batches as they were at the last look. Asks nobody; `collect` looks again."""
    with _batches(recipe) as found:
        rows = [[*_row(batch), _outcome(found, batch)] for batch in found.ledger.all()]
    if not rows:
        click.echo("There are no batches")
        return
    headers = ["batch", "stage", "model", "state", "requests", "done", "submitted", "due", "came of it"]
    click.echo(table(headers, rows, right=["batch", "requests", "done"]))


@batches.command()
@recipe_option
def collect(recipe: Recipe) -> None:
    """Looks at every batch that is out once, and records what has come back.

    Ends with 1 if a batch could not be looked at. What came back unanswered is asked again by the next run.
    """
    from pipeline.engine.batches import Collected

    failed = False
    answered, turned_down, returned = 0, 0, 0
    with _batches(recipe) as found:
        for batch in found.ledger.open():
            brought = Collected()
            try:
                found.collect(batch, brought)
            except ValActError as error:
                failed = True
                click.echo(f"batch {batch.id}: {error}", err=True)
            for line in _reasons(batch, brought):
                click.echo(visible(line))
            answered += brought.answered
            turned_down += len(brought.failed)
            returned += brought.returned.total()
        out = len(found.ledger.open())
    click.echo(
        f"{answered:,} answers recorded, {turned_down:,} requests turned down, {returned:,} came back unanswered; "
        f"{out:,} batches are still out"
    )
    if failed:
        raise SystemExit(1)


@batches.command()
@click.argument("numbers", metavar="BATCH...", type=int, nargs=-1, required=True)
@click.option(
    "--forget",
    is_flag=True,
    help="Also give up what is still out of it: it would be asked, and paid for, again.",
)
@recipe_option
def cancel(numbers: tuple[int, ...], forget: bool, recipe: Recipe) -> None:
    """Asks the provider to end batches. What it answered by then is billed, and collected as ever."""
    with _batches(recipe) as found:
        out = {batch.id: batch for batch in found.ledger.open()}
        if unknown := [number for number in numbers if number not in out]:
            raise InputError(
                f"not out: batch {', '.join(map(str, unknown))}",
                remedy="`valact batches status` lists the batches",
            )
        for number in numbers:
            batch = out[number]
            try:
                click.echo(f"batch {number}: {found.cancel(batch).state}")
            except ValActError as error:
                if not forget:
                    raise
                click.echo(visible(f"batch {number}: {error.message}"), err=True)
            if forget:
                found.forget(batch)
                click.echo(f"batch {number}: given up")


@batches.command()
@click.argument("stage")
@recipe_option
def submit(stage: str, recipe: Recipe) -> None:
    """Asks what STAGE is missing as the stage would, but waits for no batch and writes no table.

    Models without batch_above, and few requests, are asked one by one. `valact batches collect` or the stage itself
    collects; run this again for what follows from the answers (tie-breaks, repairs).
    """
    params = recipe.load()
    steps = {step.name: step for step in recipe.asking()}
    if stage not in steps:
        raise click.BadParameter(f"{stage!r} asks no model; {', '.join(steps)} do", param_hint="STAGE")
    step = steps[stage]
    asked = {name for part in step.parts(params) for name in step.models(params, part)}
    if all(params.models[name].batch_above is None for name in asked):
        raise ParamsError(
            f"no model of {stage} has batch_above",
            where=str(recipe.params_file),
            remedy="set models.NAME.batch_above to the number of requests above which batches are wanted",
        )
    params = params.model_copy(
        update={"responses": params.responses.model_copy(update={"batch_wait": False})}
    )
    try:
        _ask(step, params)
    except PendingError as pending:
        click.echo(pending.message)
    else:
        click.echo(f"{stage} has all its answers; `{recipe.command}` writes its tables")


def _ask(step: Step[Any], params: Common) -> None:
    """Every part of the step; what one part waits for keeps no other from asking."""
    from pipeline.engine import Engine
    from pipeline.step import Job

    pending = None
    with Engine(params, stage=step.name) as engine:
        for part in step.parts(params):
            if step.ask is None or not step.models(params, part):
                continue
            try:
                step.ask(Job(step, params, part, engine))
            except PendingError as error:
                pending = error
    if pending:
        raise pending


@contextmanager
def _batches(recipe: Recipe) -> Iterator[Batches]:
    from pipeline.engine.batches import Batches
    from pipeline.engine.store import Store

    responses = recipe.load().responses
    store = Store(responses.store)
    found = Batches(store, responses)
    try:
        yield found
    finally:
        found.close()
        store.close()


def _row(batch: Batch) -> list[str]:
    return [
        str(batch.id),
        batch.stage,
        batch.name,
        batch.state,
        f"{batch.requests:,}",
        f"{batch.done:,}",
        _moment(batch.submitted_at),
        _moment(batch.due_at),
    ]


def _outcome(found: Batches, batch: Batch) -> str:
    outcomes = found.ledger.outcomes(batch)
    parts = [f"{outcomes[name]:,} {name}" for name in ("answered", "failed", "returned") if name in outcomes]
    if out := batch.requests - sum(outcomes.values()):
        parts.append(f"{out:,} out")
    return ", ".join(parts)


def _reasons(batch: Batch, brought: Collected) -> Iterator[str]:
    for problem, count in brought.returned.most_common(3):
        yield f"batch {batch.id}: {count:,} came back unanswered: {problem}"
    for key, problem in list(brought.failed.items())[:3]:
        yield f"batch {batch.id}: turned down: {key[:12]}: {problem}"


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M}"
