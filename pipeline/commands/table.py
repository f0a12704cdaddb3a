"""Plain tables for people: columns aligned, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.core.visible import visible

if TYPE_CHECKING:
    from pipeline.report.document import Table


def report_table(found: Table) -> str:
    """A table of the report, with its caption."""
    rows = [[str(cell) for cell in row] for row in found.rows]
    return f"{found.caption}:\n{table(found.header, rows, right=found.header[1:])}"


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Lines of text; the columns named in ``right`` are aligned to the right."""
    cells = [[visible(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if header in right else text.ljust(width)
            for text, width, header in zip(row, widths, headers, strict=True)
        ).rstrip()
        for row in cells
    )
