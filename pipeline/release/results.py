"""What respondents chose, on the card: a table with intervals, and the circle of values as a picture."""

from __future__ import annotations

from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.designs import load
from pipeline.params import Params
from pipeline.plots import circle
from pipeline.plots.style import save, style
from pipeline.release.markdown import count, in_words, markdown_table
from pipeline.tables import Answers, Results, read_table
from pipeline.tables.results import ALL
from pipeline.tables.validity import ItemQuality
from pipeline.values import Inventory

FILES: dict[type[dy.Schema], str] = {
    Results: "results.parquet",
    Answers: "answers.parquet",
    ItemQuality: "item_quality.parquet",
}
FIGURE = Path("figures/values")
# Inches, two panels wide: its words can be read on a phone.
NARROW = 4.4
# So many respondents fit on the page; all are in the config.
MOST = 12
NONE_YET = (
    "No respondent's results are part of this version. Answers of the tasks below can be imported with "
    "`valact import-answers`, and come with a later version."
)


def read(folder: Path) -> pl.DataFrame:
    """Table Results of that folder, or an empty one. Addresses of servers are nobody's business and are left out."""
    return table(Results, folder).with_columns(pl.col("source").str.replace(r" at \S+$", ""))


def table(schema: type[dy.Schema], folder: Path) -> pl.DataFrame:
    """What that folder has beside the results: a table of respondents' answers, or of what they say of questions."""
    path = folder / FILES[schema]
    return read_table(schema, path) if path.exists() else schema.create_empty()


def section(rows: pl.DataFrame, params: Params) -> str:
    """Figure and table; a sentence where nobody answered."""
    shown = _shown(rows)
    if not shown:
        return NONE_YET
    simulated = set(rows.filter(pl.col("kind") == "simulated")["respondent"])
    notes = []
    if simulated == set(rows["respondent"]):
        notes.append(
            "**These respondents are simulated**: programs with values that we set, to show what results look like. No "
            "model and no person answered."
        )
    elif simulated:
        notes.append(f"Simulated, and no models: {', '.join(sorted(simulated))}.")
    if profiles(rows).height:
        notes.append(f"![{_described(rows, params)}]({FIGURE.as_posix()}.png)")
    notes.append(_table(rows, shown, params.values))
    left = rows["respondent"].n_unique() - len(shown)
    more = f" {count(left, 'more respondent')} {'is' if left == 1 else 'are'} there." if left else ""
    notes.append(
        "Brackets hold 95 % intervals, bootstrapped over scenarios"
        + (" (for groups of people: over people)" if (rows["kind"] == "human").any() else "")
        + f". Config `results` has every value, with model, day and prompts; "
        f"`leaderboard/index.html` shows it as one page.{more}"
    )
    return "\n\n".join(notes)


def profiles(rows: pl.DataFrame) -> pl.DataFrame:
    """Shares in default mode (respondent, value, estimate, low, high) of those shown whose values are all known."""
    found = _of(rows, "default", "share").filter(pl.col("respondent").is_in(_shown(rows)))
    whole = found.filter(pl.col("estimate").is_not_null()).group_by("respondent").len()
    every = found["value"].n_unique()
    known = whole.filter(pl.col("len") == every).select("respondent")
    return found.join(known, on="respondent", how="semi").select(
        "respondent", "value", "estimate", "low", "high"
    )


def draw(rows: pl.DataFrame, params: Params, folder: Path) -> None:
    """Writes the figure into a release folder, where there is anything to draw."""
    shown = profiles(rows)
    if shown.is_empty():
        return
    (folder / FIGURE).parent.mkdir()
    even = 1 / load(params.assemble.design).options
    with style():
        save(circle.draw(shown, params.values, ring=even, columns=2, width=NARROW), folder / FIGURE)
    (folder / FIGURE).with_suffix(".svg").unlink()


def _described(rows: pl.DataFrame, params: Params) -> str:
    shown = profiles(rows)["respondent"].n_unique()
    options = load(params.assemble.design).options
    return (
        f"Circle of values of {count(shown, 'respondent')}: how often each value was chosen where it was one of "
        f"{in_words(options)}. Dashed: 1 in {options}, no preference. Dotted: the mean of those shown."
    )


def _shown(rows: pl.DataFrame) -> list[str]:
    return rows["respondent"].unique().sort().head(MOST).to_list()


def _of(rows: pl.DataFrame, mode: str, measure: str) -> pl.DataFrame:
    return rows.filter(pl.col("mode") == mode, pl.col("measure") == measure)


def _table(rows: pl.DataFrame, shown: list[str], inventory: Inventory) -> str:
    names = {value.slug: value.name for value in inventory.values}
    lines = []
    for who in shown:
        mine = rows.filter(pl.col("respondent") == who)
        shares = _of(mine, "default", "share").drop_nulls("estimate")
        shares = shares.sort(["estimate", "value"], descending=[True, False])
        ends = [
            f"{names[row['value']]} {interval(row)}"
            for row in (*shares.head(1).iter_rows(named=True), *shares.tail(1).iter_rows(named=True))
        ]
        lines.append(
            (
                who,
                mine["kind"][0],
                *(ends or ("", "")),
                _cell(_of(mine, "selection", "accuracy")),
                _cell(_of(mine, "adoption", "accuracy")),
                _cell(_of(mine, "default", "answered")),
            )
        )
    head = ("respondent", "kind", "chosen most", "chosen least", "selection", "adoption", "answered")
    return markdown_table(head, lines)


def _cell(rows: pl.DataFrame) -> str:
    found = rows.filter(pl.col("value") == ALL)
    return interval(found.row(0, named=True)) if found.height else ""


def interval(row: dict[str, float | None]) -> str:
    """``34 % [30, 38]``, in per cent; empty where there is no estimate."""
    estimate, low, high = row["estimate"], row["low"], row["high"]
    if estimate is None:
        return ""
    bounds = "" if low is None or high is None else f" [{100 * low:.0f}, {100 * high:.0f}]"
    return f"{100 * estimate:.0f} %{bounds}"
