"""Figures to look into, as Vega-Lite specifications: a page with JavaScript shows them in the place of the pictures.

Every chart knows the signal ``hidden``, the names of respondents that the reader has put aside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from pipeline.plots.style import BLUE, GREY, RED
from pipeline.report.charts import maps
from pipeline.report.charts.heatmap import BANDS
from pipeline.report.vega import Spec

SHADES = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
# Pixels of a line of text, and of a cell.
LINE_HEIGHT = 22
CELL = 26


def lines(rows: pl.DataFrame, labels: dict[str, str], axis: str, *, choose: str = "") -> Spec:
    """Profiles (respondent, value, estimate, low, high; ``choose``, a column that the reader picks an entry of): a line
    a respondent over the values, in their order. The one that is pointed at stands out, with its intervals."""
    found = _rows(rows, labels, "value")
    top = {"condition": {"param": "at", "empty": False, "value": RED}, "value": "#8aa5bd"}
    x = {
        "field": "value",
        "type": "nominal",
        "sort": list(labels.values()),
        "title": None,
        "axis": {"labelAngle": -35},
    }
    return _chart(found, rows["respondent"], choose) | {
        "height": 340,
        "encoding": {"x": x},
        "layer": [
            {
                "transform": [{"filter": {"param": "at", "empty": False}}],
                "mark": {"type": "rule", "color": RED, "strokeWidth": 2},
                "encoding": {
                    "y": {"field": "low", "type": "quantitative", "title": axis, "scale": {"zero": False}},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 1.6},
                "encoding": {
                    "y": {"field": "estimate", "type": "quantitative"},
                    "detail": {"field": "respondent"},
                    "color": top,
                    "opacity": {"condition": {"param": "at", "value": 1}, "value": 0.35},
                },
            },
            {
                "params": [_pointed_at(["respondent"])],
                "mark": {"type": "point", "filled": True, "size": 55},
                "encoding": {
                    "y": {"field": "estimate", "type": "quantitative"},
                    "color": top,
                    "tooltip": _tooltip(axis, "respondent", "value"),
                },
            },
        ],
    }


def dots(
    rows: pl.DataFrame,
    axis: str,
    *,
    series: str,
    labels: dict[str, str] | None = None,
    choose: str = "",
    reference: float | None = None,
) -> Spec:
    """Estimates (respondent, ``series``, estimate, low, high; ``choose``): a line a respondent, a mark a series."""
    found = _rows(rows, labels or {}, "value")
    order = rows.group_by("respondent", maintain_order=True).agg(pl.col("estimate").mean()).sort("estimate")
    shown = rows[series].unique(maintain_order=True).to_list()
    names = order["respondent"].to_list()[::-1]
    colour: dict[str, Any] = {"value": BLUE}
    offset = {}
    if len(shown) > 1:
        colours = [BLUE, RED, "#009E73", "#CC79A7", "#000000", "#E69F00"]
        colour = {"field": series, "title": None, "scale": {"domain": shown, "range": colours[: len(shown)]}}
        offset = {"yOffset": {"field": series, "sort": shown}}
    y = {"field": "respondent", "type": "nominal", "sort": names, "title": None}
    layer: list[Spec] = [
        {
            "mark": {"type": "rule"},
            "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {
                "x": {"field": "estimate", "type": "quantitative", "title": axis, "scale": {"zero": False}},
                "tooltip": _tooltip(axis, "respondent", *dict.fromkeys([series, *filter(None, [choose])])),
            },
        },
    ]
    for part in layer:
        part["encoding"] |= {"y": y, "color": colour} | offset
    if reference is not None:
        rule = {
            "mark": {"type": "rule", "strokeDash": [4, 3], "color": GREY},
            "encoding": {"x": {"datum": reference}},
        }
        layer.insert(0, rule)
    step = LINE_HEIGHT * max(1.0, 0.45 * len(shown))
    return _chart(found, rows["respondent"], choose) | {
        "height": {"step": step / max(1, len(shown))},
        "layer": layer,
    }


def pairs(correlations: pl.DataFrame, names: Sequence[str]) -> Spec:
    """Correlations (a, b, r, low, high) between ``names``, in their order, as a triangle."""
    place = {name: n for n, name in enumerate(names)}
    names_of = [f"{low:g} to {high:g}" for low, high in pairwise(BANDS)]
    found = []
    for row in correlations.iter_rows(named=True):
        a, b = sorted((row["a"], row["b"]), key=place.__getitem__)
        band = names_of[sum(row["r"] >= edge for edge in BANDS[1:-1])]
        found.append({"a": a, "b": b, "band": band} | {key: _short(row[key]) for key in ("r", "low", "high")})
    inner = [{"filter": "indexof(hidden, datum.a) < 0 && indexof(hidden, datum.b) < 0"}]
    axis = {"type": "nominal", "sort": list(names), "title": None}
    return {
        "data": {"values": found},
        "params": [{"name": "hidden", "value": []}],
        "transform": inner,
        "width": {"step": CELL},
        "height": {"step": CELL},
        "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
        "encoding": {
            "x": {"field": "a", **axis, "axis": {"labelAngle": -90, "grid": False}},
            "y": {"field": "b", **axis, "axis": {"grid": False}},
            "color": {
                "field": "band",
                "type": "ordinal",
                "scale": {"domain": names_of[::-1], "range": SHADES[: len(names_of)][::-1]},
                "legend": {"title": "r", "symbolType": "square", "symbolSize": 180, "columns": 5},
            },
            "tooltip": [
                {"field": "a", "title": "one"},
                {"field": "b", "title": "other"},
                {"field": "r", "format": ".3f"},
                *_interval(),
            ],
        },
    }


def cells(
    rows: pl.DataFrame, labels: dict[str, str], what: str, names: Sequence[str], *, choose: str = ""
) -> Spec:
    """Numbers around zero (respondent, value, estimate): blue below it, red above."""
    found = _rows(rows, labels, "value")
    reach = max((abs(n) for n in rows["estimate"].drop_nulls()), default=1)
    return _chart(found, rows["respondent"], choose) | {
        "height": {"step": LINE_HEIGHT},
        "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
        "encoding": {
            "x": {
                "field": "value",
                "type": "nominal",
                "sort": list(labels.values()),
                "title": None,
                "axis": {"labelAngle": -35},
            },
            "y": {"field": "respondent", "type": "nominal", "sort": list(names), "title": None},
            "color": {
                "field": "estimate",
                "type": "quantitative",
                "title": what,
                "scale": {"scheme": "redblue", "reverse": True, "domain": [-reach, reach]},
            },
            "tooltip": _tooltip(what, "respondent", "value"),
        },
    }


def points(
    rows: pl.DataFrame, labels: dict[str, str], axes: tuple[str, str], people: Collection[str] = ()
) -> Spec:
    """A map (point, name, x, y): respondents as points, values as rays from the middle. Where ``people`` are many they
    are a cloud without names."""
    reach = maps.reach(rows.filter(point="respondent"))
    longest = maps.reach(rows.filter(point="value"))
    size = reach / longest
    found = []
    for point, name, x, y in rows.select("point", "name", "x", "y").iter_rows():
        value = point == "value"
        found.append(
            {"value": labels[name] if value else None, "respondent": None if value else name}
            | {"kind": "people" if name in people else "others"}
            | {"x": _short(x * size if value else x), "y": _short(y * size if value else y), "zero": 0}
        )
    place = {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}
    place["x"]["title"], place["y"]["title"] = axes
    named = {"text": {"field": "value"}, "color": {"value": "#666666"}}
    respondent = {"filter": "datum.respondent != null && indexof(hidden, datum.respondent) < 0"}
    return {
        "data": {"values": found},
        "params": [{"name": "hidden", "value": []}],
        "width": "container",
        "height": 420,
        "layer": [
            {
                "transform": [{"filter": "datum.value != null"}],
                "mark": {"type": "rule", "color": "#bbbbbb"},
                "encoding": {**place, "x2": {"field": "zero"}, "y2": {"field": "zero"}},
            },
            {
                "transform": [{"filter": "datum.value != null"}],
                "mark": {"type": "text", "fontStyle": "italic", "dy": -7, "fontSize": 12},
                "encoding": {**place, **named},
            },
            {
                "transform": [respondent],
                "mark": {"type": "point", "filled": True, "opacity": 0.8},
                "encoding": {
                    **place,
                    "color": {
                        "condition": {"test": "datum.kind == 'people'", "value": "#9db4cb"},
                        "value": RED,
                    },
                    "size": {"condition": {"test": "datum.kind == 'people'", "value": 35}, "value": 90},
                    "tooltip": [{"field": "respondent"}],
                },
            },
            {
                "transform": [respondent, {"filter": "datum.kind != 'people'"}],
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 11},
                "encoding": {**place, "text": {"field": "respondent"}},
            },
        ],
    }


def _chart(found: list[Spec], respondents: pl.Series, choose: str) -> Spec:
    """Data, the signals that every chart has, and the menu of the column that the reader picks an entry of."""
    params: list[Spec] = [{"name": "hidden", "value": []}]
    kept = "indexof(hidden, datum.respondent) < 0"
    if choose:
        options = list(dict.fromkeys(row[choose] for row in found))
        first = next(
            (name for name in options if str(name).startswith("all")), options[0] if options else None
        )
        params.append(
            {
                "name": "chosen",
                "value": first,
                "bind": {"input": "select", "options": options, "name": f"{choose} "},
            }
        )
        kept += f" && datum.{choose} == chosen"
    return {
        "data": {"values": found},
        "params": params,
        "transform": [{"filter": kept}],
        "width": "container",
    }


def _rows(rows: pl.DataFrame, labels: dict[str, str], named: str) -> list[Spec]:
    """Rows with short numbers; ``labels`` are put in the place of names in the column ``named``."""
    found = []
    for row in rows.iter_rows(named=True):
        short: Spec = {key: _short(cell) if isinstance(cell, float) else cell for key, cell in row.items()}
        if named in short:
            short[named] = labels.get(short[named], short[named])
        found.append({key: cell for key, cell in short.items() if cell is not None})
    return found


def _short(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _pointed_at(fields: list[str]) -> Spec:
    return {
        "name": "at",
        "select": {
            "type": "point",
            "on": "pointerover",
            "nearest": True,
            "fields": fields,
            "clear": "pointerout",
        },
    }


def _tooltip(what: str, *fields: str) -> list[Spec]:
    number = {"field": "estimate", "title": what, "type": "quantitative", "format": ".3f"}
    return [*({"field": field} for field in fields), number, *_interval()]


def _interval() -> list[Spec]:
    ends = (("low", "from"), ("high", "to"))
    return [{"field": end, "title": title, "type": "quantitative", "format": ".3f"} for end, title in ends]
