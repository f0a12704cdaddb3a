"""`valact responses`: looking through recorded answers, moving them, and having some asked anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError
from pipeline.responses.shown import moment

if TYPE_CHECKING:
    from pipeline.engine.store import Store
    from pipeline.params import Params
    from pipeline.responses import records

WHERE = (
    "Such as 'status = truncated and stage = judge'. Fields: status, stage, model, provider, subject, key."
)
# Findings of `verify` that are shown one by one.
SHOWN = 20
# Characters of a reason that are shown in a list.
WIDEST = 100
condition = click.option("--where", "text", default="", metavar="CONDITION", help=WHERE)


@click.group()
def responses() -> None:
    """Recorded answers: look through, export, import, merge, verify, have asked anew."""


@responses.command()
@condition
def count(text: str) -> None:
    """Counts recorded answers by stage, model and status."""
    from pipeline.responses import records

    with _store() as (store, _):
        counts = records.count(store, _where(text))
    headers = ["stage", "model", "status", "answers", "tokens in", "out"]
    rows = [
        [row.stage, row.model, row.status]
        + [f"{number:,}" for number in (row.answers, row.input_tokens, row.output_tokens)]
        for row in counts
    ]
    click.echo(table(headers, rows, right=headers[3:]))
    click.echo(f"\n{sum(row.answers for row in counts):,} answers")


@responses.command("list")
@condition
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Most lines to show."
)
def list_(text: str, limit: int) -> None:
    """Lists recorded answers, the newest first."""
    from pipeline.responses import records

    with _store() as (store, _):
        lines = list(records.lines(store, _where(text), limit + 1))
    rows = [
        [
            line.key[:12],
            line.status,
            line.stage,
            line.model,
            line.subject,
            "" if line.output_tokens is None else f"{line.output_tokens:,}",
            moment(line.recorded_at),
        ]
        for line in lines[:limit]
    ]
    click.echo(table(["key", "status", "stage", "model", "subject", "out", "recorded"], rows, right=["out"]))
    if len(lines) > limit:
        click.echo(f"... and more; --limit {2 * limit} shows some of them")


@responses.command()
@click.option(
    "--where", "text", default="", metavar="CONDITION", help="Such as 'stage = judge and model = gpt-4o'."
)
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Most lines to show."
)
def failed(text: str, limit: int) -> None:
    """Lists requests that got no answer, with the reason, the newest first. The next run asks them again."""
    from pipeline.responses import records

    chosen = records.where(text, records.FAILURE_FIELDS) if text else records.Where()
    with _store() as (store, _):
        lines = list(records.failures(store, chosen, limit + 1))
    rows = [
        [
            line.key[:12],
            line.stage,
            line.model,
            line.subject,
            str(line.attempts),
            moment(line.failed_at),
            line.error[:WIDEST],
        ]
        for line in lines[:limit]
    ]
    click.echo(table(["key", "stage", "model", "subject", "calls", "failed", "why"], rows, right=["calls"]))
    if len(lines) > limit:
        click.echo(f"... and more; --limit {2 * limit} shows some of them")


@responses.command()
@click.argument("key")
def show(key: str) -> None:
    """Shows one answer with its request; KEY may be cut short."""
    from pipeline.engine import transcripts
    from pipeline.responses import records
    from pipeline.responses.shown import told

    with _store() as (store, params):
        index = transcripts.open_index(params.responses.transcripts, beside=params.responses.store)
        try:
            for source in filter(None, (store, index)):
                keys = records.matching_keys(source, key.lower())
                if len(keys) > 1:
                    raise InputError(
                        f"several answers have a key that begins with {key}", remedy="give more digits"
                    )
                if keys:
                    for line in told(source, keys[0]):
                        click.echo(line)
                    return
        finally:
            if index is not None:
                index.close()
    raise InputError(
        f"no recorded answer has a key that begins with {key}", remedy="see `valact responses list`"
    )


@responses.command()
@click.option(
    "--port", default=8643, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
def browse(port: int) -> None:
    """Shows one answer after another in a browser on this machine, with request, cost and times, until Ctrl-C."""
    from pipeline.engine.prices import Book
    from pipeline.explore.serving import served
    from pipeline.responses.pages import routes

    with _store() as (store, params):
        served(
            routes(store, Book(params.models).of),
            port,
            "valact responses browse",
            lambda address: click.echo(f"{address} (Ctrl-C ends it)"),
        )


@responses.command()
@condition
@click.argument("path", type=click.Path(path_type=Path))
def export(text: str, path: Path) -> None:
    """Writes recorded answers with their requests as a transcript (Parquet) that responses.transcripts reads.

    The requests hold the posts' texts: it is for people who may have those.
    """
    from pipeline.engine import transcripts
    from pipeline.responses import records

    with _store() as (store, params):
        count = transcripts.save(records.transcript_rows(store, _where(text)), path)
    click.echo(f"{path}: {count:,} answers; in {params.responses.transcripts} they are read as recorded ones")


@responses.command("import")
@click.option(
    "--unchecked",
    is_flag=True,
    help="Also answers without their requests, whose keys nobody can compute anew.",
)
@click.argument("path", type=click.Path(path_type=Path))
def import_(path: Path, unchecked: bool) -> None:
    """Takes the answers of a transcript into the store; where there is one already, it stands.

    Their keys are computed anew from their requests, and they stay known as imported from this file.
    """
    from pipeline.engine import transcripts

    if not path.is_file():
        raise InputError("the file does not exist", where=str(path))
    with _store(make=True) as (store, _):
        taken = transcripts.take_in(path, store, unchecked=unchecked)
    click.echo(f"{taken.added:,} answers added, {taken.known:,} were there already")
    if taken.different:
        click.echo(f"{taken.different:,} have another answer here, which stands")


@responses.command()
@click.option(
    "--keep",
    type=click.Choice(["here", "there"]),
    help="Whose answer stands where two stores have different ones; the other is set aside, not lost.",
)
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="STORE...")
def merge(paths: tuple[Path, ...], keep: str | None) -> None:
    """Takes in everything that other stores (store.sqlite of other clones) have recorded: answers, failures, what
    they cost, what was set aside, batches.

    Merging twice changes nothing. Different answers to one request are listed, and nothing is merged, unless --keep
    says whose stands. responses.budget_usd then holds for what all of them have spent.
    """
    from pipeline.responses import merge as merging

    with _store(make=True) as (store, _):
        for path in paths:
            done = merging.merge(path, store, keep=keep)
            click.echo(
                f"{path}: {done.answers:,} answers added, {done.known:,} were there already; {done.set_aside:,} set "
                f"aside, {done.failures:,} failures, {done.batches:,} batches"
            )


@responses.command()
def verify() -> None:
    """Checks the store: the file, answers against their digests, keys against requests, statuses against texts.

    Ends with 1 on a finding.
    """
    from pipeline.core import progress
    from pipeline.responses import verify as checks

    findings: list[checks.Finding] = []
    answers = 0
    with _store() as (store, _):
        findings += checks.check_file(store)
        (total,) = next(store.rows("SELECT count(*) FROM answers"))
        with progress.track("verify", total=total, unit="answers") as bar:
            for found in checks.check_answers(store):
                findings += found
                answers += 1
                bar.advance()
    for finding in findings[:SHOWN]:
        click.echo(f"{finding.key[:12] or 'the file'}: {finding.problem}")
    if len(findings) > SHOWN:
        click.echo(f"... and {len(findings) - SHOWN:,} more")
    click.echo(f"{answers:,} answers checked, {len(findings):,} findings")
    if findings:
        raise SystemExit(1)


@responses.command()
@click.option("--where", "text", required=True, metavar="CONDITION", help=WHERE)
@click.option("--model", help="Only answers of this model (its name in params, or its id).")
@click.option(
    "--max-tokens", type=click.IntRange(min=1), help="Longest answer, instead of the model's own limit."
)
def retry(text: str, model: str | None, max_tokens: int | None) -> None:
    """Sets answers aside, so that the next run asks for them again, and only for them.

    Nothing is deleted: `valact responses show KEY` goes on showing them.
    """
    from pipeline.responses import records

    chosen = _where(text)
    with _store() as (store, params):
        if model is not None:
            ids = [params.models[model].model] if model in params.models else [model]
            chosen = records.both(chosen, records.Where("model = ?", tuple(ids)))
        now = round(dt.datetime.now(dt.UTC).timestamp() * 1000)
        count = records.supersede(store, chosen, max_tokens, now)
    limit = f" with up to {max_tokens:,} tokens" if max_tokens and count else ""
    click.echo(f"{count:,} answers set aside; the next run asks for them again{limit}")
    folder = Path(params.responses.transcripts)
    if count and any(folder.glob("*.parquet")):
        click.echo(f"What the transcripts in {folder} answer is not asked: it is taken from there")


def _where(text: str) -> records.Where:
    from pipeline.responses import records

    return records.where(text) if text else records.Where()


@contextmanager
def _store(*, make: bool = False) -> Iterator[tuple[Store, Params]]:
    """The store of params.yaml; InputError where nothing was recorded yet, unless one is to be made."""
    from pipeline.engine.store import Store

    params = settings.load()
    path = Path(params.responses.store)
    if not make and not path.exists():
        raise InputError(
            "there are no recorded answers yet",
            where=str(path),
            remedy="a run records them; `valact cost` says what it would ask",
        )
    store = Store(path)
    try:
        yield store, params
    finally:
        store.close()
