"""`valact annotate background`: who the raters are, from the form that they fill in before a round; counts only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings

if TYPE_CHECKING:
    from pipeline.annotation.client import Server
    from pipeline.params import Params


@click.command()
@click.argument("export", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--form",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the form into this folder, for a server of others.",
)
@click.option("--forget", metavar="RATER", help="Delete what this rater said.")
def background(export: Path | None, form: Path | None, forget: str | None) -> None:
    """Collects what raters said of themselves, and puts counts of it into the round's file, for the card.

    `valact annotate train` sends the form with the training. What raters choose (validation.background) is kept in
    .label-studio/background/, out of git, and deleted on the server once it is here. EXPORT is a JSON export of a form
    that was imported by hand. No count is of fewer people than validation.background.smallest.
    """
    from pipeline.annotation import client
    from pipeline.coordination import background as people

    params = settings.load()
    round_, asked = params.validation.round, params.validation.background
    if form:
        _write(form, params)
        return
    if forget:
        people.forget(round_, forget)
        click.echo(f"{people.path_of(round_)} holds nothing of {forget} any more")
    if export:
        click.echo(f"{_imported(export, params):,} raters said who they are")
    elif (server := client.server()) and not forget:
        collected(server, params)
    people.tell(round_, asked)
    nobody = (
        f"Nobody of round {round_} has said who they are; `valact annotate train` puts the form on the server"
    )
    for line in look(params) or [nobody]:
        click.echo(line)


def collected(server: Server, params: Params) -> None:
    """Brings what raters filled in, and says how many did."""
    from pipeline.annotation.client import connect
    from pipeline.coordination import background as people

    with connect(server) as wire:
        new = people.take(wire, params.validation.round, params.validation.background)
    if new:
        click.echo(f"{new:,} raters said who they are; it is off the server now")


def look(params: Params) -> list[str]:
    """What is known and what may be told, in sentences; nothing where nobody said anything."""
    from pipeline.annotation import rounds
    from pipeline.coordination import background as people
    from pipeline.verdict.gate import background_in_words

    round_, asked = params.validation.round, params.validation.background
    told, said = rounds.known(round_).background, people.read(round_)
    if not (told or said.raters):
        return []
    if told:
        lines = [f"In {rounds.path_of(round_)}, for the card: {background_in_words(told)}"]
    else:
        lines = [
            f"No counts yet: they are of {asked.smallest} raters at least who judged and filled in the form"
        ]
    if more := len({*said.raters} - {*said.told}):
        lines.append(
            f"{more:,} more filled in the form; they count when they have judged and are {asked.smallest} together"
        )
    return lines


def _write(folder: Path, params: Params) -> None:
    from pipeline.coordination import background as people
    from pipeline.core.atomic import write_text

    tasks, config, instructions = people.form(params.validation.background)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("tasks.json", json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"),
        ("labelling.xml", config + "\n"),
        ("instructions.html", instructions + "\n"),
    ):
        write_text(text, folder / name)
    click.echo(
        f"{folder} has the form: a project of its own, with labelling.xml, into which tasks.json is imported"
    )


def _imported(export: Path, params: Params) -> int:
    from pipeline.annotation import keyfile
    from pipeline.annotation.rater_ids import new_key
    from pipeline.annotation.rater_keys import HOME
    from pipeline.coordination import background as people
    from pipeline.core.documents import read_json
    from pipeline.core.errors import InputError

    tasks = read_json(export, remedy="in Label Studio, Export -> JSON")
    key = keyfile.keep(HOME / "rater_key", new_key())
    found = people.given(tasks, key, params.validation.background, where=str(export))
    if not found:
        raise InputError(
            "nobody said anything of themselves in it",
            where=str(export),
            remedy="export the project of the form (`--form FOLDER`), as JSON; judgements are for `valact annotate "
            "import`",
        )
    people.add(params.validation.round, found)
    return len(found)
