"""How every figure looks, and how it is written: once as SVG, once as PNG, with the same bytes for the same data.

Colours are those of Okabe and Ito (2008), which colour-blind readers tell apart. No figure depends on colour alone:
respondents also differ by marker, and signs by fill, so that a black-and-white print says the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.atomic import writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW, BLACK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#000000",
)
GREY = "#767676"
# Colour and marker of the nth series.
MARKS = (
    (BLUE, "o"),
    (RED, "s"),
    (GREEN, "^"),
    (PINK, "D"),
    (BLACK, "v"),
    (ORANGE, "P"),
    (SKY, "X"),
    (GREY, "*"),
)
# Inches: the text width of A4 and Letter pages with ordinary margins.
WIDTH = 6.5
DPI = 150


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib as it came, plus our settings: neither the user's configuration nor the machine's fonts count."""
    import matplotlib

    settings = dict(matplotlib.rcParamsDefault) | {
        "svg.hashsalt": "valact",
        "svg.fonttype": "path",
        "font.family": ["DejaVu Sans"],
        "font.size": 8,
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": GREY,
        "axes.linewidth": 0.8,
        "xtick.color": BLACK,
        "ytick.color": BLACK,
        "legend.frameon": False,
        "hatch.linewidth": 0.6,
        "lines.linewidth": 1.2,
        "lines.markersize": 4.5,
    }
    settings.pop("backend")
    with matplotlib.rc_context(settings):
        yield


def save(figure: Figure, stem: Path) -> None:
    """Writes ``stem``.svg and ``stem``.png, without dates or names of programs in them.

    The PNG is the SVG, rasterised: to lay a figure out and to draw it twice takes three times as long.
    """
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    with writing(stem.with_name(f"{stem.name}.svg")) as part:
        part.write_text(drawn.getvalue(), encoding="utf-8")
    with writing(stem.with_name(f"{stem.name}.png")) as part:
        part.write_bytes(_rasterised(drawn.getvalue()))


def _rasterised(svg: str) -> bytes:
    """The picture as PNG, opaque, with ``DPI`` pixels an inch of it."""
    import vl_convert
    from PIL import Image

    # A CSS pixel is a 96th of an inch, and what is drawn is measured in points, of which an inch has 72.
    pixels = io.BytesIO(vl_convert.svg_to_png(svg, scale=72 / 96, ppi=DPI))
    with Image.open(pixels) as picture, io.BytesIO() as packed:
        picture.convert("RGB").save(packed, "png", dpi=(DPI, DPI))
        return packed.getvalue()


def mark(n: int) -> dict[str, Any]:
    """How the nth series is marked; from the ninth on marks are hollow, from the 17th on they begin again."""
    colour, marker = MARKS[n % len(MARKS)]
    hollow = n // len(MARKS) % 2 == 1
    return {
        "color": colour,
        "marker": marker,
        "linestyle": "",
        "markerfacecolor": "white" if hollow else colour,
    }
