"""What cannot be computed, and why: sentences for the table Notes."""

from __future__ import annotations

import polars as pl

from pipeline.tables import Notes, conform

EVERYTHING = "all"


class Notebook:
    """Collects one sentence for each table, subject and reason."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], str] = {}

    def add(self, table: str, subject: str, reason: str, text: str) -> None:
        """``subject`` is a respondent, a pair or a kind; EVERYTHING for the whole table."""
        self._rows.setdefault((table, subject, reason), text)

    def table(self) -> pl.DataFrame:
        rows = [
            {"table": table, "subject": subject, "reason": reason, "text": text}
            for (table, subject, reason), text in sorted(self._rows.items())
        ]
        return conform(Notes, rows, where="notes of the analysis")


def finite(number: float | None) -> float | None:
    """A number that is one, else None: tables hold no nan and no infinity."""
    return float(number) if number is not None and abs(number) < float("inf") else None
