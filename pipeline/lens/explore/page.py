"""One scenario of the lens as a page: its cells, those with the largest distances first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipeline.explore.page import FOLDER as SHARED
from pipeline.explore.page import NAME, template
from pipeline.lens.explore.cells import FILTERS, KEY, Cells
from pipeline.report.document import number
from pipeline.values import Inventory

FOLDER = Path(__file__).parent
LABELS = {
    "q": "Words in an action",
    "country": "Country",
    "topic": "Topic",
    "value": "Value",
    "respondent": "Respondent",
    "gap": "A respondent",
    "action": "An action fails",
}


def one(cells: Cells, inventory: Inventory, wanted: Mapping[str, str], place: int) -> str:
    """The ``place``-th (from 1) of the scenarios with a cell for which all of ``wanted`` holds."""
    wanted = {name: entry for name, entry in wanted.items() if name in FILTERS and entry}
    found = cells.matching(wanted)
    ids = found["scenario_id"].unique(maintain_order=True).to_list()
    place = min(max(place, 1), max(len(ids), 1))
    here = found.filter(pl.col("scenario_id").is_in(ids[place - 1 : place]))
    names = {value.slug: value.name for value in inventory.values}
    content = {
        "cells": list(_cells(cells, here, names, wanted.get("respondent"))),
        "scenario": here.row(0, named=True) if here.height else None,
        "place": place,
        "of": len(ids),
        "found": found.height,
        "before": _link(wanted, place - 1) if place > 1 else "",
        "after": _link(wanted, place + 1) if place < len(ids) else "",
        "wanted": wanted,
        "entries": cells.entries,
        "labels": LABELS,
        "names": names,
        "style": (SHARED / "explore.css").read_text(encoding="utf-8"),
    }
    return template("explore.html.j2", content, FOLDER)


def _cells(
    cells: Cells, here: pl.DataFrame, names: Mapping[str, str], respondent: str | None
) -> Iterator[dict[str, Any]]:
    """Value, its two actions, and a row a respondent."""
    actions = _by_cell(cells.actions.join(here, on=KEY, how="semi").sort("stance"))
    gaps = _by_cell(cells.gaps.join(here, on=KEY, how="semi").sort("respondent"))
    missing = _by_cell(cells.missing.join(here, on=KEY, how="semi"))
    for cell in here.select(KEY).iter_rows():
        rows = [row for row in gaps.get(cell, ()) if respondent in (None, row["respondent"])]
        yield {
            "name": names.get(cell[1], cell[1]),
            "actions": [
                {**row, "parts": list(_marked(row["text"] or "", row["spans"]))}
                for row in actions.get(cell, ())
            ],
            "answers": [_answer(row, missing.get(cell, ())) for row in rows],
        }


def _answer(row: Mapping[str, Any], missing: Any) -> dict[str, str]:
    mine = [one for one in missing if one["respondent"] == row["respondent"]]
    return {
        "who": row["respondent"],
        "stated": "" if row["score"] is None else f"{number(row['score'], 2)} ({row['ratings']} ratings)",
        "acted": "" if row["shown"] is None else f"{row['expressed']} of {row['shown']}",
        "distance": number(row["distance"], 2),
        "gap": row["gap"],
        "missing": ", ".join(f"{one['len']} {one['what']} {one['status']}" for one in mine),
    }


def _marked(text: str, spans: list[str]) -> Iterator[tuple[str, bool]]:
    """The text in parts, and whether a part is of a span that stands in it as given."""
    inside = [False] * len(text)
    for span in spans:
        start = text.find(span) if span else -1
        if start >= 0:
            inside[start : start + len(span)] = [True] * len(span)
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or inside[place] != inside[begin]:
            yield text[begin:place], inside[begin]
            begin = place


def _by_cell(rows: pl.DataFrame) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    return {
        key: list(part.iter_rows(named=True))
        for key, part in rows.partition_by(KEY, as_dict=True, maintain_order=True).items()
    }


def _link(wanted: Mapping[str, str], place: int) -> str:
    return f"{NAME}?{urlencode({**wanted, 'at': place})}"
