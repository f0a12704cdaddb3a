"""Rows of a transcript, read as they would be written: what could not have been recorded is refused with its row.

A key is the hash of its request, an answer that says of itself that it is in order keeps to the request's schema, and
times and counts are some that a run can have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import InputError
from pipeline.engine import answer_rows
from pipeline.engine.answer_rows import EARLIEST, LATEST, Compress
from pipeline.engine.request import IN_KEY, IN_KEY_WHERE_SET
from pipeline.engine.schema import Schema, check, loosened
from pipeline.tables import Transcripts, bounded, conform

ROWS = 65_536
# What stands for the stage that asked.
STAGE = "transcript"
# What transcripts of before did not have.
_NEWER = ("request", "origin")
_SAID = tuple(answer_rows.SAID.split(", "))


class Asked(msgspec.Struct):
    """What of a request is needed to look at its answer."""

    provider: str
    base_url: str
    model: str
    schema: Schema | None


@dataclass(frozen=True, slots=True)
class Reader:
    """One file. ``origin`` is what its answers get as theirs; ``unchecked`` lets rows without their request pass."""

    file: Path
    origin: str
    compress: Compress
    unchecked: bool = False

    def parts(self) -> Iterator[Iterator[tuple[Any, ...]]]:
        """Rows of ``answer_rows.COLUMNS``, some at a time, so that the size of a file does not matter.

        InputError names the file and the row.
        """
        try:
            names = pq.read_schema(self.file).names
            if "request_key" in names and "request" not in names and not self.unchecked:
                raise self._unknown("the transcript", str(self.file))
            first = 1
            for batch in bounded.batches(self.file, ROWS):
                # Text that is no UTF-8 would end polars, and not in an exception of Python's.
                batch.validate(full=True)
                part = self._conforming(_with_newer(pl.DataFrame(batch)), first)
                yield self._rows(part, first)
                first += part.height
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _refused(f"not a readable transcript: {error}", str(self.file)) from error

    def _conforming(self, part: pl.DataFrame, first: int) -> pl.DataFrame:
        try:
            return conform(Transcripts, part, where=str(self.file))
        except InputError:
            # Halved until the row is found that makes it no table. That a key is there twice shows in no row alone.
            low, high = 0, part.height
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _conforms(part[low:middle]) else (low, middle)
            conform(Transcripts, part[low:high], where=f"{self.file}, row {first + low}")
            raise

    def _rows(self, part: pl.DataFrame, first: int) -> Iterator[tuple[Any, ...]]:
        moments = part.with_columns(pl.col("recorded_at").cast(pl.Int64))
        for number, row in enumerate(moments.iter_rows(named=True), start=first):
            if row["status"] != "failed":
                yield self._row(row, f"{self.file}, row {number}")

    def _row(self, row: dict[str, Any], where: str) -> tuple[Any, ...]:
        request = self._request(row, where)
        about = None if request is None else _about(row, request, where)
        if wrong := problem(about, row["status"], row["text"]):
            raise _refused(wrong, where)
        if not EARLIEST <= row["recorded_at"] < LATEST:
            year = 1970 + round(row["recorded_at"] / 31_556_952_000)
            raise _refused(f"it was recorded in the year {year}: this is no transcript of a run", where)
        known = row | {"key": bytes.fromhex(row["request_key"]), "attempts": 1, "origin": self.origin}
        said = tuple(known[name] for name in _SAID)
        return answer_rows.whole(said, (row["subject"], STAGE, *_place(row)), request, self.compress)

    def _request(self, row: dict[str, Any], where: str) -> bytes | None:
        request = row["request"]
        if request is None and not self.unchecked:
            raise self._unknown(f"the answer under key {row['request_key'][:12]}", where)
        return None if request is None else str(request).encode()

    def _unknown(self, what: str, where: str) -> InputError:
        return InputError(
            f"{what} comes without its request: its key cannot be computed anew, and nobody can tell what was asked",
            where=where,
            remedy="have it exported again by this version of ValAct; or, where you trust who made it, take it out of "
            f"the folder and into the store as it is: `valact responses import --unchecked {self.file.name}`",
        )


def asked(key: str, request: bytes) -> Asked:
    """A request once its bytes are those of the key; ValueError says why not."""
    if hashlib.sha256(request).hexdigest() != key:
        raise ValueError("its hash is not the key")
    fields: dict[str, Any] = msgspec.json.decode(request)
    if missing := set(IN_KEY) - set(IN_KEY_WHERE_SET) - set(fields):
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    about = msgspec.convert(fields, Asked)
    if about.schema is not None:
        check(about.schema)
    return about


def problem(about: Asked | None, status: str, text: str) -> str | None:
    """What is wrong with an answer that was recorded with this status, None where nothing is."""
    if status != "ok":
        return None
    if not text.strip():
        return "its status is ok, but it is empty"
    if about is not None and about.schema is not None and (wrong := loosened(about.schema).problem(text)):
        return f"its status is ok, but its text is not what was asked for: {wrong}"
    return None


def _about(row: dict[str, Any], request: bytes, where: str) -> Asked:
    try:
        about = asked(row["request_key"], request)
    except (ValueError, RecursionError) as error:
        key = row["request_key"][:12]
        raise _refused(f"the request of the answer under key {key} cannot be used: {error}", where) from error
    if (its := (about.provider, about.base_url, about.model)) != _place(row):
        raise _refused(f"its columns say {' '.join(_place(row))}, its request {' '.join(its)}", where)
    return about


def _place(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["provider"], row["base_url"], row["model"]


def _with_newer(part: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in _NEWER if name not in part.columns]
    return part.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)


def _conforms(part: pl.DataFrame) -> bool:
    try:
        conform(Transcripts, part, where="")
    except InputError:
        return False
    return True


def _refused(why: str, where: str) -> InputError:
    return InputError(
        why, where=where, remedy="put back the file as it was released, or take it out of the folder"
    )
