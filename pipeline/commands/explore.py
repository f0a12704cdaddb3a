"""`valact explore`: the questions of a run, one scenario at a time, in a browser on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import params as settings
from pipeline.core.errors import InputError


@click.command()
@click.option(
    "--port",
    default=8642,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port on this machine; 0: any.",
)
@click.option(
    "--with-texts",
    is_flag=True,
    help="Show texts that release.text withholds; for your eyes on this machine.",
)
def explore(port: int, with_texts: bool) -> None:
    """Serves the report and the questions behind it on this machine, until Ctrl-C.

    One scenario at a time: its actions, checks, votes, expert judgements, and what each respondent chose. Nothing
    leaves the machine.
    """
    from pipeline.explore.corpus import Corpus
    from pipeline.explore.server import routes
    from pipeline.explore.serving import served

    params = settings.load()
    corpus = Corpus(Path(), texts=with_texts or params.release.text == "include")
    if not corpus.questions.height:
        raise InputError(
            "there are no questions yet", where="data/assemble", remedy="run `dvc repro assemble`"
        )
    served(
        routes(corpus, params.values),
        port,
        "valact explore",
        lambda address: click.echo(f"{address} (Ctrl-C ends it)"),
    )
