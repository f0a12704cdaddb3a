"""A study that is being imported: its raw tables, and what is left out of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.answers.cells import Ledger, taken
from pipeline.answers.contract import TABLES
from pipeline.answers.reader import Raw
from pipeline.values import Inventory


@dataclass(slots=True)
class Study:
    raw: Raw
    ledger: Ledger
    name: str
    seed: int
    values: Inventory

    def table(self, name: str) -> pl.DataFrame | None:
        found = self.raw.tables.get(name)
        return None if found is None else taken(found, TABLES[name], self.file(name), self.ledger)

    def file(self, name: str) -> str:
        return self.raw.files.get(name, name)


def known(study: Study, name: str, ids: dict[str, str]) -> pl.DataFrame | None:
    """The table with our ids; rows of somebody who is no respondent are left out."""
    table = study.table(name)
    if table is None:
        return None
    strange = ~pl.col("respondent").is_in(list(ids))
    study.ledger.leave_out(
        table.filter(strange), study.file(name), "respondent_not_known", "no row of respondents has its name"
    )
    return table.filter(~strange).with_columns(
        respondent=pl.col("respondent").replace_strict(ids, default=None, return_dtype=pl.String)
    )
