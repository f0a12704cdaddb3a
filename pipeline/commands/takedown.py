"""`valact takedown` and `valact refresh`: posts that leave, and leave nothing behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.withdrawn.register import Loss, Reason

if TYPE_CHECKING:
    from pipeline.takedown.act import Outcome

ASK = "This deletes paid answers, and what judgements are about, for good. Go on?"
yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("posts", nargs=-1, metavar="[ID]...")
@click.option(
    "--reason",
    type=click.Choice(["requested", "deleted", "removed", "gone", "private"]),
    default="requested",
    show_default=True,
    help="What the tombstone says.",
)
@yes
def takedown(posts: tuple[str, ...], reason: Reason, yes: bool) -> None:
    """Takes posts back: an ID is a post's id, a permalink to it, or a scenario's id.

    The post leaves every table, answer, transcript and judgement here, and can never come in again; the release
    gets a tombstone and a patch version. Without an ID, what was stopped goes on, and posts that others took back
    leave this copy too.
    """
    from pipeline.takedown.act import take_down
    from pipeline.takedown.find import resolve

    params = settings.load()
    losses = {post: Loss(reason, what) for post, what in (resolve(Path(), entry) for entry in posts)}
    for loss in losses.values():
        if loss.what == "post":
            click.echo("no release has had this post; it will be in none")
    if losses and not yes:
        click.confirm(ASK, abort=True)
    _told(take_down(Path(), losses, _today(), params), losses)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what is found.")
@yes
def refresh(dry_run: bool, yes: bool) -> None:
    """Asks Reddit which of the posts that are kept here are still there, and takes back those that are not."""
    from pipeline.reddit.client import Client
    from pipeline.takedown import refresh as look
    from pipeline.takedown.act import take_down

    params = settings.load()
    found = look.refresh(Path(), Client(params.scrape.praw.site), params)
    for state, count in sorted(found.states.items()):
        leaving = "" if state == "live" or state in params.refresh.take_down else " (stay: refresh.take_down)"
        click.echo(f"{count:7,} {state}{leaving}")
    if dry_run or not found.losses:
        click.echo(f"{len(found.losses):,} posts are to leave")
        return
    if not yes:
        click.confirm(f"{len(found.losses):,} posts are to leave. {ASK}", abort=True)
    _told(take_down(Path(), found.losses, _today(), params), found.losses)


def _told(done: Outcome, losses: Mapping[str, Loss]) -> None:
    known = len(losses) - done.entered
    click.echo(
        f"{done.entered:,} posts taken back"
        + (f" ({known:,} had been before)" if known else "")
        + f"; erased here: {done.erased.rows:,} rows, {done.erased.answers:,} answers; {done.erased.judgements:,} "
        "judgements are no longer about anything"
    )
    for note in done.notes:
        click.echo(note)
    click.echo(
        f"release.version is {done.version}. Next: `dvc repro`, commit annotations/ and dvc.lock, `dvc push`,\n"
        "then `dvc gc --workspace --cloud` so that neither cache nor remote keeps what was erased"
    )


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
