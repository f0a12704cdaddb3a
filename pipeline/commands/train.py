"""`valact annotate train`: a short training before the round, in a project of its own."""

from __future__ import annotations

import click

from pipeline import params as settings


@click.command()
def train() -> None:
    """Puts the training (annotations/examples.yaml) on the server: five items that tell the answer, seven that do not.

    Raters do it before the round; `valact annotate collect` brings it, `valact annotate status` shows who has passed
    (`validation.training.pass_mark`). Nobody is shut out by it.
    """
    from pipeline.annotation import client, labelling, sending
    from pipeline.annotation.client import connect
    from pipeline.commands import annotation_training as training
    from pipeline.send import examples
    from pipeline.tables.ids import training_round

    params, server = settings.load(), client.needed()
    ours = examples.read(params.values)
    round_ = params.validation.round
    with connect(server) as wire:
        sent = sending.send(
            wire,
            training.tasks(ours.training, params.values, round_, params.seed),
            round_=training_round(round_),
            title=params.validation.label_studio.title,
            config=training.config(labelling.labelling_config()),
            instructions=labelling.guidelines(params.values, worked=ours.worked, pairs=ours.pairs),
        )
    click.echo(f"{sent}\nRaters train at {server.url}/projects/{sent.project.id}/data?labeling=1")
