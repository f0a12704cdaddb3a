"""Collect: every judgement so far, from a Label Studio server if there is one, else from annotations/rounds/."""

from __future__ import annotations

from pipeline.annotation import client, rounds
from pipeline.annotation.exchange import asked, outgoing, pull
from pipeline.collect.judgements import judgements
from pipeline.core import progress
from pipeline.core.documents import write_json
from pipeline.step import Job, Step
from pipeline.tables import NONE, check_values, places


def make(job: Job) -> None:
    folder = job.path(places.ITEMS).parent
    params, server, items = job.params, client.server(), asked(job.params, folder)
    out = outgoing(folder)
    if server:
        for pulled in pull(server, params):
            progress.say(
                f"valact collect: {pulled.changed:,} new judgements from project {pulled.project.title!r}"
            )
            if not pulled.project.edited:
                continue
            progress.say(
                "valact collect: its labelling config was edited on the server; answers that ours does not have "
                f"are in {job.path(places.COLLECT_LEDGER)}"
            )
    found, ledger = judgements(rounds.all_rounds(), out.all_tasks, out.config, items)
    named = (*params.values.slugs, NONE)
    check_values(found, ("value", "second_value"), named, where=str(job.path(places.JUDGEMENTS)))
    job.write(places.JUDGEMENTS, found)
    job.write(places.COLLECT_LEDGER, ledger)
    # Only where there are some: of most rounds nothing is known.
    if counts := rounds.known(params.validation.round).background:
        write_json(dict(counts), job.root / places.BACKGROUND)
    for reason, count in ledger["reason"].value_counts(sort=True).sort("reason").iter_rows():
        job.note(f"{count:,} annotations with a note: {reason}")


STEP = Step("collect", make, inputs=(places.ITEMS,), outputs=(places.JUDGEMENTS, places.COLLECT_LEDGER))
