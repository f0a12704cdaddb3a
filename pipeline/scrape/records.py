"""Records of one's own files: CSV with any of four delimiters, or JSON lines."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from pipeline.core.errors import InputError
from pipeline.reddit.parts import Tally

DELIMITERS = ",;\t|"
Record = dict[str, Any]
# Raises InputError where the columns of a file are not enough.
Demand = Callable[[list[str]], None]


def read_records(file: Path, tally: Tally, demand: Demand, param: str) -> Iterator[tuple[int, Record]]:
    """Each record with its line from 1; what is no record goes to the tally. InputError for a file that cannot be
    read, which ``param`` names."""
    read = _csv if file.suffix.lower() in (".csv", ".tsv") else _json_lines
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from read(lines, file, demand, tally)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the table cannot be read ({error.strerror if isinstance(error, OSError) else 'not UTF-8 text'})",
            where=str(file),
            remedy=f"{param} names CSV or JSON-lines files",
        ) from None


def _csv(lines: TextIO, file: Path, demand: Demand, tally: Tally) -> Iterator[tuple[int, Record]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    head = lines.readline()
    delimiter = max(DELIMITERS, key=head.count)
    columns = next(csv.reader([head], delimiter=delimiter), [])
    demand(columns)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for row in reader:
            line = reader.line_num + 1
            if len(row) == len(columns):
                yield line, {name: cell for name, cell in zip(columns, row, strict=True) if cell != ""}
            elif row:
                tally.line("bad_row", line, f"{len(row)} cells for {len(columns)} columns")
    except csv.Error as error:
        raise InputError(
            f"no valid CSV: {error}",
            where=f"{file}, line {reader.line_num + 1}",
            remedy="a text that holds quotes or line breaks must stand in quotes, with inner quotes doubled",
        ) from None


def _json_lines(lines: TextIO, file: Path, demand: Demand, tally: Tally) -> Iterator[tuple[int, Record]]:
    checked = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            tally.line("bad_json", number, str(error))
            continue
        if not isinstance(record, dict):
            tally.line("not_an_object", number, "the line is no JSON object")
            continue
        if not checked:
            demand(list(record))
            checked = True
        yield number, record
