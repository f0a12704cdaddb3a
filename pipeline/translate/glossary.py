"""Terms that people fixed the translation of: a CSV file with a column ``en`` and one for each language."""

from __future__ import annotations

import csv
from pathlib import Path

from pipeline.core.documents import read_text
from pipeline.core.errors import InputError

REMEDY = "the first line names the columns, such as en,zh; each other line has a term in both"


def load(file: str | None, language: str) -> dict[str, str]:
    """The translation of each English term into a language; InputError for a file that is none, or lacks it."""
    if file is None:
        return {}
    path = Path(file)
    rows = csv.reader(read_text(path, remedy=REMEDY).splitlines())
    columns = [name.strip() for name in next(rows, [])]
    for name in ("en", language):
        if name not in columns:
            raise InputError(f"there is no column {name!r}", where=file, remedy=REMEDY)
    here, there = columns.index("en"), columns.index(language)
    terms: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(columns) or not cells[here]:
            raise InputError(
                "a term and its translations are needed", where=f"{file}, line {number}", remedy=REMEDY
            )
        if cells[there]:
            terms[cells[here]] = cells[there]
    return terms
