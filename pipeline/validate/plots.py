"""Two pictures of a round: what was intended against what was seen, and the accuracy of each value.

Readable in black and white. The bytes depend on the figures only: no date, no machine font, no user setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.validate.judged import ANSWERS
from pipeline.values.schwartz import BY_SLUG, SLUGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTHING = "Nobody has judged an item yet"


def write(confusion: pl.DataFrame, accuracy: pl.DataFrame, folder: Path, note: str) -> None:
    """validation_{confusion,accuracy}.{csv,svg,png}; ``note`` names the round under each picture."""
    folder.mkdir(parents=True, exist_ok=True)
    named = pl.col("intended", "answer").replace(_names())
    confusion.with_columns(order=pl.col("intended").replace_strict(_places())).with_columns(
        column=pl.col("answer").replace_strict(_places())
    ).sort("order", "column").select(named, "judgements", "share").write_csv(
        folder / "validation_confusion.csv", float_precision=6
    )
    values = _by_value(accuracy)
    values.with_columns(pl.col("group").replace(_names()).alias("value")).select(
        "value", "unit", "n", "matching", "estimate", "low", "high"
    ).write_csv(folder / "validation_accuracy.csv", float_precision=6)
    _save(folder / "validation_confusion", lambda figure: _confusion(figure, confusion, note), (8.2, 7.4))
    _save(folder / "validation_accuracy", lambda figure: _forest(figure, accuracy, note), (7.6, 5.2))


def _confusion(figure: Figure, table: pl.DataFrame, note: str) -> None:
    """Shares by row, as grey and as numbers (of judgements); what was intended is framed."""
    import numpy as np

    axes = figure.subplots()
    if not table["judgements"].sum():
        _empty(figure, note)
        return
    counts, shares = (np.zeros((len(SLUGS), len(ANSWERS["value"]))) for _ in range(2))
    places = _places()
    for intended, answer, judgements, share in table.iter_rows():
        counts[places[intended], places[answer]] = judgements
        shares[places[intended], places[answer]] = share or 0
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour)
    for place in range(len(SLUGS)):
        axes.plot(
            [place - 0.5, place + 0.5, place + 0.5, place - 0.5, place - 0.5],
            [place - 0.5, place - 0.5, place + 0.5, place + 0.5, place - 0.5],
            color="black",
            linewidth=1.2,
        )
    axes.axvline(len(SLUGS) - 0.5, color="black", linewidth=0.8, linestyle=":")
    axes.set_xticks(
        range(len(ANSWERS["value"])), [_names()[slug] for slug in ANSWERS["value"]], rotation=45, ha="right"
    )
    axes.set_yticks(range(len(SLUGS)), [_names()[slug] for slug in SLUGS])
    axes.set_xlabel("Value that raters named")
    axes.set_ylabel("Value that the action was written for")
    axes.set_title("Judgements by intended and named value", loc="left", fontweight="bold")
    axes.tick_params(length=0)
    figure.text(0.01, 0.01, f"Both in the order of the circle; grey: share of the row. {note}", fontsize=8)


def _forest(figure: Figure, accuracy: pl.DataFrame, note: str) -> None:
    """Accuracy of each value by judgement (filled) and by item (hollow), with 95 % intervals."""
    axes = figure.subplots()
    values = _by_value(accuracy)
    if values.is_empty():
        _empty(figure, note)
        return
    units = {
        "judgement": (-0.13, "o", "black", "by judgement"),
        "item": (0.13, "s", "white", "by item (majority)"),
    }
    for slug, unit, n, estimate, low, high in values.select(
        "group", "unit", "n", "estimate", "low", "high"
    ).iter_rows():
        if estimate is None:
            continue
        shift, marker, face, label = units[unit]
        place = len(SLUGS) if slug == "all" else SLUGS.index(slug)
        if low is not None:
            axes.plot([low, high], [place + shift] * 2, color="black", linewidth=1)
        axes.plot(
            estimate,
            place + shift,
            marker,
            color="black",
            markerfacecolor=face,
            markersize=5,
            label=label,
        )
        if unit == "judgement":
            axes.text(1.03, place, f"{n}", va="center", fontsize=8)
    axes.axhline(len(SLUGS) - 0.5, color="black", linewidth=0.8, linestyle=":")
    axes.text(1.03, -0.9, "judgements", fontsize=8, va="center")
    axes.set_yticks(range(len(SLUGS) + 1), [*(_names()[slug] for slug in SLUGS), "All values"])
    axes.set_ylim(len(SLUGS) + 0.6, -0.6)
    axes.set_xlim(0, 1.01)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.grid(axis="x", color="0.85", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("How often raters name the intended value", loc="left", fontweight="bold", pad=22)
    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    axes.legend(
        unique.values(),
        unique.keys(),
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=2,
        frameon=False,
        fontsize=8,
    )
    figure.text(0.01, 0.01, f"Lines: 95 % intervals. {note}", fontsize=8)


def _by_value(accuracy: pl.DataFrame) -> pl.DataFrame:
    """Rows of the task value by value and over all, in the order of the circle."""
    return (
        accuracy.filter(
            (pl.col("task") == "value") & pl.col("grouping").is_in(["value", "all"]) & (pl.col("n") > 0)
        )
        .with_columns(order=pl.col("group").replace_strict(_places() | {"all": len(SLUGS)}))
        .sort("order", "unit", descending=[False, True])
        .drop("order")
    )


def _empty(figure: Figure, note: str) -> None:
    figure.clear()
    figure.text(0.5, 0.5, NOTHING, ha="center", va="center", fontsize=12)
    figure.text(0.01, 0.01, note, fontsize=8)


def _names() -> dict[str, str]:
    return {slug: BY_SLUG[slug].name for slug in SLUGS} | {"none": "(none)", "all": "All values"}


def _places() -> dict[str, int]:
    return {answer: place for place, answer in enumerate(ANSWERS["value"])}


def _save(path: Path, draw: Callable[[Figure], None], size: tuple[float, float]) -> None:
    from matplotlib.figure import Figure

    with _settings():
        figure = Figure(figsize=size, layout="constrained")
        figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
        draw(figure)
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None, "Creator": None})
        figure.savefig(path.with_suffix(".png"), dpi=150, metadata={"Software": None})


@contextmanager
def _settings() -> Iterator[None]:
    import matplotlib

    settings = dict(matplotlib.rcParamsDefault) | {
        "svg.hashsalt": "valact validation",
        "svg.fonttype": "path",
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
    }
    settings.pop("backend")
    with matplotlib.rc_context(settings):
        yield
