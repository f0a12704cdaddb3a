"""`valact annotate`: expert judgement, from the server that raters use to the tables."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.rated import rated, site_of
from pipeline.commands.recipe_option import recipe_option
from pipeline.commands.table import table
from pipeline.core.errors import CredentialsError, ValActError
from pipeline.recipe import LENS, RECIPES, Recipe

if TYPE_CHECKING:
    from pipeline.annotation.sending import Sent
    from pipeline.local.label_studio import Owner, Running


# The modules that look at the state of a recipe's round.
_STATUS = {
    "valact": "pipeline.coordination.status",
    "lens": "pipeline.coordination.lens_status",
}


@click.group()
def annotate() -> None:
    """Expert judgement with Label Studio: serve, send, collect, import, status.

    LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name the server; without them the files in annotations/rounds/ do.
    """


@annotate.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Port on 127.0.0.1; 0 for any free one."
)
def serve(port: int | None) -> None:
    """Runs Label Studio on this machine until Ctrl-C, with the project of the current round.

    Everything is in .label-studio/, and there again at the next start. The owner's account comes from
    LABEL_STUDIO_USERNAME and LABEL_STUDIO_PASSWORD, or is asked for.
    """
    from pipeline.local import label_studio as server

    # A terminal that is closed ends it as Ctrl-C does.
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.default_int_handler)
    click.echo("Label Studio is starting; the first time takes half a minute", err=True)
    running = server.start(_owner(), port=server.PORT if port is None else port)
    try:
        _welcome(running)
        running.process.wait()
    except KeyboardInterrupt:
        running.stop()
        click.echo("\nLabel Studio has stopped; everything is kept", err=True)
        return
    except BaseException:
        running.stop()
        raise
    raise ValActError(
        f"Label Studio ended with code {running.process.returncode}", where=str(server.HOME / server.LOG)
    )


@annotate.command()
def key() -> None:
    """Takes over the owner's key after it was renewed on the server's page; asked for, or LABEL_STUDIO_API_KEY."""
    from pipeline.annotation import client
    from pipeline.core.atomic import write_private
    from pipeline.local.label_studio import HOME, KEY_FILE

    new = os.environ.get(client.KEY, "").strip() or click.prompt("Key", hide_input=True, err=True).strip()
    if not re.fullmatch(r"[!-~]{20,}", new):
        raise CredentialsError(
            "that is no key of a Label Studio server", where=client.KEY, remedy=client.KEY_REMEDY
        )
    write_private(new + "\n", HOME / KEY_FILE)
    click.echo(f"{HOME / KEY_FILE} has it; `make annotate` and the two lines that it prints use it")


@annotate.command()
@click.option(
    "--restore", is_flag=True, help="Put our labelling config back where it was edited on the server."
)
@recipe_option
def send(restore: bool, recipe: Recipe) -> None:
    """Brings the round's project on the server in step with data/send/; judged tasks always stay."""
    from pipeline.annotation import client
    from pipeline.send.push import push

    server, (params, site) = client.needed(), rated(recipe)
    for sent in push(server, params, restore=restore, site=site):
        click.echo(_capital(sent))
        click.echo(_where(server.url, sent))


@annotate.command()
@click.option("--no-repro", is_flag=True, help="Only save the judgements in annotations/rounds/.")
@recipe_option
def collect(no_repro: bool, recipe: Recipe) -> None:
    """Saves every judgement so far in annotations/rounds/, then runs `dvc repro` from stage collect on.

    DVC runs a stage when a file changed, and a judgement on a server is none: this makes it one.
    """
    from pipeline.annotation import client, rounds
    from pipeline.annotation.exchange import pull
    from pipeline.commands.background import collected
    from pipeline.coordination import background

    server, (params, site) = client.needed(), rated(recipe)
    for got in pull(server, params, site):
        click.echo(
            f"{got.changed:,} new judgements from project {got.project.title!r}; "
            f"{rounds.path_of(got.whole.name, site.rounds)} holds {len(got.whole.annotations):,}"
        )
    if recipe is not LENS:  # nobody is asked who they are but by its page
        valact: Any = params
        collected(server, valact)
        background.tell(valact.validation.round, valact.validation.background)
    if not no_repro:
        # What is on the server is here now: the stage need not ask it again.
        environment = {name: value for name, value in os.environ.items() if name != client.URL}
        command = [sys.executable, "-m", "dvc", *site.repro]
        raise SystemExit(subprocess.run(command, env=environment, check=False).returncode)


