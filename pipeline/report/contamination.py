"""What training may have to do with it: statistics before and after the day on which a model's training data end."""

from __future__ import annotations

from pipeline.report.document import Cell, Section, Table, count, interval, number, percent, probability
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory

WORDS = {
    "selection": "selection accuracy",
    "adoption": "adoption accuracy",
    "drop": "drop",
    "self_agreement": "agreement with itself",
    "agreement": "agreement with others",
    "first_letter": "share of the first letter",
    "declared_enacted_r": "declared with enacted values, r",
}


def section(tables: Tables, inventory: Inventory) -> Section:
    found = tables["contamination"]
    rows: list[list[str | Cell]] = [
        [
            row["respondent"],
            f"{row['cutoff']:%Y-%m-%d}",
            WORDS[row["statistic"]],
            f"{number(row['before'])} ({count(row['scenarios_before'])})",
            f"{number(row['after'])} ({count(row['scenarios_after'])})",
            Cell(number(row["difference"]), interval(row["low"], row["high"])),
            Cell(number(row["excess"]), interval(row["excess_low"], row["excess_high"])),
            probability(row["holm_p"]),
            percent(row["power"]),
            number(row["detectable"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    header = [
        "respondent",
        "training ends",
        "statistic",
        "before (scenarios)",
        "after",
        "difference",
        "beyond other models",
        "p (Holm)",
        "power",
        "detectable",
    ]
    text = [
        "A model that was trained on a post may answer its questions otherwise. Each statistic stands for scenarios "
        "posted before and after the model's training data end, and its difference less that of models whose training "
        "ended before or after all posts, to which the day means nothing. Power is the probability to find the "
        "difference that params name (analysis.contamination.effect); detectable is what would be found four times in "
        "five. Nothing found with little power is nothing known."
    ]
    source = "data/analyse/contamination.parquet"
    of = [[name] for name in found["respondent"]]
    return Section(
        "Before and after training ended",
        text if rows else [],
        [Table("Differences in differences", header, rows, source, of, wide=True)] if rows else [],
        missing=notes_on(tables["notes"], "contamination"),
    )
