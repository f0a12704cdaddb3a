"""Send: draw the sample that raters judge, write it for import, and put it on a Label Studio server if there is one."""

from __future__ import annotations

from pipeline.annotation import client, labelling
from pipeline.annotation.exchange import Outgoing, push
from pipeline.send import design
from pipeline.send.tasks import tasks
from pipeline.step import Job, Step
from pipeline.tables import places


def make(job: Job) -> None:
    params, server = job.params, client.server()
    scenarios, actions = job.read(places.SCENARIOS), job.read(places.ACTIONS)
    questions, options = job.read(places.QUESTIONS), job.read(places.OPTIONS)
    items = design.draw(scenarios, actions, questions, options, params, job.read(places.READINGS))
    shown = tasks(items, scenarios, actions, options, params.values, params.seed)
    job.balance("items", items.height, shown=len(shown))
    job.write(places.ITEMS, items)
    folder = job.path(places.ITEMS).parent
    Outgoing(shown, labelling.labelling_config(), labelling.guidelines(params.values)).write(folder)
    if server:
        job.note(str(push(server, params, folder=folder)))


STEP = Step(
    "send",
    make,
    inputs=(places.SCENARIOS, places.ACTIONS, places.QUESTIONS, places.OPTIONS, places.READINGS),
    outputs=(places.ITEMS,),
)
