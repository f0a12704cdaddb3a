"""`valact hydrate`: the withheld text, for whoever may read the posts."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import params as settings
from pipeline.commands.table import table


@click.command()
@click.argument("release")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write the copy to.")
@click.option(
    "--dumps",
    multiple=True,
    metavar="PATH",
    help="Read the posts from dumps (files, folders, patterns; repeatable) instead of Reddit's API.",
)
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(min=1), help="Dumps read at once."
)
@click.option(
    "--site", metavar="NAME", help="Section of praw.ini; without it the REDDIT_* variables are used."
)
def hydrate(release: str, out: Path, dumps: tuple[str, ...], processes: int, site: str | None) -> None:
    """Writes a copy of RELEASE (a folder, OWNER/NAME or OWNER/NAME@TAG) with the texts of its posts.

    Each text is checked against the hashes in the release. Stop it when you like: it goes on where it was. The
    copy is for you alone: do not pass it on.
    """
    from pipeline import hydrate as hydration
    from pipeline.hydrate.check import OK, REMASKED, STATUSES
    from pipeline.hydrate.source import locate
    from pipeline.release import manifest, software
    from pipeline.takedown import places

    # Before there is anything to find: a take-down in this project has to find it.
    if settings.PARAMS_FILE.exists():
        places.remember("copies", out)
    source = hydration.from_dumps(dumps, processes) if dumps else hydration.from_reddit(site)
    folder = locate(release)
    counts = hydration.hydrate(folder, out, source)
    rows = [[status, f"{counts.get(status, 0):,}", meaning] for status, meaning in STATUSES.items()]
    click.echo(table(["status", "scenarios", ""], rows, right=["scenarios"]))
    click.echo(f"\n{counts.get(OK, 0):,} of {sum(counts.values()):,} texts are in {out}; do not pass it on")
    then = manifest.read(folder).software or {}
    if counts.get(REMASKED) and (others := software.otherwise(then, software.MASKING)):
        click.echo(
            f"The release was masked with other versions: {'; '.join(others)}. With these, more texts come back."
        )
