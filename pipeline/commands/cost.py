"""`valact cost` and `valact spend`: what the run ahead would cost, and what the runs so far did."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from pipeline.commands.recipe_option import recipe_option
from pipeline.commands.table import table
from pipeline.core.errors import ParamsError
from pipeline.params.common import Common
from pipeline.recipe import VALACT, Recipe
from pipeline.step import Step


@click.command()
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@recipe_option
def cost(steps: tuple[str, ...], recipe: Recipe) -> None:
    """Estimates what the run ahead would ask and cost. Needs no key, asks nobody.

    Counts the calls that the stages which ask models would make for params.yaml as it is; recorded answers cost
    nothing. STEP, such as probe, counts that step alone: of the recipe, or of those that have a command and no stage.
    """
    from pipeline.cost.estimate import estimate
    from pipeline.engine import prices, registry

    params = recipe.load()
    found = estimate(params, recipe=recipe, steps=_named(steps, recipe, params) if steps else None)
    for line in found.basis:
        click.echo(line)
    rows = [
        [
            line.stage,
            line.name,
            f"{line.recorded:,}",
            "?" if not line.live and line.assumed else f"{line.calls:,}",
            "?" if not line.live and line.assumed else f"{line.most:,}",
            f"{line.input_tokens:,}" if line.live else "-",
            f"{line.output_tokens:,}" if line.live else "-",
            _amount(line.cost, line.calls) if line.live else "-",
            _amount(line.most_cost, line.most) if line.live else "-",
        ]
        for line in found.lines
    ]
    headers = ["stage", "model", "recorded", "calls", "at most", "tokens in", "out", "USD", "at most USD"]
    click.echo("\n" + table(headers, rows, right=headers[2:]) + "\n")
    live = [line for line in found.lines if line.live and line.most]
    unknown = sorted({line.name for line in live if line.cost is None})
    total = sum((line.cost for line in live if line.cost is not None), Decimal(0))
    most = sum((line.most_cost for line in live if line.most_cost is not None), Decimal(0))
    click.echo(f"Expected: {total:,.2f} USD, at most {most:,.2f} USD, by the prices of {prices.version()}")
    if live and not steps:
        click.echo(
            "At most: if judges are asked about every candidate that there may be, every vote is disputed and every "
            "scenario needs every repair"
            if recipe is VALACT
            else "At most: if every action needs every repair"
        )
    if unknown:
        click.echo(f"To this comes what {', '.join(unknown)} costs: the price is not known")
    if missing := sum(line.calls for line in found.lines if not line.live and not line.assumed):
        click.echo(f"{missing:,} answers are missing that only records can give: the run would stop")
    for name in dict.fromkeys(line.name for line in live):
        model = params.models[name]
        if notice := registry.warning(model.provider, model.model, dt.date.today()):
            click.echo(f"models.{name}: {notice}")
    if params.responses.budget_usd is not None and live:
        click.echo(
            f"responses.budget_usd is {params.responses.budget_usd:,} USD for all runs; see `valact spend`"
        )


def _named(names: tuple[str, ...], recipe: Recipe, params: Common) -> list[Step[Any]]:
    """The steps of these names; ParamsError for one that there is not, or that would ask nobody."""
    known = {step.name: step for step in (*recipe.asking(), *map(recipe.step, recipe.beside)) if step.ask}
    for name in names:
        if name not in known:
            raise ParamsError(f"no step {name!r} asks models; those that do: {', '.join(known)}")
        if not any(known[name].models(params, part) for part in known[name].parts(params)):
            raise ParamsError(f"{name} has no model to ask in these params", where=str(recipe.params_file))
    return [known[name] for name in dict.fromkeys(names)]


@click.command()
@recipe_option
def spend(recipe: Recipe) -> None:
    """Shows what the calls so far used and cost, by stage, model and day (UTC), failed calls included."""
    from pipeline.engine import prices
    from pipeline.engine.store import Store

    params = recipe.load()
    path, book = Path(params.responses.store), prices.Book(params.models)
    used = []
    if path.exists():
        with closing(Store(path)) as store:
            used = sorted(store.spend(), key=lambda row: (row.stage, row.model, row.day, row.batch))
    if not used:
        click.echo("Nothing was asked yet")
        return
    rows, total, unknown = [], Decimal(0), set()
    for row in used:
        price = book.of(row.provider, row.model)
        used_tokens = (row.input_tokens, row.cached_tokens, row.output_tokens)
        guessed = (row.guessed_input, 0, row.guessed_output)
        amount = (
            None if price is None else price.cost(*used_tokens, row.batch) + price.cost(*guessed, row.batch)
        )
        if amount is None:
            unknown.add(row.model)
        total += amount or 0
        rows.append(
            [
                row.stage,
                row.model + (" (batch)" if row.batch else ""),
                row.day,
                f"{row.calls:,}",
                f"{row.unmetered:,}",
                f"{row.input_tokens:,}",
                f"{row.cached_tokens:,}",
                f"{row.output_tokens:,}",
                _amount(amount, row.calls),
            ]
        )
    headers = ["stage", "model", "day", "calls", "unmetered", "tokens in", "cached", "out", "USD"]
    click.echo(table(headers, rows, right=headers[3:]))
    click.echo(f"\nTotal: {total:,.6f} USD by the prices of {prices.version()}")
    if unknown:
        click.echo(f"To this comes what {', '.join(sorted(unknown))} cost: the price is not known")
    if unmetered := sum(row.unmetered for row in used):
        click.echo(
            f"{unmetered:,} calls ended without anybody saying what they used; in these dollars they count as the "
            "most they may have used"
        )


def _amount(amount: Decimal | None, calls: int) -> str:
    if not calls:
        return "0"
    return "unknown" if amount is None else f"{amount:,.6f}"
