"""The figures of the report that the tables allow, drawn, each with its rows."""

from __future__ import annotations

from pathlib import Path

from pipeline.plots.style import save, style
from pipeline.report.figure import Figure, Tables
from pipeline.report.figures import FIGURES

PNG = "png"


def write(tables: Tables, folder: Path) -> dict[str, Figure]:
    """Draws what the tables allow: NAME.svg, png/NAME.png and NAME.csv (the rows shown); the figures drawn, by name.

    The PNG files have a folder of their own because `dvc plots` shows all that is in a folder: each figure once.
    """
    drawn: dict[str, Figure] = {}
    (folder / PNG).mkdir(parents=True, exist_ok=True)
    with style():
        for name, figure in FIGURES.items():
            rows = figure.rows(tables)
            if rows.is_empty():
                continue
            save(figure.draw(rows), folder / name)
            (folder / f"{name}.png").replace(folder / PNG / f"{name}.png")
            rows.write_csv(folder / f"{name}.csv", float_precision=6)
            drawn[name] = figure
    return drawn
