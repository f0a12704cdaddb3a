"""`valact study`: a study on a server, from the first participant to the last withdrawal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.table import table
from pipeline.core.errors import InputError
from pipeline.recipe import RECIPES, VALACT

if TYPE_CHECKING:
    from pipeline.study.pages import Folder
    from pipeline.study.store import Store

IMPORTED = Path("data/imported")
ANSWERS = "answers"
CODE = re.compile(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}|[0-9a-f]{12}")
FOLDER = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
DATABASE = click.option(
    "--database",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the answers; study.sqlite in FOLDER if not given.",
)


@click.group()
def study() -> None:
    """A study on a server: the pages that `valact forms` wrote to FOLDER, and people's answers as they are given."""


@study.command()
@FOLDER
@DATABASE
@click.option(
    "--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 for any free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--proxy",
    default="127.0.0.1",
    show_default=True,
    help="Address of the proxy that is believed who asks, and by https.",
)
def serve(folder: Path, database: Path | None, port: int, host: str, proxy: str) -> None:
    """Asks people: serves the pages in FOLDER and stores answers as they are given. Ctrl-C ends it, a start goes on.

    It speaks plain HTTP to a proxy on the same machine, which has the certificate (docs/study.md). Copy FOLDER to a
    server without its key/: the server does not need it.
    """
    import uvicorn

    from pipeline.core.ports import free_port
    from pipeline.study.app import make_app

    asked, store = _open(folder, database)
    if host == "127.0.0.1":
        port = free_port(port, taken_by="valact study serve", remedy="name another with --port")
    if (folder / "key").exists():
        click.echo(
            f"{folder}/key/ is not needed here: copy the folder without it to a server that others can reach"
        )
    click.echo(
        f"{len(asked.pages)} questionnaires at http://{host}:{port}/ ; Ctrl-C ends it, nothing is lost"
    )
    uvicorn.run(
        make_app(asked, store),
        host=host,
        port=port,
        proxy_headers=True,
        forwarded_allow_ips=proxy,
        access_log=False,
        server_header=False,
        log_level="warning",
        limit_concurrency=500,
    )
    store.close()


@study.command()
@FOLDER
@DATABASE
def status(folder: Path, database: Path | None) -> None:
    """How far the study is: who has finished, who is answering, who is away, and how forms are balanced."""
    from pipeline.study import export as exports

    asked, store = _open(folder, database, there=True)
    found = exports.status(store, asked)
    rows = [[name, *(str(number) for number in numbers)] for name, numbers in found["forms"].items()]
    click.echo(
        table(["form", "finished", "answering", "away"], rows, right=["finished", "answering", "away"])
    )
    finished = [numbers[0] for numbers in found["forms"].values()]
    wanted = f" of {asked.settings.people:,}" if asked.settings.people else ""
    states = found["states"]
    click.echo(
        f"\n{states['finished']:,}{wanted} finished, {states['answering']:,} answering, {states['away']:,} away for "
        f"more than {asked.settings.hours:g} hours, {found['withdrawn']:,} withdrawn"
    )
    click.echo(f"Forms were finished {min(finished)} to {max(finished)} times")
    if found["minutes"] is not None:
        click.echo(f"Median time on the items: {found['minutes']:.0f} minutes")


@study.command()
@FOLDER
@DATABASE
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for answer files; FOLDER/answers if not given."
)
@click.option(
    "--people", type=click.Path(path_type=Path, dir_okay=False), help="Also a CSV to pay and remind by."
)
@click.option(
    "--background",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also what people said about themselves.",
)
def export(
    folder: Path, database: Path | None, out: Path | None, people: Path | None, background: Path | None
) -> None:
    """Writes an answer file for each person who answered anything; `valact import-humans` reads them.

    Codes of a panel go to --people alone, which has to lie outside git; what people said about themselves goes to
    --background, in no order that leads to their answers.
    """
    from pipeline.coordination.people import outside_git
    from pipeline.core.atomic import write_private
    from pipeline.study import export as exports

    asked, store = _open(folder, database, there=True)
    out = out or folder / ANSWERS
    for path in (people, background):
        if path:
            outside_git(path)
    count, gone = exports.write_answers(store, asked, out)
    click.echo(f"{count:,} answer files are in {out}/")
    if gone:
        click.echo(
            f"{gone:,} people answered a form that is no more, because it showed a post that was taken back"
        )
    if people:
        write_private(exports.people_table(store, asked), people)
        click.echo(f"{people} says who is to be paid; keep it apart from the answers")
    if background:
        write_private(exports.background_table(store, asked), background)
    if count:
        of = "" if asked.recipe == VALACT.name else f" --recipe {asked.recipe}"
        click.echo(f"`valact import-humans {out}/*.json --key {folder} --name STUDY{of}` takes them in")


@study.command()
@click.argument("code")
@FOLDER
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@DATABASE
def withdraw(code: str, folder: Path, files: tuple[Path, ...], database: Path | None) -> None:
    """Takes out the person with this withdrawal CODE: on the server, in answer files, in all imported tables.

    Run it on the server, and where answers were imported; there FILES are answer files that lie elsewhere than in
    FOLDER/answers. No later import takes these answers again.
    """
    from pipeline.study.file import FILE, design_of
    from pipeline.study.store import Store

    code = code.strip().lower()
    if not CODE.fullmatch(code):
        raise InputError("not a withdrawal code, which looks like 7kq2-m4xd-p9ra", where=code)
    path = database or folder / FILE
    done = []
    if path.exists():
        store = Store(path, design_of(path))
        if store.withdraw(code):
            done.append(f"{path}: the answers and all that was stored with them are deleted")
        store.close()
    if (folder / "key").exists():
        done += _withdraw_here(code, folder, files)
    for line in done:
        click.echo(line)
    if not done:
        click.echo("Nobody with this code is here")
    if (folder / "key").exists():
        click.echo("The code is entered: no import takes answers with it from now on")


def _withdraw_here(code: str, folder: Path, files: tuple[Path, ...]) -> list[str]:
    """What was done where answers are imported. The register first: whatever fails later, the person stays out."""
    from pipeline.people.withdrawal import Register, delete_files, erase

    register = Register.open(folder)
    register.enter(code)
    deleted, shared = delete_files([*files, *(folder / ANSWERS).glob("*")], code)
    done = [f"{path} is deleted" for path in deleted]
    done += [
        f"{path} holds others' answers too: take the lines with this code out by hand" for path in shared
    ]
    for name, respondent in register.studies(code).items():
        for recipe in RECIPES.values():
            place = recipe.home / IMPORTED / name
            if (place / "respondents.parquet").exists() and (count := erase(place, respondent)):
                done.append(
                    f"{place}: {count:,} rows are deleted; `{recipe.command}` computes everything without them"
                )
    return done


def _open(folder: Path, database: Path | None, *, there: bool = False) -> tuple[Folder, Store]:
    from pipeline.study.file import FILE, design_of
    from pipeline.study.pages import Folder
    from pipeline.study.store import Store

    asked, path = Folder.read(folder), database or folder / FILE
    if there:
        design_of(path)
    settings = asked.settings
    return asked, Store(
        path, asked.design, people=settings.people, hours=settings.hours, completion=settings.completion_code
    )
