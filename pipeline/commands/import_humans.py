"""`valact import-humans`: people's answer files, checked, stripped of who they are, beside the other respondents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands import studies
from pipeline.commands.recipe_option import recipe_option
from pipeline.core.errors import InputError
from pipeline.core.visible import visible
from pipeline.recipe import LENS, VALACT, Recipe

if TYPE_CHECKING:
    from pipeline.params.people import AnswerChecks
    from pipeline.people.imports import Imported


@click.command("import-humans")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the study: of the folder in data/imported/ and in ids.")
@click.option("--key", "folder", type=click.Path(path_type=Path), help="Folder that `valact forms` wrote.")
@click.option(
    "--columns",
    metavar="REGEX",
    help=r"Tables of an instrument alone: which columns are its items, such as '^pvq(\d+)'. Instead of --key.",
)
@click.option(
    "--instrument", default="pvq40", show_default=True, help="Name of the instrument, with --columns."
)
@click.option(
    "--reverse",
    "--pvq-reverse",
    "reverse",
    is_flag=True,
    help="Tables code the statements the other way than the instrument does (6 for 1); zero is no answer.",
)
@click.option(
    "--participant-column", default="participant", show_default=True, help="Column with people's codes."
)
@click.option("--language", default="en", show_default=True, help="Language of the items, with --columns.")
@recipe_option
def import_humans(
    recipe: Recipe,
    files: tuple[Path, ...],
    name: str,
    folder: Path | None,
    columns: str | None,
    instrument: str,
    reverse: bool,
    participant_column: str,
    language: str,
) -> None:
    """Reads people's answers in FILES into data/imported/NAME/, which `dvc repro score` reads; those to forms of the
    lens into lens/data/imported/NAME/.

    FILES are what the pages saved (JSON or CSV), tables of survey tools with a column for each item, or, with
    --columns, any tables of answers to an instrument. They are never changed. Give all files of a study each time: the
    import replaces the one before. Participant codes are compared and then dropped; ledger.parquet says what was left
    out and why.
    """
    from pipeline.forms.key import read_key
    from pipeline.instruments import load as load_instrument
    from pipeline.people import files as answer_files
    from pipeline.people import imports, withdrawal
    from pipeline.people.instrument_table import read_tables
    from pipeline.people.reading import read_records

    seed, checks = _checked_by(recipe)
    out = studies.folder_of(name, "ledger.parquet", "people's answers", home=recipe.home)
    if recipe is LENS and columns is not None:
        raise InputError(
            "tables of an instrument say nothing about cells of the lens",
            where="--columns",
            remedy="give the --key of forms that `valact forms --recipe lens` made",
        )
    if (folder is None) == (columns is None):
        raise InputError(
            "either the forms' key or the columns of a table are needed",
            remedy="give --key or --columns",
        )
    key = register = None
    if folder is None:
        handed, people = read_tables(
            files,
            columns or "",
            load_instrument(instrument),
            participant=participant_column,
            language=language,
            reverse=reverse,
        )
    else:
        key = read_key(folder)
        if key.recipe != recipe.name:
            raise InputError(
                f"these are forms of the recipe {key.recipe}, not of {recipe.name}",
                where=str(folder),
                remedy=f"give --recipe {key.recipe}",
            )
        handed = answer_files.read_files(files, participant_column)
        if reverse and not any(record.survey for record in handed.records):
            raise InputError(
                "no file is a survey tool's, and the coding of our own pages is known", where="--reverse"
            )
        withdrawal.leave_out(handed, register := withdrawal.Register.open(folder), name)
        people = read_records(handed, key, reverse=reverse)
    imported = imports.import_people(handed, people, key, checks, name=name, seed=seed)
    before = _respondents(out)
    if register and (register.path.exists() or imported.respondents):
        # Before there are tables: nobody is in them whom a withdrawal would not find.
        register.link(name, imported.respondents)
    imports.write(imported, out)
    if folder and imported.background:
        _write_background(imported.background, folder, name)
    _report(imported, handed.unread, before, out)
    if recipe is VALACT:
        studies.say_reversed(imported.tables["instrument_answers"], reverse=reverse, flag="--pvq-reverse")


def _checked_by(recipe: Recipe) -> tuple[int, AnswerChecks]:
    """Seed and bounds of the recipe's params."""
    if recipe is LENS:
        from pipeline.lens import params as lens

        found = lens.load()
        return found.seed, found.forms.checks
    params = settings.load()
    return params.seed, params.forms.checks


def _write_background(rows: list[dict[str, str]], folder: Path, name: str) -> None:
    """What people said about themselves, beside the key and apart from all answers."""
    import csv
    import io

    from pipeline.core.atomic import write_private

    text = io.StringIO()
    columns = sorted({column for row in rows for column in row})
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = (folder / "key" if (folder / "key").is_dir() else folder) / f"background-{name}.csv"
    write_private(text.getvalue(), path)
    click.echo(f"What people said about themselves is in {path}, apart from their answers")


def _respondents(out: Path) -> int:
    from pipeline.tables import Respondents, read_table

    path = out / "respondents.parquet"
    return read_table(Respondents, path).height if path.exists() else 0


def _report(imported: Imported, unread: dict[str, list[str]], before: int, out: Path) -> None:
    for file, columns in unread.items():
        if columns:
            shown = ", ".join(columns[:6]) + ", ..." * (len(columns) > 6)
            click.echo(visible(f"{file}: {len(columns)} columns left unread ({shown})"))
    studies.say_losses(imported.tables["ledger"])
    click.echo(
        f"{imported.kept:,} people kept, {imported.left_out:,} files or rows left out; the tables are in {out}/"
    )
    if imported.kept < before:
        click.echo(f"There were {before:,} before: were all files of the study given?")
