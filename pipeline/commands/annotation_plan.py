"""`valact annotate plan`: what the round will take, before anybody is asked."""

from __future__ import annotations

import click

from pipeline import params as settings
from pipeline.commands.table import table


@click.command()
@click.option(
    "--raters", type=click.IntRange(1), help="People who share the round; else as many as judge an item."
)
@click.option("--pay", type=click.FloatRange(0), help="Pay an hour, in any currency.")
def plan(raters: int | None, pay: float | None) -> None:
    """Items, words, hours and cost of the round in data/send/, and how wide the interval of each value will be."""
    import polars as pl

    from pipeline.annotation.exchange import SEND, asked, outgoing
    from pipeline.send.workload import SECONDS_TO_ANSWER, WORDS_A_MINUTE, workload
    from pipeline.statistics.intervals import wilson
    from pipeline.tables import Items, read_table

    params = settings.load()
    asked(params)
    rules, tasks = params.validation.sample, outgoing().all_tasks
    people = raters or rules.raters
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
    if people > rules.raters:
        click.echo(f"Each item goes to the first {rules.raters} of them who reach it.")
    drawn = read_table(Items, SEND / "items.parquet").filter(
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
