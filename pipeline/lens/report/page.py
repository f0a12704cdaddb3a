"""One page of the report: of a run's respondents, of its simulated ones apart, or of a publication alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.lens.report.figures import draw
from pipeline.lens.report.sections import sections
from pipeline.report import render
from pipeline.report.document import Section, listed, percent
from pipeline.values import Inventory

TITLE = "What they state, and what they would do"


def write(
    tables: Mapping[str, pl.DataFrame],
    inventory: Inventory,
    confidence: float,
    out: Path,
    lines: Sequence[str],
    title: str = TITLE,
    judged: Section | None = None,
) -> None:
    """Figures, page and Markdown into ``out``. ``tables``: those that the stages score and analyse make, by name; of
    a run also ``actions``, ``pairs``, ``lost`` and ``grid``, the factors of its own scenarios. ``judged``: the section
    on what people say of the actions."""
    pictures = list(draw(tables, inventory, out / "figures"))
    about = [
        *lines,
        _published(tables),
        f"Intervals have a confidence of {percent(confidence)}; docs/statistics.md says what each resamples. The file "
        "beside a table or figure has its numbers with all digits.",
    ]
    asked, *rest = sections(tables, pictures)
    found = [section for section in (asked, judged, *rest) if section is not None and not section.empty]
    render.write(title, [line for line in about if line], found, out)


def _published(tables: Mapping[str, pl.DataFrame]) -> str:
    names = tables["respondents"].filter(kind="published")["respondent"].to_list()
    if not names or "actions" not in tables:
        return ""
    return (
        f"Others have published the answers of {listed(names)}, to actions of their own: none of this run's was shown "
        "to them. What both have are countries, topics and values."
    )
