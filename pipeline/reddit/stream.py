"""The bytes of a dump, decompressed in a thread of its own while the caller looks at what came before.

Zstandard and zlib release Python's lock while they work, so that reading and looking share two cores. What
waits between the two is bounded, whatever the size of the file and however well it was compressed.
"""

from __future__ import annotations

import queue
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import zstandard

from pipeline.core.errors import InputError
from pipeline.reddit.files import File

# Dumps are written with windows of up to 2 GiB (zstd --ultra --long=31); the library allows 128 MiB.
MAX_WINDOW = 2**31
# A chunk of about this size is long enough to make the hand-over cheap, and short enough for the cache.
CHUNK_BYTES = 1 << 20
CHUNKS_WAITING = 4
# The least input taken at once, and the first, because nobody knows yet how far it expands (up to 32,000 times).
LEAST_READ = 1 << 10
# How long a thread may keep Python's lock from the other, in seconds; the usual 5 ms is longer than a chunk takes.
SWITCH_SECONDS = 0.0005

ZSTD_MAGIC = (b"\x28\xb5\x2f\xfd", *(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60)))
GZIP_MAGIC = b"\x1f\x8b"


class Broken(Exception):
    """The compressed data ends or turns bad in the middle; what came before was handed out."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def compression(file: File) -> str:
    """How a file is compressed, by its first bytes: ``zstd``, ``gzip`` or ``none``.

    Raises InputError for an empty file and for one whose bytes are not what its name says.
    """
    with file.open() as stream:
        head = stream.read(4)
    if not head:
        raise InputError("the file is empty", where=str(file), remedy="download it again or take it away")
    found = "zstd" if head.startswith(ZSTD_MAGIC) else "gzip" if head.startswith(GZIP_MAGIC) else "none"
    named = {".zst": "zstd", ".zstd": "zstd", ".gz": "gzip"}.get(file.suffix.lower(), found)
    if named != found:
        raise InputError(
            f"the name says {named}, but the file does not begin like one",
            where=str(file),
            remedy="check the download (an error page, perhaps?) or correct the name",
        )
    return found


def decompressed(file: File, advance: Callable[[int], object]) -> Iterator[bytes]:
    """Non-empty chunks of the file's content, in order; ``advance`` is told the bytes taken from the file.

    Frames and gzip members that follow one another are read as one. Raises Broken after the last good
    chunk where the file ends inside a frame or holds bytes that are none.
    """
    chunks: queue.Queue[bytes | BaseException | None] = queue.Queue(CHUNKS_WAITING)
    stopped = threading.Event()

    def hand_over(item: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                chunks.put(item, timeout=0.2)
                break

    def produce() -> None:
        try:
            kind = compression(file)
            with file.open() as stream:
                for chunk in _chunks(stream, kind, advance):
                    hand_over(chunk)
                    if stopped.is_set():
                        return
            hand_over(None)
        except BaseException as error:  # handed to the reader, who raises it
            hand_over(error)

    thread = threading.Thread(target=produce, name=f"read {file.name}", daemon=True)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    thread.start()
    try:
        while (item := chunks.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
        sys.setswitchinterval(usual)


def _chunks(file: BinaryIO, kind: str, advance: Callable[[int], object]) -> Iterator[bytes]:
    if kind == "none":
        while data := file.read(CHUNK_BYTES):
            advance(len(data))
            yield data
        return
    new_frame = _frames(kind)
    frame: Any = None
    size = LEAST_READ
    taken = 0
    while data := file.read(size):
        taken += len(data)
        advance(len(data))
        produced = 0
        rest = data
        while rest:
            frame = frame or new_frame()
            try:
                chunk = frame.decompress(rest)
            except (zstandard.ZstdError, zlib.error) as error:
                raise Broken(
                    "corrupt", f"the compressed data is damaged before byte {taken:,} of the file ({error})"
                ) from None
            rest = frame.unused_data
            if frame.eof:
                frame = None
            if chunk:
                produced += len(chunk)
                yield chunk
        # The next piece is sized by how far this one expanded, so that its content fills about a chunk.
        expansion = max(produced, 1) / len(data)
        size = min(max(int(CHUNK_BYTES / expansion), LEAST_READ), CHUNK_BYTES, size * 4)
    if frame is not None:
        raise Broken("truncated", f"the compressed data stops in the middle, at byte {taken:,} of the file")


def _frames(kind: str) -> Callable[[], Any]:
    """Makes decompressors for one frame each, with ``decompress``, ``eof`` and ``unused_data``."""
    if kind == "gzip":
        return lambda: zlib.decompressobj(wbits=31)
    context = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    return lambda: context.decompressobj(write_size=CHUNK_BYTES)
