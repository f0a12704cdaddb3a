"""`valact import-published`: the published results of the paper's authors, beside one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import polars as pl

from pipeline.commands.table import table
from pipeline.core.errors import InputError
from pipeline.core.visible import visible

IMPORTED = Path("data/imported")
OF_THE_LENS = Path("lens/data/imported")
# The values that the second paper asks about.
INVENTORY = "svs56"


@click.command("import-published")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", default="published", show_default=True, help="Name of the folder in data/imported/.")
@click.option(
    "--items",
    "wordings",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of PVQ-40 items (docs/instruments.md) in a wording that is not the published one. Repeatable.",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Of the second paper: measure and report its respondents alone, into FOLDER.",
)
def import_published(folder: Path, name: str, wordings: tuple[Path, ...], page: Path | None) -> None:
    """Reads the paper authors' result files from a clone of theirs in DIR into data/imported/NAME/, and the data of
    the second paper (ValueActionLens; a folder, or an archive) into lens/data/imported/NAME/.

    They become the tables of any other respondent, with file and line of every answer, and a report of everything
    that could not be read. Where DIR also holds the authors' aggregate tables, every cell is recomputed. What the
    command looks for is in docs/published.md.
    """
    from pipeline.published.which import LENS, which

    of_the_lens = which(folder) == LENS
    if page is not None:
        _check_page(page, of_the_lens)
    out = _place(OF_THE_LENS if of_the_lens else IMPORTED, name)
    files = _import_lens(folder, out) if of_the_lens else _import_valact(folder, out, wordings, name)
    unread = files.filter(read_as="nothing").height
    told = files.filter(pl.col("read_as").is_in(["nothing", "beside"]))
    read = files.height - told.height if of_the_lens else files.filter(read_as="answers").height
    click.echo(f"\n{read:,} files of answers read, {unread:,} files not; the tables are in {out}/")
    if page is not None:
        from pipeline.lens import publication
        from pipeline.values import load

        click.echo(f"the report of its respondents alone is {publication.write(out, load(INVENTORY), page)}")


def _check_page(page: Path, of_the_lens: bool) -> None:
    if not of_the_lens:
        raise InputError(
            "only the second paper's respondents have a report of their own",
            where="--report",
            remedy="leave it out; `dvc repro report` shows the first paper's beside your own",
        )
    if page.exists() and any(page.iterdir()) and not (page / "report/report.html").exists():
        raise InputError("the folder holds something else", where=f"--report {page}", remedy="name a new one")


def _place(imported: Path, name: str) -> Path:
    out = imported / name
    if out.parent != imported or name.startswith("."):
        raise InputError("a plain name is wanted", where=f"--name {name}")
    if out.exists() and not (out / "sources.parquet").exists():
        raise InputError(
            "the folder holds something else than published results",
            where=str(out),
            remedy="choose another --name, or move the folder away",
        )
    return out


def _import_valact(folder: Path, out: Path, wordings: tuple[Path, ...], name: str) -> pl.DataFrame:
    from pipeline.instruments import read_wording
    from pipeline.published import imports, report
    from pipeline.published.asked import INSTRUMENT

    imported = imports.import_published(folder, [read_wording(path, INSTRUMENT) for path in wordings], name)
    imports.write(imported, out)

    files, cells = imported["files"], imported["cells"]
    headers, rows = report.file_rows(files)
    click.echo(table(headers, rows, right=headers[3:]))
    _section("Also read", report.read_lines(files))
    _section("Could not be read, or is not what it seems", report.problem_lines(imported["problems"]))
    _section("Published tables", report.cell_lines(cells) if cells.height else ())
    _section("Figures of the paper", report.number_lines(imported["numbers"]))
    _section(
        "Faults of the publication, which the imported tables do not have",
        report.fault_lines(imported["faults"]),
    )
    _section("Files that gave nothing", report.unread_lines(files))
    return files


def _import_lens(folder: Path, out: Path) -> pl.DataFrame:
    from pipeline.published import report
    from pipeline.published.lens import imports
    from pipeline.published.lens import report as of_lens
    from pipeline.published.lens.reasons import REASONS

    imported = imports.import_published(folder)
    imports.write(imported, out)
    files = imported["files"]
    headers, rows = of_lens.file_rows(files)
    click.echo(table(headers, rows, right=headers[3:]))
    problems = report.problem_lines(imported["problems"], REASONS)
    _section("Could not be read, or is not what it seems", problems)
    _section("Figures of the paper", of_lens.figure_lines(imported["figures"]))
    _section("Files that gave nothing", of_lens.unread_lines(files))
    return files


def _section(title: str, lines: Iterable[str]) -> None:
    if shown := list(lines):
        click.echo(visible("\n" + "\n".join([title, *shown])))
