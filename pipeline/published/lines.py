"""The lines of a text file, whatever its encoding and line ends, in bounded memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# No file of results comes near these: 3,000 scenarios under five wordings have 15 MB, a line some kB.
MOST_BYTES = 256_000_000
LONGEST_LINE = 16_000_000
_CHUNK = 1 << 20
# UTF-16 is kept as UTF-8.
_OF = {"utf-8": "utf-8", "gb18030": "gb18030", "utf-16": "utf-8"}
POINTER = b"version https://git-lfs"


class Unusable(Exception):
    """A file that is not read: a reason of ``problems.REASONS`` and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Text:
    """The bytes of a file and how they are to be read. Lines end with LF or CR LF, or with CR where a file has hardly
    any other: the answers inside may hold any other separator."""

    content: bytes
    encoding: str

    def lines(self) -> Iterator[tuple[int, str | None]]:
        """Number, from 1, and text of each line that is not blank; None for a line that is too long."""
        for number, line in enumerate(io.BytesIO(self.content), start=1):
            if len(line) > LONGEST_LINE:
                yield number, None
            elif line.strip():
                yield number, line.rstrip(b"\r\n").decode(_OF[self.encoding])

    def count(self) -> int:
        return self.content.count(b"\n") + (not self.content.endswith(b"\n") and bool(self.content))


def read_text(path: Path) -> Text:
    """UTF-8, else GB 18030, in which Chinese files are often saved; UTF-16 with its mark. Raises Unusable."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Unusable("too_large", f"{size / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are read")
    return text_of(path.read_bytes())


def text_of(content: bytes) -> Text:
    """The same of bytes at hand. Raises Unusable."""
    if content.startswith(POINTER):
        raise Unusable("missing_file", "a pointer of Git LFS; fetch the file with `git lfs pull`")
    encoding = "utf-8"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            content, encoding = content.decode("utf-16").encode(), "utf-16"
        except UnicodeError:
            raise Unusable("encoding_unreadable", "neither UTF-8, GB 18030 nor UTF-16") from None
    content = content.removeprefix(codecs.BOM_UTF8)
    if encoding == "utf-8" and not _decodes(content, "utf-8"):
        encoding = "gb18030"
        if not _decodes(content, encoding):
            raise Unusable("encoding_unreadable", "neither UTF-8, GB 18030 nor UTF-16")
    lone = content.count(b"\r") - content.count(b"\r\n")
    if lone > content.count(b"\n"):
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Text(content, encoding)


def _decodes(content: bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for at in range(0, len(content), _CHUNK):
            decoder.decode(content[at : at + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
