"""`valact scrape`: dumps read by several runs, such as the tasks of a job array, and joined."""

from __future__ import annotations

import re

import click

from pipeline import params as settings


class Share(click.ParamType[tuple[int, int]]):
    """``2/3``: the second of three."""

    name = "I/N"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(value))
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value!r} is no share; write such as 1/3, 2/3 and 3/3", param, ctx)
        return int(match[1]), int(match[2])


@click.command()
@click.option("--part", "share", type=Share(), help="Reads one run's share of the dumps, such as 2/3.")
@click.option("--join", is_flag=True, help="Makes the tables of what all runs have read.")
def scrape(share: tuple[int, int] | None, join: bool) -> None:
    """Reads dumps (scrape.source: archive) by several runs that share a folder: each with --part, then one --join.

    The tables are the same bytes as those of `dvc repro scrape`, which joins as well, and reads what is missing.
    """
    from pipeline import shares
    from pipeline.scrape.step import STEP, make_tables
    from pipeline.step import Job
    from pipeline.tables import places

    if (share is None) != join:
        raise click.UsageError("give either --part I/N or --join")
    job = Job(STEP, settings.load())
    folder = job.path(places.POSTS).parent
    if share is not None:
        parts = shares.read_share(job.params, folder, *share)
        posts = sum(len(part.lines) for part in parts)
        click.echo(f"share {share[0]} of {share[1]}: {len(parts):,} dumps are read, {posts:,} posts in them")
        return
    shares.check_all_read(job.params, folder)
    make_tables(job, keep=True)
    for note in job.notes:
        click.echo(note, err=True)
    click.echo(f"{job.path(places.POSTS)} is whole; `dvc commit -f scrape` tells DVC, `dvc repro` goes on")
