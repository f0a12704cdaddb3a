"""The section on selection and adoption, paired on the same targets."""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl

from pipeline.report.document import Cell, Section, Table, count, interval, number, probability
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory


def section(tables: Tables, inventory: Inventory) -> Section:
    people = tables["respondents"].filter(kind="human")["respondent"].implode()
    drops = tables["drops"].filter(~pl.col("respondent").is_in(people))
    overall = drops.filter(pl.col("value") == "all")
    header = [
        "respondent",
        "pairs",
        "selection",
        "adoption",
        "difference",
        "p (clustered, Holm)",
        "adoption where selection was right",
        "selection where adoption was right",
    ]
    rows = [
        [
            row["respondent"],
            count(row["pairs"]),
            Cell(number(row["selection"]), query=_asked(row["respondent"], "selection")),
            Cell(number(row["adoption"]), query=_asked(row["respondent"], "adoption")),
            Cell(number(row["drop"]), interval(row["low"], row["high"])),
            probability(row["cluster_holm_p"]),
            number(row["adoption_given_selection"]),
            number(row["selection_given_adoption"]),
        ]
        for row in overall.iter_rows(named=True)
    ]
    each = drops.filter((pl.col("value") != "all") & (pl.col("cluster_holm_p") < 0.05))
    header_each = ["respondent", "value", "selection", "adoption", "difference", "p (clustered, Holm)"]
    rows_each = [
        [
            row["respondent"],
            inventory.by_slug[row["value"]].name,
            Cell(number(row["selection"]), query=_asked(row["respondent"], "selection", row["value"])),
            Cell(number(row["adoption"]), query=_asked(row["respondent"], "adoption", row["value"])),
            Cell(number(row["drop"]), interval(row["low"], row["high"])),
            probability(row["cluster_holm_p"]),
        ]
        for row in each.iter_rows(named=True)
    ]
    text = [
        "Selection asks which action best expresses a named value; adoption, what somebody who holds "
        "it would do. Both ask "
        "about the same target of the same question, so the difference is a paired one. The "
        "published restricted figure "
        "looks only at questions that selection got right, where adoption can only fall; its mirror "
        "image stands beside it."
    ]
    shown = []
    source = "data/analyse/drops.parquet"
    if rows:
        of = [[name] for name in overall["respondent"]]
        shown.append(Table("Selection and adoption", header, rows, source, of, wide=True))
    if rows_each:
        caption = "Values for which the difference is beyond chance, after Holm's correction"
        shown.append(Table(caption, header_each, rows_each, source, [[name] for name in each["respondent"]]))
    return Section(
        "Selection and adoption",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "accuracy", "drops"),
    )


def _asked(respondent: str, mode: str, value: str = "") -> str:
    return urlencode({"respondent": respondent, "mode": mode} | ({"target": value} if value else {}))
