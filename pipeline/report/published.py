"""The report's section on the publication: each figure as published, by its authors' rule, and by ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipeline.report.document import Section, Table, between, count, number
from pipeline.report.figure import Tables

SOURCE = "data/analyse/published.parquet"
PAPER = "paper"
WORDS = {
    "declared_enacted_r": "Declared with enacted values, r",
    "declared_enacted_r_mean": "The same, mean over models",
    "enacted_r_min": "Enacted r between models, smallest",
    "enacted_r_mean": "Enacted r between models, mean",
    "enacted_r_max": "Enacted r between models, largest",
    "declared_r_min": "PVQ r between models, smallest",
    "declared_r_mean": "PVQ r between models, mean",
    "declared_r_max": "PVQ r between models, largest",
    "selection": "Selection accuracy",
    "adoption": "Adoption accuracy",
    "adoption_given_selection": "Adoption accuracy where most selection answers were right",
    "drop": "Drop from selection to adoption",
    "selection_adoption_t": "Welch's t of selection against adoption (ours: the paired drop)",
    "majority_adoption_t": "t of the restricted accuracy against adoption",
    "chinese_english_r": "PVQ in Chinese with PVQ in English, r",
    "temperature_r": "At another temperature, r with the usual one",
    "letter_share": "Share of a letter",
    "people_enacted_r_min": "Enacted r between people, smallest",
    "people_enacted_r_max": "Enacted r between people, largest",
    "people_declared_enacted_r": "Declared with enacted values of people, r",
}
CELLS = {"enacted": "shares of choices", "declared": "PVQ means"}


def section(tables: Tables) -> Section:
    """Empty where no published results were imported."""
    found = tables["published"]
    if found.is_empty():
        return Section("The published numbers")
    of_paper, cells = found.filter(source=PAPER), found.filter(pl.col("source") != PAPER)
    return Section(
        "The published numbers",
        list(_sentences(of_paper, cells)),
        [_paper(of_paper), _by_table(cells)] if cells.height else [_paper(of_paper)],
        missing=list(_missing(of_paper)),
    )


def _sentences(of_paper: pl.DataFrame, cells: pl.DataFrame) -> Iterator[str]:
    recomputed = cells.filter(pl.col("agrees").is_not_null())
    yield (
        f"{count(recomputed.filter('agrees').height)} of {count(recomputed.height)} cells of the published tables that "
        "have answers behind them come out as printed, counted as their authors count; "
        f"{count(cells.height - recomputed.height)} have none here."
    )
    known = of_paper.filter(pl.col("recomputed").is_not_null()).height
    yield (
        f"Of {count(of_paper.height)} figures of the paper {count(known)} can be recomputed, from answers or from the "
        "published tables. Ours differ where their rule of counting does; the last column says why."
    )


def _paper(of_paper: pl.DataFrame) -> Table:
    return Table(
        "Published, recomputed by the authors' rule, and ours with its interval",
        ["figure", "of", "published", "by their rule", "from", "ours", "interval", "n", "difference", "why"],
        [_row(row) for row in of_paper.sort("figure", "respondent", "value").iter_rows(named=True)],
        SOURCE,
        wide=True,
    )


def _row(row: dict[str, object]) -> list[str]:
    digits = max(int(str(row["decimals"])), 2)
    numbers = {
        name: number(_float(row[name]), digits) for name in ("published", "recomputed", "ours", "difference")
    }
    n = row["ours_n"] if row["ours_n"] is not None else row["n"]
    return [
        WORDS.get(str(row["figure"]), str(row["figure"])),
        " ".join(str(row[name]) for name in ("respondent", "value") if row[name] != "all"),
        numbers["published"],
        numbers["recomputed"],
        str(row["basis"] or ""),
        numbers["ours"],
        between(_float(row["low"]), _float(row["high"]), digits),
        "" if n is None else count(int(str(n))),
        numbers["difference"],
        str(row["why"] or ("" if row["recomputed"] is not None else f"missing: {row['missing']}")),
    ]


def _by_table(cells: pl.DataFrame) -> Table:
    """A row a published table: how many cells agree, and how far ours are from them."""
    counted = (
        cells.group_by("source", "figure")
        .agg(
            cells=pl.len(),
            recomputed=pl.col("recomputed").count(),
            agree=pl.col("agrees").sum(),
            largest=pl.col("difference").abs().max(),
            why=pl.col("why").drop_nulls().unique().sort(),
            missing=pl.col("missing").drop_nulls().unique().sort(),
        )
        .sort("source")
    )
    rows = [
        [
            row["source"],
            CELLS.get(row["figure"], WORDS.get(row["figure"], row["figure"])),
            count(row["cells"]),
            count(row["recomputed"]),
            count(row["agree"]),
            number(row["largest"], 4),
            "; ".join(_few(row["why"]) or _lacking(row["missing"])),
        ]
        for row in counted.iter_rows(named=True)
    ]
    header = ["table", "holds", "cells", "recomputed", "agree", "ours differs by at most", "why"]
    return Table("The published tables, cell by cell", header, rows, SOURCE, wide=True)


def _lacking(missing: Sequence[str]) -> list[str]:
    return [f"missing: {', '.join(_few(missing))}"] if len(missing) else []


def _few(words: Sequence[str], most: int = 3) -> list[str]:
    return [*words[:most], *([f"{len(words) - most} more"] if len(words) > most else [])]


def _missing(of_paper: pl.DataFrame) -> Iterator[str]:
    lacking = of_paper.filter(pl.col("recomputed").is_null())
    if lacking.height:
        yield (
            f"{count(lacking.height)} figures of the paper cannot be recomputed: what each one needs stands in its row."
        )


def _float(value: object) -> float | None:
    return value if isinstance(value, float) else None
