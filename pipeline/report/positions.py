"""The section on letters and wordings: what answers owe to the way of asking."""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl

from pipeline.report.document import NOTHING, Cell, Section, Table, count, number, probability
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.tables.columns import LETTERS
from pipeline.values import Inventory

# Modes in which profiles are flat by design: the target of each question is drawn, and so is what is chosen.
TARGETED = ("selection", "adoption")


def section(tables: Tables, inventory: Inventory) -> Section:
    bias = tables["positions"]
    kinds_of = tables["respondents"].select("respondent", "kind")
    rows: list[list[str | Cell]] = []
    letters = sorted(bias["letter"].unique()) or list(LETTERS[:4])
    for (respondent, mode), part in (
        bias.join(kinds_of, on="respondent", how="left")
        .filter(pl.col("kind") != "human")
        .group_by("respondent", "mode", maintain_order=True)
    ):
        of = {row["letter"]: row for row in part.iter_rows(named=True)}
        shares = [
            Cell(
                number(of[letter]["share"]),
                query=urlencode({"respondent": respondent, "mode": mode, "letter": letter}),
            )
            if letter in of
            else NOTHING
            for letter in letters
        ]
        rows.append([str(respondent), str(mode), *shares, probability(part["joint_holm_p"][0])])
    header = ["respondent", "mode", *letters, f"p (all 1/{len(letters)}, Holm)"]
    text = [
        "A letter is counted as it was shown. Where the order of the options changes between "
        "wordings, a preference for a "
        "place shows here and evens out in the profiles. Where options are shown as dealt, it cannot be told from a "
        "preference for what stood there."
    ]
    shown = []
    if rows:
        of_rows = [[str(row[0])] for row in rows]
        shown.append(Table("Share of each letter", header, rows, "data/analyse/positions.parquet", of_rows))
    shown += _wordings(tables)
    return Section(
        "Positions and wordings",
        text if shown else [],
        shown,
        missing=notes_on(tables["notes"], "positions", "wordings"),
    )


def _wordings(tables: Tables) -> list[Table]:
    """Pairs of wordings, summed up. In targeted modes profiles are flat by design, so that their r is noise."""
    summed = (
        tables["wordings"]
        .group_by("respondent", "mode", maintain_order=True)
        .agg(
            pl.len().alias("pairs"),
            pl.col("share").mean(),
            pl.col("profile_r").min(),
            pl.col("shift").abs().max(),
        )
    )
    rows = [
        [
            row["respondent"],
            row["mode"],
            count(row["pairs"]),
            number(row["share"]),
            NOTHING if row["mode"] in TARGETED else number(row["profile_r"]),
            number(row["shift"]),
        ]
        for row in summed.iter_rows(named=True)
    ]
    header = [
        "respondent",
        "mode",
        "pairs of wordings",
        "mean same answer",
        "lowest r of profiles",
        "largest shift",
    ]
    of = [[name] for name in summed["respondent"]]
    return [Table("Wordings", header, rows, "data/analyse/wordings.parquet", of)] if rows else []
