"""`valact explore`: the questions of a run, one scenario at a time, in a browser on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands.recipe_option import recipe_option
from pipeline.core.errors import InputError
from pipeline.recipe import LENS, Recipe

if TYPE_CHECKING:
    from pipeline.explore.serving import Handler


@click.command()
@click.option(
    "--port",
    default=8642,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port on this machine; 0: any.",
)
@click.option(
    "--with-texts",
    is_flag=True,
    help="Show texts that release.text withholds; for your eyes on this machine.",
)
@recipe_option
def explore(port: int, with_texts: bool, recipe: Recipe) -> None:
    """Serves the report and the questions behind it on this machine, until Ctrl-C.

    One scenario at a time: its actions, checks, votes, expert judgements, and what each respondent chose. Of the lens:
    its cells, each a value with both actions, and what each respondent states and chooses. Nothing leaves the machine.
    """
    from pipeline.explore.page import NAME
    from pipeline.explore.serving import served

    served(
        _cells(recipe) if recipe is LENS else _questions(with_texts),
        port,
        "valact explore",
        lambda address: click.echo(f"{address}{NAME if recipe is LENS else ''} (Ctrl-C ends it)"),
    )


def _cells(recipe: Recipe) -> dict[str, Handler]:
    from pipeline.explore.server import REPORT, beside_report
    from pipeline.lens import params as of_lens
    from pipeline.lens.explore.cells import Cells
    from pipeline.lens.explore.page import one

    inventory = of_lens.load().values
    cells = Cells(Path())
    if not cells.every.height:
        raise InputError(
            "there are no cells yet", where=str(recipe.home / "data"), remedy=f"run `{recipe.command}`"
        )
    return beside_report(recipe.home / REPORT, lambda wanted, place: one(cells, inventory, wanted, place))


def _questions(with_texts: bool) -> dict[str, Handler]:
    from pipeline.explore.corpus import Corpus
    from pipeline.explore.server import routes

    params = settings.load()
    corpus = Corpus(Path(), texts=with_texts or params.release.text == "include")
    if not corpus.questions.height:
        raise InputError(
            "there are no questions yet", where="data/assemble", remedy="run `dvc repro assemble`"
        )
    return routes(corpus, params.values)
