"""The figures of the report that the tables allow, drawn, each with its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.instruments import load
from pipeline.plots.style import save, style
from pipeline.report import vega
from pipeline.report.figure import Figure, Tables
from pipeline.report.figures import FIGURES
from pipeline.tables import QUESTIONS
from pipeline.values import Inventory

PNG = "png"


class Drawn(NamedTuple):
    """A figure that was drawn, and its Vega specification, if it has one."""

    figure: Figure
    live: str = ""


def write(tables: Tables, inventory: Inventory, folder: Path) -> dict[str, Drawn]:
    """Draws what the tables allow: NAME.svg, png/NAME.png and NAME.csv (the rows shown); the figures drawn, by name.

    Of several instruments the first by name keeps the plain NAME, the others have NAME-INSTRUMENT.

    The PNG files have a folder of their own because `dvc plots` shows all that is in a folder: each figure once.
    """
    drawn: dict[str, Drawn] = {}
    (folder / PNG).mkdir(parents=True, exist_ok=True)
    with style():
        for name, figure, view, values in _views(tables, inventory):
            rows = figure.rows(view)
            if rows.is_empty():
                continue
            save(figure.draw(rows, values), folder / name)
            (folder / f"{name}.png").replace(folder / PNG / f"{name}.png")
            rows.write_csv(folder / f"{name}.csv", float_precision=6)
            spec = figure.live(view, values) if figure.live else None
            drawn[name] = Drawn(figure, vega.compiled(spec) if spec else "")
    return drawn


def _views(tables: Tables, inventory: Inventory) -> Iterator[tuple[str, Figure, Tables, Inventory]]:
    """Every figure with the tables and the inventory that it is drawn from."""
    instruments = tables["declared"]["instrument"].unique().sort().to_list()
    for name, figure in FIGURES.items():
        if figure.of_instruments is None or not instruments:
            yield name, figure, tables, inventory
            continue
        loaded = [load(instrument) for instrument in instruments]
        if figure.of_instruments == "comparable":
            loaded = [instrument for instrument in loaded if instrument.inventory.name == inventory.name]
        for place, instrument in enumerate(loaded):
            title = figure.title if len(instruments) == 1 else f"{figure.title}: {instrument.title}"
            shown = f"{name}-{instrument.name}" if place else name
            view = _of_instrument(tables, instrument.name)
            yield shown, replace(figure, title=title), view, instrument.inventory


def _of_instrument(tables: Tables, name: str) -> Tables:
    """What is of an instrument or of the questions."""
    return {
        key: table.filter(pl.col("instrument").is_in([name, QUESTIONS]))
        if "instrument" in table.columns and key != "missing"
        else table
        for key, table in tables.items()
    }
