"""`valact freetext`: what respondents would do in their own words, coded by a panel of models."""

from __future__ import annotations

from typing import Any

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import ParamsError

HEADERS = [
    "respondent",
    "answered",
    "coded",
    "no value",
    "alpha of coders",
    "r with choices",
    "r if free to abstain",
]
CHECKS = ["coder", "actions", "as raters", "interval", "by chance"]


@click.command()
def freetext() -> None:
    """Asks respondents what they would do, without options, and has a panel of models code the values.

    Asks the models of `freetext.respondents`. What it would cost is told by `valact cost freetext`. Writes
    data/freetext: answers, codes, values, summaries and checks; the report has a section on them.
    """
    from pipeline.freetext.step import STEP
    from pipeline.step.run import carry_out
    from pipeline.tables import places, read_table

    params = settings.load()
    if not STEP.models(params, ""):
        raise ParamsError(
            "nobody is there to ask", where="params.yaml", remedy="name respondents in freetext.respondents"
        )
    carry_out(STEP, params)
    found = read_table(places.FREE_SUMMARIES.schema, places.FREE_SUMMARIES.path())
    click.echo(table(HEADERS, [_line(row) for row in found.iter_rows(named=True)], right=HEADERS[1:]))
    checks = read_table(places.FREE_CHECKS.schema, places.FREE_CHECKS.path())
    if checks.is_empty():
        click.echo("\nNo rater has judged an action, so that the coders are not checked")
    else:
        (raters,) = checks["raters"].unique()
        click.echo(f"\nActions that raters agreed on (round of kind {raters}):")
        click.echo(table(CHECKS, [_check(row) for row in checks.iter_rows(named=True)], right=CHECKS[1:]))
    click.echo(f"\n{places.FREE_VALUES.path()} has the share of each value")


def _line(row: dict[str, Any]) -> list[str]:
    return [
        row["respondent"],
        f"{row['answered']:,} of {row['asked']:,}",
        f"{row['coded']:,}",
        f"{row['without_value']:,}",
        _with_interval(row, "alpha"),
        _with_interval(row, "r_default"),
        _with_interval(row, "r_abstain"),
    ]


def _check(row: dict[str, Any]) -> list[str]:
    interval = "-" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
    return [row["coder"], f"{row['actions']:,}", _number(row["share"]), interval, _number(row["chance"])]


def _with_interval(row: dict[str, Any], name: str) -> str:
    if row[f"{name}_low"] is None:
        return _number(row[name])
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"
