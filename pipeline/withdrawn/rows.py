"""Rows about some posts, taken out of Parquet and CSV files wherever they lie, by the ids that they hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.atomic import writing
from pipeline.core.errors import InputError
from pipeline.tables.ids import scenario_id

GONE = "(taken down)"


class Names:
    """Everything by which tables and answers call some posts: their ids, scenarios, and items shown to raters."""

    def __init__(self, posts: Iterable[str], items: Iterable[str] = ()) -> None:
        self.posts = frozenset(posts)
        self.scenarios = frozenset(map(scenario_id, self.posts))
        self._all = self.posts | self.scenarios | frozenset(items)
        self._mention = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(self._all)))})\b")

    def mean(self, name: str) -> bool:
        """Whether an id is of these posts, or begins with one of a scenario, as those of questions and actions do."""
        return name in self._all or name.partition(".")[0] in self.scenarios

    def mentioned(self, text: str | None) -> bool:
        return bool(text and self._all and self._mention.search(text))

    def struck(self, text: str | None) -> str | None:
        """The text with ``GONE`` wherever it mentions one."""
        return self._mention.sub(GONE, text) if text and self._all else text


def parquet_files(folders: Iterable[Path]) -> list[Path]:
    return sorted({file for folder in folders for file in folder.rglob("*.parquet") if file.is_file()})


def column(file: Path, *names: str) -> Iterator[tuple[str, ...]]:
    """The values of some string columns, row by row; nothing where the file lacks one of them."""
    with _opened(file) as parquet:
        if not set(names) <= set(parquet.schema_arrow.names):
            return
        for batch in parquet.iter_batches(columns=list(names)):
            yield from zip(*(batch.column(name).to_pylist() for name in names), strict=True)


def items_about(file: Path, names: Names) -> Iterator[str]:
    """The items shown to raters that are about these posts, where the file is a table of items."""
    with _opened(file) as parquet:
        if "item_id" not in parquet.schema_arrow.names:
            return
        for batch in parquet.iter_batches(columns=_id_columns(parquet.schema_arrow)):
            group = pa.Table.from_batches([batch])
            items = group.column("item_id").to_pylist()
            yield from (item for item, theirs in zip(items, _theirs(group, names), strict=True) if theirs)


def without(file: Path, names: Names) -> int:
    """Rewrites the file without the rows of these posts and says how many went; untouched where there are none.

    A row is theirs where a column that ends in ``_id``, or ``subject``, names them. Where only a ``detail`` does
    (the row of a near-duplicate, say), the name goes and the row stays. Order and schema stay.
    """
    if not _concerned(file, names):
        return 0
    gone = 0
    with (
        writing(file) as part,
        _opened(file) as parquet,
        pq.ParquetWriter(part, parquet.schema_arrow, compression="zstd") as to,
    ):
        for number in range(parquet.num_row_groups):
            group = parquet.read_row_group(number)
            kept = group.filter(pa.array([not theirs for theirs in _theirs(group, names)]))
            gone += len(group) - len(kept)
            to.write_table(_unnamed(kept, names))
    return gone


def without_lines(file: Path, names: Names) -> int:
    """The same of a CSV file, in which any cell may be an id."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    kept = [row for row in rows if not any(map(names.mean, row))]
    if len(kept) < len(rows):
        with writing(file) as part, part.open("w", encoding="utf-8", newline="") as to:
            csv.writer(to, lineterminator="\n").writerows(kept)
    return len(rows) - len(kept)


def _concerned(file: Path, names: Names) -> bool:
    with _opened(file) as parquet:
        ids = _id_columns(parquet.schema_arrow)
        told = ["detail"] if "detail" in parquet.schema_arrow.names else []
        return any(
            any(_theirs(group := pa.Table.from_batches([batch]), names)) or _mentions(group, names)
            for batch in parquet.iter_batches(columns=[*ids, *told])
        )


def _theirs(group: pa.Table, names: Names) -> list[bool]:
    marks = [False] * len(group)
    for name in _id_columns(group.schema):
        for row, value in enumerate(group.column(name).to_pylist()):
            marks[row] = marks[row] or (value is not None and names.mean(value))
    return marks


def _mentions(group: pa.Table, names: Names) -> bool:
    return "detail" in group.column_names and any(map(names.mentioned, group.column("detail").to_pylist()))


def _unnamed(group: pa.Table, names: Names) -> pa.Table:
    if not _mentions(group, names):
        return group
    place = group.schema.get_field_index("detail")
    struck = [names.struck(text) for text in group.column(place).to_pylist()]
    return group.set_column(
        place, group.schema.field(place), pa.array(struck, group.schema.field(place).type)
    )


def _id_columns(schema: pa.Schema) -> list[str]:
    return [
        field.name
        for field in schema
        if (field.name.endswith("_id") or field.name == "subject")
        and (
            pa.types.is_string(field.type)
            or pa.types.is_large_string(field.type)
            or pa.types.is_string_view(field.type)
        )
    ]


def _opened(file: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"not a readable Parquet file ({str(error).splitlines()[0]})",
            where=str(file),
            remedy="delete it, `dvc checkout` or `dvc repro` brings it back, and run the takedown again",
        ) from error
