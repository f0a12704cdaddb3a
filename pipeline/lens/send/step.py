"""Send: draw the actions that people judge, for import or for the Label Studio server that there is."""

from __future__ import annotations

from itertools import chain

from pipeline.annotation import client, labelling
from pipeline.annotation.exchange import Outgoing
from pipeline.lens import places
from pipeline.lens.params import Params
from pipeline.lens.send.draw import draw
from pipeline.lens.send.site import SITE
from pipeline.lens.send.tasks import tasks
from pipeline.send.push import push
from pipeline.send.workload import workload
from pipeline.step import Job, Step


def make(job: Job[Params]) -> None:
    params, server = job.params, client.server()
    actions = job.read(places.ACTIONS)
    items = draw(job.read(places.SCENARIOS), actions, params)
    shown = tasks(items, actions, params.values)
    job.write(places.ITEMS, items)
    job.balance("items", items.height, shown=sum(map(len, shown.values())))
    folder = job.path(places.ITEMS).parent
    config = labelling.labelling_config(SITE.labelling)
    instructions = labelling.guidelines(params.values, SITE.guidelines)
    job.note(
        f"round {params.validation.round}: {workload(chain(*shown.values())).told(len(shown))}; "
        f"`valact annotate plan{SITE.option}`"
    )
    Outgoing([], config, instructions, shown).write(folder)
    for sent in push(server, params, folder=folder, site=SITE) if server else ():
        job.note(str(sent))


STEP = Step("send", make, inputs=(places.SCENARIOS, places.ACTIONS), outputs=(places.ITEMS,))
