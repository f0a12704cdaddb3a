"""Requests kept on disk, in order: how many of them there will be, nobody knows before the last one came."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import msgspec

from pipeline.engine.request import Request

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Request)


class Room:
    """The requests of one call to one model that wait for a batch, or to be too few for one. ``fresh`` counts
    those that are out in no batch yet."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the room
        self._count = self.fresh = 0

    def __len__(self) -> int:
        return self._count

    def add(self, request: Request, *, fresh: bool) -> None:
        self._file.seek(0, 2)
        self._file.write(_encoder.encode(request) + b"\n")
        self._count += 1
        self.fresh += fresh

    def __iter__(self) -> Iterator[Request]:
        """All of them. Nothing may be added meanwhile."""
        self._file.seek(0)
        for line in self._file:
            yield _decoder.decode(line)

    def close(self) -> None:
        self._file.close()
