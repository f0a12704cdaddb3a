"""`valact import-answers`: anybody's answers, as tables, beside the other respondents."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from pipeline import params as settings
from pipeline.commands import studies
from pipeline.core.errors import InputError

ASSEMBLED = Path("data/assemble")


@click.command("import-answers")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--name", required=True, help="Name of the study: of the folder in data/imported/ and its group."
)
@click.option(
    "--pvq-reverse",
    "reverse",
    is_flag=True,
    help="Answers to instruments are coded the other way than the instrument does (6 for 1); zero is none.",
)
def import_answers(path: Path, name: str, reverse: bool) -> None:
    """Reads anybody's answers in PATH into data/imported/NAME/, which `dvc repro score` reads.

    PATH is a folder of Parquet or CSV tables: respondents, with any further columns as covariates, and what there is of
    choices, instrument_answers, scores and ratings. Their columns are in docs/extending.md. Nothing in PATH is changed;
    an import replaces the one before. ledger.parquet says what was left out and why.
    """
    from pipeline.answers import imports
    from pipeline.answers.readers import READERS
    from pipeline.answers.scales import turned

    params = settings.load()
    out = studies.folder_of(name, "covariates.parquet", "such answers")
    readers = READERS.all()
    reader = next((reader for reader in readers.values() if reader.knows(path)), None)
    if reader is None:
        known = "; ".join(reader.says for reader in readers.values())
        raise InputError("nothing there that can be read", where=str(path), remedy=f"it should be {known}")
    raw = reader.read(path)
    if reverse and "instrument_answers" in raw.tables:
        raw.tables["instrument_answers"] = turned(raw.tables["instrument_answers"])
    imported = imports.import_answers(raw, _ours, values=params.values, name=name, seed=params.seed)
    imports.write(imported, out)
    _report(imported, out)
    studies.say_reversed(imported["instrument_answers"], reverse=reverse, flag="--pvq-reverse")


def _ours() -> tuple[pl.DataFrame, pl.DataFrame]:
    from pipeline.tables import AskedQuestions, Options, Questions, Scenarios, read_table

    category = read_table(Scenarios, ASSEMBLED / "scenarios.parquet").select("scenario_id", "category")
    questions = read_table(Questions, ASSEMBLED / "questions.parquet").join(
        category, on="scenario_id", how="left", validate="m:1"
    )
    return read_table(Options, ASSEMBLED / "options.parquet"), questions.select(AskedQuestions.column_names())


def _report(imported: dict[str, pl.DataFrame], out: Path) -> None:
    studies.say_losses(imported["ledger"])
    shown = ("choices", "instrument_answers", "instrument_scores", "ratings", "covariates")
    found = ", ".join(
        f"{imported[name].height:,} {name.replace('_', ' ')}" for name in shown if imported[name].height
    )
    click.echo(
        f"{imported['respondents'].height:,} respondents, {found or 'no answers'}; the tables are in {out}/"
    )
