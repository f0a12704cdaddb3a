"""`valact annotate plan`: what the round will take, before anybody is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pipeline import params as settings
from pipeline.commands.table import table

if TYPE_CHECKING:
    import polars as pl


@click.command()
@click.option(
    "--raters", type=click.IntRange(1), help="People who share the round; else as many as judge an item."
)
@click.option("--pay", type=click.FloatRange(0), help="Pay an hour, in any currency.")
def plan(raters: int | None, pay: float | None) -> None:
    """Items, words, hours and cost of the round in data/send/, and how wide the interval of each value will be.

    Where the round is dealt out (validation.sample.people), also of each rater's part.
    """
    import polars as pl

    from pipeline.annotation.exchange import SEND, asked, outgoing
    from pipeline.send.workload import SECONDS_TO_ANSWER, WORDS_A_MINUTE, workload
    from pipeline.statistics.intervals import wilson
    from pipeline.tables import Items, read_table

    params = settings.load()
    asked(params)
    out, rules = outgoing(), params.validation.sample
    tasks, people = out.all_tasks, raters or len(out.parts) or rules.raters
    if people < rules.raters:
        raise click.UsageError(f"each item is judged by {rules.raters} (validation.sample.raters)")
    work = workload(tasks)
    rows = []
    for kind in ("value", "option", "scenario"):
        part = workload(task for task in tasks if task["data"]["task"] == kind)
        rows.append([kind, f"{part.items:,}", f"{part.judgements:,}", f"{part.words:,}", f"{part.hours:.1f}"])
    rows.append(["all", f"{work.items:,}", f"{work.judgements:,}", f"{work.words:,}", f"{work.hours:.1f}"])
    click.echo(f"Round {params.validation.round}\n")
    headers = ["task", "items", "judgements", "words", "hours of all"]
    click.echo(table(headers, rows, right=headers[1:]))
    each = work.hours_each(people)
    cost = "" if pay is None else f"; {work.hours * pay:,.0f} in all at {pay:g} an hour"
    click.echo(
        f"\n{people} people: {each:.1f} hours each{cost}. Reading at {WORDS_A_MINUTE} words a minute, and "
        f"{SECONDS_TO_ANSWER} seconds to answer an item."
    )
    items = read_table(Items, SEND / "items.parquet")
    if people == len(out.parts):
        _parts(out.parts, items, pay)
    elif people > rules.raters:
        click.echo(
            f"Each item goes to the first {rules.raters} of them who reach it; validation.sample.people: {people} "
            "gives each a part, and any two of them as many items in common."
        )
    drawn = items.filter(
        ~pl.col("distractor"), ~pl.col("doubtful"), task="value", round=params.validation.round
    )
    widths = []
    for value in params.values.slugs:
        n = drawn.filter(intended=value).height
        found = wilson(round(rules.expected * n), n)
        half = (
            "-"
            if found.low is None or found.high is None
            else f"± {50 * (found.high - found.low):.0f} points"
        )
        widths.append([value, f"{n:,}", half])
    click.echo(f"\nInterval of a value's accuracy by item, if it is {100 * rules.expected:.0f} %:\n")
    click.echo(table(["value", "items", "95 % interval"], widths, right=["items", "95 % interval"]))


def _parts(parts: Mapping[int, Sequence[Mapping[str, Any]]], items: pl.DataFrame, pay: float | None) -> None:
    """What each rater has, and how much any two have in common."""
    from pipeline.send.sharing import overlap
    from pipeline.send.workload import workload

    checks = {*items.filter("distractor")["item_id"]}
    raters, rows = defaultdict[str, list[int]](list), []
    for rater, tasks in parts.items():
        mine, work = [task["data"]["item_id"] for task in tasks], workload(tasks)
        for item in mine:
            raters[item].append(rater)
        row = [f"{rater}", f"{len(mine):,}", f"{len(checks.intersection(mine)):,}", f"{work.words:,}"]
        rows.append([*row, f"{work.hours:.1f}", *([] if pay is None else [f"{work.hours * pay:,.0f}"])])
    headers = ["rater", "items", "checks", "words", "hours", *([] if pay is None else ["pay"])]
    click.echo("\n" + table(headers, rows, right=headers))
    least, most = overlap(raters.values(), len(parts))
    common = f"{least:,} items" if least == most else f"{least:,} to {most:,} items"
    click.echo(f"\nAny two of them have {common} in common.")
