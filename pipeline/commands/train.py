"""`valact annotate train`: what raters do before the round: say who they are, and train."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline import params as settings

if TYPE_CHECKING:
    from pipeline.annotation.client import Server
    from pipeline.annotation.sending import Sent


@click.command()
def train() -> None:
    """Puts the training (annotations/examples.yaml) on the server: five items that tell the answer, seven that do not;
    and the form in which raters say who they are (validation.background).

    Raters do both before the round; `valact annotate collect` brings them, `valact annotate status` shows who has
    passed (`validation.training.pass_mark`). Nobody is shut out by it.
    """
    from pipeline.annotation import client, labelling, sending
    from pipeline.annotation.client import connect
    from pipeline.coordination import background, training
    from pipeline.send import examples
    from pipeline.tables.ids import background_round, training_round

    params, server = settings.load(), client.needed()
    ours = examples.read(params.values)
    round_, title = params.validation.round, params.validation.label_studio.title
    with connect(server) as wire:
        if params.validation.background.questions:
            form, page, why = background.form(params.validation.background)
            said = sending.send(
                wire, form, round_=background_round(round_), title=title, config=page, instructions=why
            )
            click.echo(f"{said}\nRaters say who they are at {_page(server, said)}")
        sent = sending.send(
            wire,
            training.tasks(ours.training, params.values, round_, params.seed),
            round_=training_round(round_),
            title=title,
            config=training.config(labelling.labelling_config()),
            instructions=labelling.guidelines(params.values, worked=ours.worked, pairs=ours.pairs),
        )
    click.echo(f"{sent}\nRaters train at {_page(server, sent)}")


def _page(server: Server, sent: Sent) -> str:
    return f"{server.url}/projects/{sent.project.id}/data?labeling=1"
