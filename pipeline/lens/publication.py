"""The report of a publication alone: nobody is asked and no action is written for it."""

from __future__ import annotations

from pathlib import Path

from pipeline.lens.report import page
from pipeline.measures.study import measure
from pipeline.measures.waist import declared_of, enacted_of
from pipeline.tables import (
    Declared,
    Enacted,
    Factors,
    PairChoices,
    Respondents,
    ValueRatings,
    read_table,
    write_table,
)
from pipeline.tables.measures import SCHEMAS
from pipeline.values import Inventory

IMPORTED = {
    "respondents": Respondents,
    "ratings": ValueRatings,
    "choices": PairChoices,
    "factors": Factors,
}
SCORED = {**IMPORTED, "enacted": Enacted, "declared": Declared}
CONFIDENCE = 0.95


def write(imported: Path, inventory: Inventory, out: Path, *, seed: int = 1) -> Path:
    """The page, from the tables that an import wrote; ``out`` gets ``score``, ``analyse`` and ``report`` as a run has
    them."""
    tables = {name: read_table(schema, imported / f"{name}.parquet") for name, schema in IMPORTED.items()}
    tables["enacted"] = enacted_of(tables["choices"])
    tables["declared"] = declared_of(tables["ratings"])
    tables |= measure(
        tables["enacted"],
        tables["declared"],
        tables["factors"],
        inventory,
        seed=seed,
        confidence=CONFIDENCE,
        ratings=tables["ratings"],
        pairs=tables["choices"],
    )
    for folder, schemas in (("score", SCORED), ("analyse", SCHEMAS)):
        for name, schema in schemas.items():
            (out / folder).mkdir(parents=True, exist_ok=True)
            write_table(schema, tables[name], out / folder / f"{name}.parquet")
    title = "ValueActionLens as published (arXiv 2501.15463)"
    page.write(tables, inventory, CONFIDENCE, out / "report", [], title)
    return out / "report" / "report.html"
