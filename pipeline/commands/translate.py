"""`valact translate`: the questions in other languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError, ParamsError

if TYPE_CHECKING:
    import polars as pl

    from pipeline.params import Params

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


@click.group(invoke_without_command=True)
@click.pass_context
def translate(context: click.Context) -> None:
    """Translates scenarios and actions, has them translated back, and read blindly in both languages.

    Languages and models are those of `translate` in params.yaml; what it would cost is told by
    `valact cost translate`. Writes data/translate: translations, readings, checks, and for each language a CSV file for
    a reader of both. `send` and `collect` ask people who read both.
    """
    if context.invoked_subcommand is None:
        _translate(_params())


@translate.command()
@click.option(
    "--most", type=click.IntRange(min=1), help="Texts a language, doubtful ones first; all without it."
)
def send(most: int | None) -> None:
    """Puts the translations on the Label Studio server, a project a language; reviewed tasks always stay.

    LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name the server. The page is annotations/translation.xml.
    """
    from pipeline.annotation import client
    from pipeline.tables import places
    from pipeline.translate import rating

    params = _params()
    if not places.TRANSLATIONS.path().exists():
        raise InputError(
            "there are no translations yet",
            where=str(places.TRANSLATIONS.path()),
            remedy="run `valact translate`",
        )
    translations, english = _texts()
    for language in params.translate.languages:
        sent = rating.send(client.needed(), params, translations, english, language, most=most)
        click.echo(f"{language}: {sent}")


@translate.command()
def collect() -> None:
    """Saves every review so far in annotations/translations, and takes it over into data/translate.

    Only mended texts ask models again: who reads them blindly.
    """
    from pipeline.annotation import client
    from pipeline.translate import rating

    params = _params()
    for language in params.translate.languages:
        changed, whole = rating.collect(client.needed(), language)
        click.echo(f"{language}: {changed:,} new reviews, {whole:,} in all")
    _translate(params)


def _params() -> Params:
    params = settings.load()
    if not params.translate.languages:
        raise ParamsError(
            "there is no language to translate into",
            where="params.yaml",
            remedy="name one in translate.languages, such as {zh: Simplified Chinese}, and who translates",
        )
    return params


def _texts() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Table Translations, and columns id and english of what was translated."""
    import polars as pl

    from pipeline.tables import places, read_table

    translations, scenarios, actions = (
        read_table(p.schema, p.path()) for p in (places.TRANSLATIONS, places.SCENARIOS, places.ACTIONS)
    )
    return translations, pl.concat(
        [scenarios.select(id="scenario_id", english="text"), actions.select(id="action_id", english="text")]
    )


def _translate(params: Params) -> None:
    from pipeline.step.run import carry_out
    from pipeline.tables import places, read_table
    from pipeline.translate.sheet import sheets
    from pipeline.translate.step import STEP

    for note in carry_out(STEP, params).notes:
        click.echo(note)
    checks = read_table(places.TRANSLATION_CHECKS.schema, places.TRANSLATION_CHECKS.path())
    click.echo(table(HEADERS, [_line(row) for row in checks.iter_rows(named=True)], right=HEADERS[1:]))
    translations, english = _texts()
    for file in sheets(translations, english, places.TRANSLATIONS.path().parent):
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
