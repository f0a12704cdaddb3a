"""`valact annotate plan`: what the round will take, before anybody is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.rated import site_of
from pipeline.commands.recipe_option import recipe_option
from pipeline.commands.table import table
from pipeline.recipe import LENS, Recipe

if TYPE_CHECKING:
    import polars as pl

    from pipeline.annotation.site import Site


@click.command()
@click.option(
    "--raters", type=click.IntRange(1), help="People who share the round; else as many as judge an item."
)
@click.option("--pay", type=click.FloatRange(0), help="Pay an hour, in any currency.")
@recipe_option
def plan(raters: int | None, pay: float | None, recipe: Recipe) -> None:
    """Items, words, hours and cost of the round in data/send/, and how wide the interval of each value will be (of the
    lens, of each country).

    Where the round is dealt out (validation.sample.people), also of each rater's part.
    """
    from pipeline.annotation.exchange import asked, outgoing
    from pipeline.send.workload import SECONDS_FURTHER, SECONDS_TO_ANSWER, WORDS_A_MINUTE, workload
    from pipeline.statistics.intervals import wilson
    from pipeline.tables import read_table

    site = site_of(recipe)
    params: Any = recipe.load()
    asked(params, site=site)
    out, rules = outgoing(site=site), params.validation.sample
    # An action of the lens is judged by people of its country.
    countries = len(set(_drawn(params, site, recipe))) if recipe is LENS else 1
    least = rules.raters * countries
    tasks, people = out.all_tasks, raters or len(out.parts) or least
    if people < least:
        of = f" of its country, and there are {countries} of these" if recipe is LENS else ""
        raise click.UsageError(
            f"{people} are too few: each item is judged by {rules.raters} (validation.sample.raters){of}"
        )
    work = workload(tasks)
    rows = []
    for kind in ("action",) if recipe is LENS else ("value", "option", "scenario"):
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
        f"{SECONDS_TO_ANSWER} seconds to answer an item"
        + (f", {SECONDS_FURTHER} for each further question of its page." if recipe is LENS else ".")
    )
    if people == len(out.parts):
        _parts(out.parts, read_table(site.items, site.send / "items.parquet"), pay)
    elif people > least and recipe is not LENS:
        click.echo(
            f"Each item goes to the first {rules.raters} of them who reach it; validation.sample.people: {people} "
            "gives each a part, and any two of them as many items in common."
        )
    drawn = _drawn(params, site, recipe)
    widths = []
    for group in params.countries if recipe is LENS else params.values.slugs:
        n = drawn.count(group)
        found = wilson(round(rules.expected * n), n)
        half = (
            "-"
            if found.low is None or found.high is None
            else f"± {50 * (found.high - found.low):.0f} points"
        )
        widths.append([group, f"{n:,}", half])
    what = "country" if recipe is LENS else "value"
    click.echo(f"\nInterval of a {what}'s accuracy by item, if it is {100 * rules.expected:.0f} %:\n")
    click.echo(table([what, "items", "95 % interval"], widths, right=["items", "95 % interval"]))


def _drawn(params: Any, site: Site, recipe: Recipe) -> list[str]:
    """The value, or country, of each action drawn at random."""
    import polars as pl

    from pipeline.tables import read_table

    items = read_table(site.items, site.send / "items.parquet")
    if recipe is LENS:
        return items["country"].to_list()
    drawn = items.filter(
        ~pl.col("distractor"), ~pl.col("doubtful"), task="value", round=params.validation.round
    )
    return drawn["intended"].to_list()


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
