"""Send: draw the sample that raters judge, write it for import, and put it on a Label Studio server if there is one."""

from __future__ import annotations

import polars as pl

from pipeline.annotation import client, labelling
from pipeline.annotation.exchange import Outgoing
from pipeline.repairs import asked as repairs
from pipeline.send import checks, examples, rounds, shared
from pipeline.send.push import push
from pipeline.send.tasks import tasks
from pipeline.send.workload import workload
from pipeline.step import Job, Step
from pipeline.tables import places


def make(job: Job) -> None:
    params, server = job.params, client.server()
    scenarios, options = job.read(places.SCENARIOS), job.read(places.OPTIONS)
    drawn = rounds.draw(
        scenarios,
        job.read(places.ACTIONS),
        job.read(places.QUESTIONS),
        options,
        params,
        job.read(places.READINGS),
        job.read(places.DRAFTS),
        repairs.read(job.root / repairs.FILE, params.values),
    )
    shown = {
        one.round: tasks(one.items, scenarios, one.actions, options, params.values, params.seed)
        for one in drawn
    }
    items = pl.concat([one.items for one in drawn]).sort("item_id")
    job.write(places.ITEMS, items)
    job.balance("items", items.height, shown=sum(map(len, shown.values())))
    folder = job.path(places.ITEMS).parent
    shown_to_raters = examples.read(params.values)
    config, instructions = (
        labelling.labelling_config(),
        labelling.guidelines(params.values, worked=shown_to_raters.worked, pairs=shown_to_raters.pairs),
    )
    job.note(
        f"round {params.validation.round}: {workload(shown[params.validation.round])}; `valact annotate plan`"
    )
    there, wanted = checks.there_and_wanted(drawn[0].items, params.validation.sample.distractors)
    if there < wanted:
        job.note(f"{there} attention checks, not {wanted}: in all other actions models see the same value")
    first = shown.pop(params.validation.round)
    parts = shared.parts(drawn[0], first, scenarios, options, params)
    Outgoing(first, config, instructions, shown, parts).write(folder)
    for sent in push(server, params, folder=folder) if server else ():
        job.note(str(sent))


STEP = Step(
    "send",
    make,
    inputs=(
        places.SCENARIOS,
        places.ACTIONS,
        places.QUESTIONS,
        places.OPTIONS,
        places.READINGS,
        places.DRAFTS,
    ),
    outputs=(places.ITEMS,),
)
