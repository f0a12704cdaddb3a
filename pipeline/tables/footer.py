"""What a Parquet file says of the sizes of its columns, read from its end before anything is unpacked.

pyarrow tells the same, but ends the whole process where the statistics in a damaged file do not fit
(``RowGroupMetaData.column``; apache/arrow#45283 was of this kind), which no handler of errors can stop. So the
metadata, a Thrift structure in the compact protocol, is read here as far as it is needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MAGIC = b"PAR1"
# The longest metadata that is read: that of the largest table of ours takes a thousandth of it.
MOST_BYTES = 64_000_000
# Structures within structures; Parquet has seven.
DEEPEST = 32
# Where things are: fields of FileMetaData, RowGroup, ColumnChunk and ColumnMetaData (apache/parquet-format,
# parquet.thrift).
_ROW_GROUPS, _COLUMNS, _META_DATA, _NUM_VALUES, _TOTAL_UNCOMPRESSED_SIZE = 4, 1, 3, 5, 6
# Types of the compact protocol (apache/thrift, doc/specs/thrift-compact-protocol.md).
_TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 12


class Chunk(NamedTuple):
    """A column of one row group: how many values it has, those in lists each, and their bytes once unpacked."""

    values: int
    bytes: int


def columns(path: Path) -> list[list[Chunk]]:
    """The chunks of each column; ValueError where the file's end is no such metadata."""
    groups = _field(_metadata(path), _ROW_GROUPS, list)
    found = [[_chunk(one) for one in _field(group, _COLUMNS, list)] for group in groups]
    return [list(column) for column in zip(*found, strict=True)]


def _chunk(column: Any) -> Chunk:
    said = _field(column, _META_DATA, dict)
    sizes = Chunk(_field(said, _NUM_VALUES, int), _field(said, _TOTAL_UNCOMPRESSED_SIZE, int))
    if min(sizes) < 0:
        raise ValueError("a column has less than nothing")
    return sizes


def _field(structure: Any, number: int, kind: type) -> Any:
    found = structure.get(number) if isinstance(structure, dict) else None
    if not isinstance(found, kind):
        raise ValueError(f"field {number} is missing")
    return found


def _metadata(path: Path) -> Any:
    with path.open("rb") as file:
        whole = file.seek(0, 2)
        file.seek(max(0, whole - 8))
        end = file.read()
        length = int.from_bytes(end[:4], "little")
        if end[4:] != MAGIC or length > min(whole - 8, MOST_BYTES):
            raise ValueError("no metadata")
        file.seek(whole - 8 - length)
        return _Reader(file.read(length)).value(_STRUCT, 0)


class _Reader:
    """Every element takes a byte at least, so that nothing grows beyond the bytes that are there."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self, kind: int, depth: int) -> Any:
        """A structure is a dict by field number. Parquet has no maps."""
        if depth > DEEPEST:
            raise ValueError("too deep")
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._take(1)[0]
        if kind in _INTEGERS:
            number = self._varint()
            return number >> 1 ^ -(number & 1)
        if kind == _DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        if kind == _BINARY:
            return self._take(self._varint())
        if kind in _LISTS:
            return [self.value(of, depth + 1) for of in self._elements()]
        if kind == _STRUCT:
            return {
                number: self.value(of, depth + 1) if of > _FALSE else of == _TRUE
                for number, of in self._fields()
            }
        raise ValueError(f"no type {kind}")

    def _fields(self) -> Iterator[tuple[int, int]]:
        number = 0
        while head := self._take(1)[0]:
            number = number + (head >> 4) if head >> 4 else self.value(_INTEGERS[0], 0)
            yield number, head & 15

    def _elements(self) -> Iterator[int]:
        head = self._take(1)[0]
        count = head >> 4 if head >> 4 < 15 else self._varint()
        if count > len(self._data) - self._at:
            raise ValueError("a list ends behind the end")
        return (head & 15 for _ in range(count))

    def _varint(self) -> int:
        found = shift = 0
        while True:
            byte = self._take(1)[0]
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7
            if shift > 63:
                raise ValueError("a number has no end")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise ValueError("it ends in the middle")
        self._at += count
        return taken
