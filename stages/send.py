"""Send: draw the sample that raters judge, write it for import, and put it on a Label Studio server if there is one."""

import sys
from pathlib import Path

from pipeline.annotation import client, labelling
from pipeline.annotation.exchange import SEND, Outgoing, push
from pipeline.params import Params
from pipeline.send import design
from pipeline.send.tasks import tasks
from pipeline.step.run import stage
from pipeline.tables import Actions, Items, Options, Questions, Scenarios, read_table, write_table

DATA = Path("data/assemble")


@stage("send")
def main(params: Params) -> None:
    server = client.server()
    scenarios = read_table(Scenarios, DATA / "scenarios.parquet")
    actions = read_table(Actions, DATA / "actions.parquet")
    questions = read_table(Questions, DATA / "questions.parquet")
    options = read_table(Options, DATA / "options.parquet")

    items = design.draw(scenarios, actions, questions, options, params)
    shown = tasks(items, scenarios, actions, options, params.seed)
    assert len(shown) == items.height, "send lost or invented items"
    write_table(Items, items, SEND / "items.parquet")
    Outgoing(shown, labelling.labelling_config(), labelling.guidelines()).write()
    if server:
        print(f"valact send: {push(server, params)}", file=sys.stderr)


if __name__ == "__main__":
    main()
