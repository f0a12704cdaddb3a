"""Tables as rows of cells, from CSV files and from workbooks (the first sheet that holds anything)."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

from pipeline.published.lines import POINTER, Unusable, read_text
from pipeline.published.problems import Unreadable

# A table of the publication has a hundred cells; a workbook may unpack to anything.
MOST_BYTES, MOST_UNPACKED, MOST_ROWS = 20_000_000, 100_000_000, 100_000
SUFFIXES = (".csv", ".xlsx", ".xls", ".xlsm", ".ods")

Cell = str | float


def read_rows(path: Path, *, most: int = MOST_ROWS) -> list[list[Cell]]:
    """Rows of cells, numbers of a workbook as numbers. Raises Unreadable."""
    try:
        if path.suffix.lower() == ".csv":
            return _csv(path, most)
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable("too_large", f"at most {MOST_BYTES / 1e6:.0f} MB are read of a workbook")
        with path.open("rb") as file:
            start = file.read(len(POINTER))
        if start == POINTER:
            raise Unreadable("missing_file", "a pointer of Git LFS; fetch the file with `git lfs pull`")
        return _workbook(path, most)
    except Unusable as problem:
        raise Unreadable(problem.reason, problem.detail) from None


def _csv(path: Path, most: int) -> list[list[Cell]]:
    texts = (line or "" for _, line in read_text(path).lines())
    try:
        # Quoted line ends are in no table of the publication.
        return [list(row) for row, _ in zip(csv.reader(texts), range(most), strict=False)]
    except csv.Error as error:
        raise Unreadable("table_unreadable", str(error)) from None


def _workbook(path: Path, most: int) -> list[list[Cell]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                    raise Unreadable("too_large", f"it unpacks to more than {MOST_UNPACKED / 1e6:.0f} MB")
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                rows = book.get_sheet_by_name(name).to_python(nrows=most)
                if rows:
                    return [[_cell(cell) for cell in row] for row in rows]
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable("table_unreadable", f"no workbook: {' '.join(str(error).split())[:100]}") from None
    return []


def _cell(cell: object) -> Cell:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell)
