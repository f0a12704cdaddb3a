"""`valact freetext`: what respondents would do in their own words, coded by a panel of models."""

from __future__ import annotations

import click

from pipeline import params as settings
from pipeline.commands.table import report_table
from pipeline.core.errors import ParamsError


@click.command()
def freetext() -> None:
    """Asks respondents what they would do, without options, and has a panel of models code the values.

    Asks the models of `freetext.respondents`. What it would cost is told by `valact cost freetext`. Writes
    data/freetext: answers, codes, values, summaries and checks; the report has a section on them.
    """
    from pipeline.freetext.step import STEP
    from pipeline.report import freetext as shown
    from pipeline.step.run import carry_out
    from pipeline.tables import places, read_table

    params = settings.load()
    if not STEP.models(params, ""):
        raise ParamsError(
            "nobody is there to ask", where="params.yaml", remedy="name respondents in freetext.respondents"
        )
    carry_out(STEP, params)
    click.echo(
        report_table(shown.summaries(read_table(places.FREE_SUMMARIES.schema, places.FREE_SUMMARIES.path())))
    )
    checks = read_table(places.FREE_CHECKS.schema, places.FREE_CHECKS.path())
    if checks.is_empty():
        click.echo("\nNo rater has judged an action, so that the coders are not checked")
    else:
        click.echo("\n" + report_table(shown.checks(checks)))
    click.echo(f"\n{places.FREE_VALUES.path()} has the share of each value")