@annotate.command("import")
@click.argument("export", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@recipe_option
def import_export(export: Path, recipe: Recipe) -> None:
    """Takes the answers of EXPORT, a JSON export from Label Studio's own page, into annotations/rounds/.

    For a project made by hand from data/send/. Names and texts stay out. The key of the rater ids is made in
    .label-studio/rater_key and has to be kept until the round is over.
    """
    from pipeline.annotation import rounds
    from pipeline.annotation.exchange import read_export
    from pipeline.local.label_studio import HOME

    params, site = rated(recipe)
    whole, changed = rounds.add(read_export(export, params, HOME, site), site.rounds)
    click.echo(
        f"{changed:,} new judgements; {rounds.path_of(whole.name, site.rounds)} holds {len(whole.annotations):,}. "
        f"`{recipe.command}` counts them"
    )


@annotate.command()
@recipe_option
def status(recipe: Recipe) -> None:
    """What is done, what is missing, by task and by rater, and how far raters agree; asks the server if one is set."""
    from pipeline.annotation import client
    from pipeline.commands import background

    params: Any = recipe.load()
    option, folder = site_of(recipe).option, site_of(recipe).rounds
    found = import_module(_STATUS[recipe.name]).look(params, client.server())
    click.echo(
        f"Round {params.validation.round}: {found.done:,} of {found.wanted:,} judgements wanted are there\n"
    )
    headers = [
        "country" if recipe is LENS else "task",
        "items",
        "wanted",
        "done",
        "skipped",
        "missing",
        "alpha",
    ]
    rows = [
        [
            row.task,
            f"{row.items:,}",
            f"{row.wanted:,}",
            f"{row.done:,}",
            f"{row.skipped:,}",
            f"{row.missing:,}",
            "-" if row.alpha is None else f"{row.alpha:.2f}",
        ]
        for row in found.tasks
    ]
    click.echo(table(headers, rows, right=headers[1:]))
    click.echo(
        "\nalpha: agreement of the raters so far (Krippendorff, nominal)"
        + ("; missing: judgements of people of the country" if recipe is LENS else "")
        + "\n"
    )
    headers = ["rater", "judged", "skipped", "seconds", "checks", "agreement", "drift", "training", ""]
    rows = [
        [
            one.rater,
            f"{one.judged:,}",
            f"{one.skipped:,}",
            "-" if one.seconds is None else f"{one.seconds:.1f}",
            f"{one.checks_passed} of {one.checks}" if one.checks else "-",
            "-" if one.agreement is None else f"{one.agreement:.2f}",
            "-" if one.drift is None else f"{one.drift:+.2f}",
            "{} of {}".format(*found.training[one.rater]) if one.rater in found.training else "-",
            "excluded" if one.excluded else "",
        ]
        for one in found.raters
    ]
    click.echo(table(headers, rows, right=headers[1:8]) if rows else "Nobody has judged anything yet")
    if rows:
        click.echo(
            "\nseconds: median an item; checks: attention checks passed; agreement: share of an item's other raters "
            "who say the same;\ndrift: that in the rater's second half less that in the first"
        )
    for rater, why in found.complaints.items():
        click.echo(
            f"{rater}: {'; '.join(why)}. If the work is not to count: `valact annotate exclude {rater}{option} "
            "--why ...`"
        )
    for reason, count in found.notes:
        click.echo(
            f"{count:,} annotations with a note: {reason} ({recipe.home / 'data/collect/ledger.parquet'})"
        )
    for line in () if recipe is LENS else background.look(params):
        click.echo(line)
    if found.projects:
        click.echo()
        for title, address in found.projects:
            click.echo(f"Project {title!r}: {address}")
        click.echo(
            f"{found.fresh:,} judgements are on the server and not yet here; `valact annotate collect{option}` brings "
            "them, and runs the stages that count them"
            if found.fresh
            else f"Every judgement on the server is in {folder}/"
        )
    else:
        click.echo(f"\nNo server is set (LABEL_STUDIO_URL): this is what {folder}/ holds")


def _owner() -> Owner | None:
    from pipeline.local import label_studio as server

    if not server.is_new():
        return None
    username = os.environ.get("LABEL_STUDIO_USERNAME", "")
    password = os.environ.get("LABEL_STUDIO_PASSWORD", "")
    if not (username and password) and sys.stdin.isatty():
        click.echo("The first start makes the owner's account", err=True)
        username = username or click.prompt("E-mail address", err=True)
        password = password or click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return server.Owner(username, password) if username and password else None


def _welcome(running: Running) -> None:
    from pipeline.annotation import client
    from pipeline.annotation.exchange import TASKS
    from pipeline.send.push import push

    click.echo(f"Label Studio is at {running.url}; Ctrl-C stops it, and everything is kept")
    click.echo("In other shells, the stages and `valact annotate` find it by")
    click.echo(f"  export {client.URL}={running.url}")
    click.echo(f"  export {client.KEY}=$(cat {running.key_file})")
    sampled = [one for one in RECIPES.values() if (site_of(one).send / TASKS).exists()]
    if not sampled:
        click.echo(
            "There is no sample yet: `dvc repro send` draws one and, with these two set, puts it there"
        )
        return
    for recipe in sampled:
        params, site = rated(recipe)
        try:
            sent = push(client.Server(running.url, running.key), params, site=site)
        except ValActError as error:
            click.echo(f"The round's project was left alone. {error}", err=True)
            continue
        for one in sent:
            click.echo(_capital(one))
            click.echo(_where(running.url, one))
    click.echo(
        "Raters sign up by the invitation link of the Organization page; `valact annotate train` makes their training"
    )


def _where(url: str, sent: Sent) -> str:
    """To whom which address is to be given."""
    who = f"Rater {sent.project.seat} judges" if sent.project.seat else "Raters judge"
    return f"{who} at {url}/projects/{sent.project.id}/data?labeling=1"


def _capital(text: object) -> str:
    return str(text)[0].upper() + str(text)[1:]
