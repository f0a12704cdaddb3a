"""`valact translate`: the questions in other languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import ParamsError

HEADERS = [
    "language",
    "texts",
    "without fault",
    "comes back",
    "recognised",
    "in English",
    "difference",
    "same value",
]


@click.command()
def translate() -> None:
    """Translates scenarios and actions, has them translated back, and read blindly in both languages.

    Languages and models are those of `translate` in params.yaml; what it would cost is told by
    `valact cost translate`. Writes data/translate: translations, readings, checks, and for each language a CSV file for
    a reader of both.
    """
    from pipeline.step.run import carry_out
    from pipeline.tables import places, read_table
    from pipeline.translate.sheet import sheets
    from pipeline.translate.step import STEP

    params = settings.load()
    if not params.translate.languages:
        raise ParamsError(
            "there is no language to translate into",
            where="params.yaml",
            remedy="name one in translate.languages, such as {zh: Simplified Chinese}, and who translates",
        )
    carry_out(STEP, params)
    found, texts = (read_table(p.schema, p.path()) for p in (places.TRANSLATION_CHECKS, places.TRANSLATIONS))
    click.echo(table(HEADERS, [_line(row) for row in found.iter_rows(named=True)], right=HEADERS[1:]))
    scenarios, actions = (read_table(p.schema, p.path()) for p in (places.SCENARIOS, places.ACTIONS))
    folder: Path = places.TRANSLATIONS.path().parent
    for file in sheets(texts, scenarios, actions, folder):
        click.echo(f"{file} has both texts side by side, doubtful ones first")


def _line(row: dict[str, Any]) -> list[str]:
    between = "" if row["low"] is None else f" ({row['low']:+.3f} to {row['high']:+.3f})"
    return [
        row["language"],
        f"{row['texts']:,}",
        f"{row['whole']:,}",
        *(_number(row[name]) for name in ("similarity", "recognised", "recognised_en")),
        _number(row["difference"]) + between,
        _number(row["same"]),
    ]


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"
