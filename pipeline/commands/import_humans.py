"""`valact import-humans`: people's answer files, checked, stripped of who they are, beside the other respondents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError

if TYPE_CHECKING:
    from pipeline.people.imports import Imported

IMPORTED = Path("data/imported")


@click.command("import-humans")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the study: of the folder in data/imported/ and in ids.")
@click.option("--key", "folder", type=click.Path(path_type=Path), help="Folder that `valact forms` wrote.")
@click.option(
    "--pvq-columns",
    metavar="REGEX",
    help=r"Tables of the PVQ-40 alone: which columns are its items, such as '^pvq(\d+)'. Instead of --key.",
)
@click.option(
    "--pvq-reverse", is_flag=True, help="Tables code the PVQ from 6 to 1 (use 7 - x); zero is no answer."
)
@click.option(
    "--participant-column", default="participant", show_default=True, help="Column with people's codes."
)
@click.option(
    "--language", default="en", show_default=True, help="Language of the items, with --pvq-columns."
)
def import_humans(
    files: tuple[Path, ...],
    name: str,
    folder: Path | None,
    pvq_columns: str | None,
    pvq_reverse: bool,
    participant_column: str,
    language: str,
) -> None:
    """Reads people's answers in FILES into data/imported/NAME/, which `dvc repro score` reads.

    FILES are what the pages saved (JSON or CSV), tables of survey tools with a column for each item, or, with
    --pvq-columns, any tables of PVQ-40 answers. They are never changed. Give all files of a study each time: the
    import replaces the one before. Participant codes are compared and then dropped; ledger.parquet says what was left
    out and why.
    """
    from pipeline.forms.folder import read_key
    from pipeline.people import files as answer_files
    from pipeline.people import imports
    from pipeline.people.pvq_table import read_pvq_tables
    from pipeline.people.reading import read_records

    params = settings.load()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InputError("letters, digits, '-' and '_' are wanted", where=f"--name {name}")
    out = IMPORTED / name
    if out.exists() and not (out / "ledger.parquet").exists():
        raise InputError(
            "the folder holds something else than people's answers",
            where=str(out),
            remedy="choose another --name",
        )
    if (folder is None) == (pvq_columns is None):
        raise InputError(
            "either the forms' key or the columns of a PVQ table are needed",
            remedy="give --key or --pvq-columns",
        )
    key = None
    if folder is None:
        handed, people = read_pvq_tables(
            files, pvq_columns or "", participant=participant_column, language=language, reverse=pvq_reverse
        )
    else:
        key = read_key(folder)
        handed = answer_files.read_files(files, participant_column)
        if pvq_reverse and not any(record.survey for record in handed.records):
            raise InputError(
                "no file is a survey tool's, and the coding of our own pages is known", where="--pvq-reverse"
            )
        people = read_records(handed, key, reverse=pvq_reverse)
    imported = imports.import_people(handed, people, key, params.forms.checks, name=name, seed=params.seed)
    before = _respondents(out)
    imports.write(imported, out)
    _report(imported, handed.unread, before, out)


def _respondents(out: Path) -> int:
    from pipeline.tables import Respondents, read_table

    path = out / "respondents.parquet"
    return read_table(Respondents, path).height if path.exists() else 0


def _report(imported: Imported, unread: dict[str, list[str]], before: int, out: Path) -> None:
    import polars as pl

    ledger = imported.tables["ledger"]
    counts = ledger.group_by("effect", "reason").agg(rows=pl.len()).sort("effect", "reason")
    for file, columns in unread.items():
        if columns:
            shown = ", ".join(columns[:6]) + ", ..." * (len(columns) > 6)
            click.echo(f"{file}: {len(columns)} columns left unread ({shown})")
    if counts.height:
        rows = [[effect, reason, f"{number:,}"] for effect, reason, number in counts.iter_rows()]
        click.echo(table(["effect", "reason", "rows"], rows, right=["rows"]) + "\n")
    click.echo(
        f"{imported.kept:,} people kept, {imported.left_out:,} files or rows left out; the tables are in {out}/"
    )
    if imported.kept < before:
        click.echo(f"There were {before:,} before: were all files of the study given?")
