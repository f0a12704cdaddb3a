"""`valact probe`: whether models were trained on the texts."""

from __future__ import annotations

from typing import Any

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import ParamsError

# Of the paraphrases of a text that a model does not know.
CHANCE = 0.5
HEADERS = [
    "model",
    "texts",
    "similarity",
    "chance",
    "excess",
    "interval",
    "p (Holm)",
    "beyond others",
    "verbatim",
]
RANKS = ["model", "texts", "above", "interval", "chance", "p (Holm)", "beyond others", "likeliest of all"]


@click.command()
def probe() -> None:
    """Asks models for the second halves of the texts, and for the rest of the release's canary.

    Asks `probe.models`, or else every model that answers as a respondent. What it would cost is told by
    `valact cost probe`. Writes data/probe: continuations.parquet of each text, probe.parquet of each model. Models of
    `probe.likelihoods` are given whole texts beside paraphrases, too: likelihoods.parquet and ranks.parquet.
    """
    from pipeline.probe.step import STEP
    from pipeline.step.run import carry_out
    from pipeline.tables import places, read_table

    params = settings.load()
    if not STEP.models(params, ""):
        raise ParamsError(
            "nobody is there to ask: no respondent is a model",
            where="params.yaml",
            remedy="name models of `models` in probe.models",
        )
    carry_out(STEP, params)
    found = read_table(places.PROBED.schema, places.PROBED.path())
    rows = [_line(row) for row in found.iter_rows(named=True)]
    click.echo(table(HEADERS, rows, right=HEADERS[1:]))
    for row in found.iter_rows(named=True):
        click.echo(_sentence(row, 1 - params.analysis.confidence))
    ranks = read_table(places.RANKED.schema, places.RANKED.path())
    if ranks.height:
        rows = [_rank(row) for row in ranks.iter_rows(named=True)]
        click.echo("\nTexts among their paraphrases, by log probability:")
        click.echo(table(RANKS, rows, right=RANKS[1:]))
    click.echo(f"\n{places.PROBED.path()} and {places.CONTINUATIONS.path()} have all of it")


def _line(row: dict[str, Any]) -> list[str]:
    return [
        row["model"],
        f"{row['compared']} of {row['asked']}",
        *(_number(row[name]) for name in ("similarity", "chance", "excess")),
        _interval(row["low"], row["high"]),
        _number(row["holm_p"]),
        f"{_number(row['beyond'])} {_interval(row['beyond_low'], row['beyond_high'])}".removesuffix(" -"),
        f"{row['verbatim']} (by chance {_number(row['verbatim_chance'])})",
    ]


def _rank(row: dict[str, Any]) -> list[str]:
    return [
        row["model"],
        f"{row['compared']} of {row['asked']}",
        _number(row["above"]),
        _interval(row["low"], row["high"]),
        _number(CHANCE),
        _number(row["holm_p"]),
        f"{_number(row['beyond'])} {_interval(row['beyond_low'], row['beyond_high'])}".removesuffix(" -"),
        f"{row['first']} (by chance {_number(row['first_chance'])})",
    ]


def _sentence(row: dict[str, Any], level: float) -> str:
    """What the figures of a model say, and whether it knows the canary."""
    canary = {
        True: "it wrote the release's canary, so files of the release were in its training data",
        False: "it does not know the canary, which says nothing of the posts",
        None: "it gave no answer about the canary",
    }[row["knows_canary"]]
    if row["holm_p"] is None:
        said = "nothing can be said of the texts: too few were answered"
    elif row["holm_p"] < level:
        said = "its continuations are nearer to the true halves than to those of other posts"
    else:
        said = "its continuations are no nearer to the true halves than chance allows"
    return f"\n{row['model']}: {said}; {canary}"


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None else f"{_number(low)} to {_number(high)}"
