"""The option by which a command is told which recipe it is about: ValAct's, or the lens's."""

from __future__ import annotations

import click

from pipeline import recipe
from pipeline.recipe import Recipe


def _named(ctx: click.Context, param: click.Parameter, name: str) -> Recipe:
    return recipe.named(name)


# Hands the command a Recipe as ``recipe``.
recipe_option = click.option(
    "--recipe",
    type=click.Choice(list(recipe.RECIPES)),
    default=recipe.VALACT.name,
    callback=_named,
    help="Which recipe: its params, its answers and its budget.",
)
