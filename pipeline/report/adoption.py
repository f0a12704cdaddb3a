"""What each way to ask for adoption costs, against plain role-play."""

from __future__ import annotations

from pipeline.report.document import Cell, Section, Table, count, interval, number, probability
from pipeline.report.figure import Tables
from pipeline.values import Inventory


def section(tables: Tables, inventory: Inventory) -> Section:
    """Nothing where no agent was asked in two ways."""
    found = tables["adoption_costs"].filter(value="all")
    rows: list[list[str | Cell]] = [
        [
            row["agent"],
            row["condition_a"],
            row["condition_b"],
            count(row["pairs"]),
            number(row["adoption_a"]),
            number(row["adoption_b"]),
            number(row["cost_a"]),
            number(row["cost_b"]),
            Cell(number(row["change"]), interval(row["low"], row["high"])),
            probability(row["holm_p"]),
            Cell(number(row["quotient"]), interval(row["quotient_low"], row["quotient_high"])),
        ]
        for row in found.iter_rows(named=True)
    ]
    if not rows:
        return Section("What adoption costs, by condition", [], [])
    header = [
        "agent",
        "condition",
        "other condition",
        "pairs",
        "adoption",
        "other",
        "cost",
        "other",
        "change",
        "p (Holm)",
        "other / cost",
    ]
    text = [
        "The cost of adoption is selection less adoption accuracy. One agent's ways to be asked are paired question by "
        "question, with the same target and wording; a respondent that was asked for adoption only is set against the "
        "agent's own selection. The quotient stands only where the first cost is above zero in every draw."
    ]
    source = "data/analyse/adoption_costs.parquet"
    of = [[row["a"], row["b"]] for row in found.iter_rows(named=True)]
    return Section(
        "What adoption costs, by condition",
        text,
        [Table("Costs of adoption", header, rows, source, of, wide=True)],
    )
