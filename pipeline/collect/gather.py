"""Every judgement so far of a recipe's rounds: from a Label Studio server if there is one, else from its files."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.annotation import client, rounds
from pipeline.annotation.exchange import asked, outgoing, pull
from pipeline.annotation.site import VALACT, Site
from pipeline.collect.judgements import QUESTIONS, Reading, judgements
from pipeline.core import progress
from pipeline.step import Job
from pipeline.tables import NONE, check_values
from pipeline.tables.places import Place


def gather(
    job: Job[Any],
    items: Place,
    found: Place,
    ledger: Place,
    *,
    site: Site = VALACT,
    reading: Reading = QUESTIONS,
) -> None:
    """Writes the judgements ``found`` and their ``ledger``; the job's params are Rated."""
    folder = job.path(items).parent
    params, server, of = job.params, client.server(), asked(job.params, folder, site)
    out = outgoing(folder, site)
    if server:
        for pulled in pull(server, params, site):
            progress.say(
                f"valact collect: {pulled.changed:,} new judgements from project {pulled.project.title!r}"
            )
            if not pulled.project.edited:
                continue
            progress.say(
                "valact collect: its labelling config was edited on the server; answers that ours does not have "
                f"are in {job.path(ledger)}"
            )
    said, left_out = judgements(rounds.all_rounds(site.rounds), out.all_tasks, out.config, of, reading)
    _check(said, (*params.values.slugs, NONE), where=str(job.path(found)))
    job.write(found, said)
    job.write(ledger, left_out)
    for reason, count in left_out["reason"].value_counts(sort=True).sort("reason").iter_rows():
        job.note(f"{count:,} annotations with a note: {reason}")


def _check(said: pl.DataFrame, named: tuple[str, ...], where: str) -> None:
    columns = [name for name in ("value", "second_value") if name in said.columns]
    check_values(said, columns, named, where=where)
