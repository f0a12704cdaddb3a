"""`valact author`: dilemmas that no crawl holds."""

from __future__ import annotations

import click

from pipeline import params as settings
from pipeline.core.errors import ParamsError


@click.command()
def author() -> None:
    """Has a model write dilemmas from seeds: a category, what is at stake, two values in tension.

    What it would cost is told by `valact cost author`. Writes data/author/dilemmas.parquet, a row for each seed, and
    those that were written to `author.out`, which `scrape.authored.paths` may name.
    """
    from pipeline.author.step import STEP
    from pipeline.step.run import carry_out
    from pipeline.tables import places, read_table

    params = settings.load()
    if not params.author.model:
        raise ParamsError(
            "nobody is there to write", where="params.yaml", remedy="name a model of `models` in author.model"
        )
    carry_out(STEP, params)
    found = read_table(places.AUTHORED.schema, places.AUTHORED.path())
    written = found.height - found["post_id"].null_count()
    click.echo(f"{written:,} of {found.height:,} dilemmas are in {params.author.out}")
    if written < found.height:
        click.echo(f"column status of {places.AUTHORED.path()} says why the others are not")
    if params.author.out not in params.scrape.authored.paths:
        click.echo("To have them judged beside the posts, name that file in scrape.authored.paths")
