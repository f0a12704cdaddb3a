"""`valact import-answers`: anybody's answers, as tables, beside the other respondents."""

from __future__ import annotations

import re
from pathlib import Path

import click
import polars as pl

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError

IMPORTED = Path("data/imported")
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
    from pipeline.people.direction import looks_reversed

    params = settings.load()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InputError("letters, digits, '-' and '_' are wanted", where=f"--name {name}")
    out = IMPORTED / name
    if out.exists() and not (out / "covariates.parquet").exists():
        raise InputError(
            "the folder holds something else than such answers",
            where=str(out),
            remedy="choose another --name",
        )
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
    for instrument, r in looks_reversed(imported["instrument_answers"]):
        click.echo(
            f"\nThe answers to {instrument} look coded the other way: their means go against the order of values found "
            f"everywhere (r {r:.2f}). If they are, import them {'without' if reverse else 'with'} --pvq-reverse."
        )


def _ours() -> tuple[pl.DataFrame, pl.DataFrame]:
    from pipeline.tables import AskedQuestions, Options, Questions, Scenarios, read_table

    category = read_table(Scenarios, ASSEMBLED / "scenarios.parquet").select("scenario_id", "category")
    questions = read_table(Questions, ASSEMBLED / "questions.parquet").join(
        category, on="scenario_id", how="left", validate="m:1"
    )
    return read_table(Options, ASSEMBLED / "options.parquet"), questions.select(AskedQuestions.column_names())


def _report(imported: dict[str, pl.DataFrame], out: Path) -> None:
    counts = imported["ledger"].group_by("effect", "reason").agg(rows=pl.len()).sort("effect", "reason")
    if counts.height:
        rows = [[effect, reason, f"{number:,}"] for effect, reason, number in counts.iter_rows()]
        click.echo(table(["effect", "reason", "rows"], rows, right=["rows"]) + "\n")
    shown = ("choices", "instrument_answers", "instrument_scores", "ratings", "covariates")
    found = ", ".join(
        f"{imported[name].height:,} {name.replace('_', ' ')}" for name in shown if imported[name].height
    )
    click.echo(
        f"{imported['respondents'].height:,} respondents, {found or 'no answers'}; the tables are in {out}/"
    )
