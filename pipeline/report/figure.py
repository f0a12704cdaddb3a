"""What a figure of the report is. Each is one file in ``pipeline/report/figures``, whose name is the figure's.

Nothing else lists figures: the report shows a new one in the section that it names, with its rows beside it as CSV,
and ``dvc plots`` has it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from pipeline.values import Inventory

if TYPE_CHECKING:
    import matplotlib.figure

Tables = Mapping[str, pl.DataFrame]
# The sections of the report that figures can stand in, in the report's order.
SECTIONS = (
    "respondents",
    "enacted",
    "declared",
    "gap",
    "gap_parts",
    "pooled_gap",
    "conditions",
    "languages",
    "correlations",
    "agreement",
    "selection_adoption",
    "adoption_costs",
    "positions",
    "equal_length",
    "contamination",
    "synthetic",
    "items",
    "methods",
    "components",
    "missing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """``rows`` picks what is shown from the tables of the analysis and ``respondents``; without rows the figure is
    not drawn, and the report's notes say why. ``draw`` draws them. ``caption`` says what to see; ``source`` names the
    tables that the rows are from. Figures of one section stand by ``place``.

    ``draw`` is handed the inventory of the questions. A figure ``of_instruments`` is drawn for each of them, from what
    is theirs and in their inventory; with "comparable" only for those whose inventory is that of the questions.
    ``live`` is the same figure as a Vega-Lite specification (``pipeline.report.live``), None where nothing is to show.
    """

    section: str
    place: int
    title: str
    caption: str
    source: tuple[str, ...]
    rows: Callable[[Tables], pl.DataFrame]
    draw: Callable[[pl.DataFrame, Inventory], matplotlib.figure.Figure]
    of_instruments: Literal["each", "comparable"] | None = None
    live: Callable[[Tables, Inventory], dict[str, Any] | None] | None = None

    def __post_init__(self) -> None:
        if self.section not in SECTIONS:
            raise ValueError(f"{self.section!r} is no section of the report; they are {', '.join(SECTIONS)}")
