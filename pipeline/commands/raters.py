"""`valact annotate exclude`, `include`, `people`: who counts in a round, and who the raters are."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.rated import rated
from pipeline.commands.recipe_option import recipe_option
from pipeline.commands.table import table
from pipeline.recipe import Recipe

WHY = click.option("--why", required=True, help="The reason, in words; it goes into git, so name nobody.")


@click.command()
@click.argument("rater")
@WHY
@recipe_option
def exclude(rater: str, why: str, recipe: Recipe) -> None:
    """Takes RATER out of the round: a dated decision in the round's file. Nothing is deleted, `include` takes it back.

    The figures are reported with and without. On a server, the rater's items wait for somebody else then.
    """
    _decide(rater, "exclude", why, recipe)


@click.command()
@click.argument("rater")
@WHY
@recipe_option
def include(rater: str, why: str, recipe: Recipe) -> None:
    """Takes RATER back into the round after `exclude`."""
    _decide(rater, "include", why, recipe)


def _decide(rater: str, decision: str, why: str, recipe: Recipe) -> None:
    from pipeline.annotation import client, rounds
    from pipeline.annotation.decisions import decide
    from pipeline.annotation.exchange import current_rounds
    from pipeline.send.push import push

    params, site = rated(recipe)
    for name in decide(rater, decision, why, current_rounds(params, site), folder=site.rounds):
        click.echo(
            f"{rater} {'no longer counts' if decision == 'exclude' else 'counts again'}: "
            f"{rounds.path_of(name, site.rounds)}"
        )
    server = client.server()
    for sent in push(server, params, site=site) if server else ():
        click.echo(str(sent))
    if server and decision == "exclude":
        click.echo("What they judged waits there for one rater more")
    click.echo(f"`{recipe.command}` computes the figures with and without")


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also as CSV, readable to you alone.",
)
@recipe_option
def people(out: Path | None, recipe: Recipe) -> None:
    """Who the raters are, what each has done and how long it took: for reminders, and to pay by time.

    Names come from the server and the key of the ids from this machine; nothing of it is written anywhere but to --out,
    which has to lie outside the folder that git keeps.
    """
    from pipeline.annotation import client
    from pipeline.coordination.people import as_csv, outside_git, people_of
    from pipeline.core.atomic import write_private

    if out:
        outside_git(out)
    found = people_of(client.needed(), *rated(recipe))
    headers = ["rater", "person", "judged", "skipped", "minutes", "last"]
    rows = [
        [one.rater, one.email, f"{one.judged:,}", f"{one.skipped:,}", f"{one.minutes:.0f}", one.last[:16]]
        for one in found
    ]
    click.echo(
        table(headers, rows, right=["judged", "skipped", "minutes"]) if rows else "Nobody has an account yet"
    )
    if rows:
        click.echo("\nminutes: time on the page, each item for ten minutes at most")
    if out:
        write_private(as_csv(found), out)
