"""The leaderboard: one static page of the config ``results``, which works offline, and as a Space on the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2
import polars as pl

from pipeline.params import Params
from pipeline.release.files import write_text
from pipeline.release.results import interval
from pipeline.step import about
from pipeline.tables.results import ALL

# A Space of the Hub is a repository of its own: this folder is what goes into it.
FOLDER = "leaderboard"
PAGE = "index.html"
TEMPLATE = Path(__file__).with_name("leaderboard.html.j2")
FIXED = ("respondent", "kind", "model", "day", "prompts (default)", "selection", "adoption", "answered")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is read, and what the column is sorted by."""

    text: str
    sort: str


def write(rows: pl.DataFrame, params: Params, folder: Path) -> None:
    """Writes ``leaderboard/`` into a release folder."""
    target = folder / FOLDER
    target.mkdir()
    write_text(page(rows, params), target / PAGE)
    write_text(_space(params), target / "README.md")


def page(rows: pl.DataFrame, params: Params) -> str:
    """The page as HTML. Names of respondents are others' words, and are escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    names = [*dict.fromkeys(rows["respondent"].sort())]
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        title=about.title(params),
        version=params.release.version,
        notice=_notice(rows),
        head=[*FIXED, *(value.name for value in params.values.values)],
        rows=[_row(rows.filter(pl.col("respondent") == name), params.values.slugs) for name in names],
    )


def _notice(rows: pl.DataFrame) -> str:
    kinds = set(rows["kind"])
    if kinds == {"simulated"}:
        return "Every respondent here is simulated, to show what results look like. No model and no person answered."
    return "Respondents of kind simulated are no models." if "simulated" in kinds else ""


def _row(mine: pl.DataFrame, slugs: tuple[str, ...]) -> list[Cell]:
    first = mine.row(0, named=True)
    asked = mine.filter(pl.col("mode") == "default")["prompts"].drop_nulls()
    fixed = [
        first["respondent"],
        first["kind"],
        first["model"],
        first["answered_on"],
        next(iter(asked), None),
    ]
    return [
        *(Cell(text or "", text or "") for text in fixed),
        _figure(mine, "selection", "accuracy", ALL),
        _figure(mine, "adoption", "accuracy", ALL),
        _figure(mine, "default", "answered", ALL),
        *(_figure(mine, "default", "share", slug) for slug in slugs),
    ]


def _figure(mine: pl.DataFrame, mode: str, measure: str, value: str) -> Cell:
    found = mine.filter(pl.col("mode") == mode, pl.col("measure") == measure, pl.col("value") == value)
    if found.is_empty() or found["estimate"][0] is None:
        return Cell("", "")
    return Cell(interval(found.row(0, named=True)), f"{found['estimate'][0]:.6f}")


def _space(params: Params) -> str:
    """README.md of the Space: its head says that the page is all there is."""
    return (
        f"---\ntitle: {about.NAME} results\nsdk: static\napp_file: {PAGE}\npinned: false\n---\n\n"
        f"The results of respondents in {about.title(params)} {params.release.version}, one page without a server. "
        "Upload this folder to a static Space: `hf upload OWNER/SPACE leaderboard . --repo-type space`."
    )
