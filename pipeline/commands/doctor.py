"""`valact doctor`: looks at everything a run needs before it starts."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import click

from pipeline.commands.recipe_option import recipe_option
from pipeline.core.visible import visible
from pipeline.recipe import Recipe


@click.command()
@click.option(
    "--online", is_flag=True, help="Also ask endpoints for their models (free) and Label Studio if it is up."
)
@recipe_option
def doctor(online: bool, recipe: Recipe) -> None:
    """Checks that a run would get through: set-up, keys, models, disk, store. Ends with 1 if it would not.

    Asks nobody anything unless told to, and shows no secrets.
    """
    from pipeline.doctor import examine

    states: Counter[str] = Counter()
    for check in examine(online=online, today=dt.date.today(), recipe=recipe):
        states[check.state] += 1
        click.echo(visible(f"{check.state:8} {check.what}: {check.found}"))
        if check.remedy:
            click.echo(f"{'':8}   -> {check.remedy}")
    click.echo(f"\n{states['problem']} problems, {states['warning']} warnings")
    if states["problem"]:
        raise SystemExit(1)
