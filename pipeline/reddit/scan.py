"""One dump file, read once: the wanted submissions go to a part, everything else is counted.

Most lines of a dump are about other subreddits. Such a line is told by two searches at the speed of C, for its
end and for its ``"subreddit"`` key, and never parsed; only lines that name a wanted subreddit, and lines that do
not look like a submission at all, reach the JSON decoder.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

import msgspec

from pipeline.core.errors import InputError
from pipeline.reddit.files import File
from pipeline.reddit.parts import Part, PartWriter, Tally
from pipeline.reddit.post import RawPost, Rejected, normalise
from pipeline.reddit.stream import Broken, decompressed

# Reddit's longest submissions are far below; a file with a longer line is not one JSON object a line.
MAX_LINE = 64 << 20
# So many lines without a single JSON object among them: whatever it is, it is no dump.
HOPELESS_LINES = 100

KEY = b'"subreddit":"'
_SUBREDDIT = re.compile(rb'"subreddit"\s*:\s*"([^"\\]*)"')
_OPEN, _CLOSE = b"{}"

_decode = msgspec.json.Decoder(RawPost).decode


@dataclass(frozen=True)
class Wanted:
    """Which submissions are taken: subreddits (lower case to spelling), and where set, ids, times and scores.

    A post whose score the dump does not hold is not outside any limit.
    """

    subreddits: Mapping[str, str]
    first: dt.datetime | None = None
    before: dt.datetime | None = None
    min_score: int | None = None
    max_score: int | None = None
    ids: frozenset[str] | None = None

    def refuses(self, row: dict[str, Any]) -> str | None:
        """The reason code for a row of a wanted subreddit that is not taken."""
        if self.ids is not None and row["post_id"] not in self.ids:
            return "other_post"
        at, score = row["created_at"], row["score"]
        if (self.first and at < self.first) or (self.before and at >= self.before):
            return "outside_dates"
        if score is not None and (
            (self.min_score is not None and score < self.min_score)
            or (self.max_score is not None and score > self.max_score)
        ):
            return "outside_score"
        return None


def scan(file: File, source: str, wanted: Wanted, part: Path, advance: Callable[[int], object]) -> Part:
    """Reads one dump into the Parquet file ``part``; ``advance`` is told the compressed bytes taken.

    A bad line, and the point where a broken file stops, are ledger rows. Raises InputError for a file that
    holds something else than submissions, one JSON object a line.
    """
    with PartWriter(part) as posts:
        lines = _Lines(file, source, wanted, posts)
        broken = None
        try:
            for chunk in decompressed(file, advance):
                lines.feed(chunk)
        except Broken as error:
            broken = error
        lines.close(broken)
    return Part(source, part, lines.records, posts.lines, lines.tally.rows())


class _Lines:
    """Takes a file's content in chunks; counts every line that is not blank as one record."""

    def __init__(self, file: File, source: str, wanted: Wanted, posts: PartWriter) -> None:
        self.file = file
        self.wanted = wanted
        self.posts = posts
        self.tally = Tally(source)
        self.records = 0
        self._line = 0  # of the file, blank ones included
        self._objects = 0  # records that were a JSON object, or looked like one
        self._rest = b""
        self._subreddits = frozenset(name.encode() for name in wanted.subreddits)

    def feed(self, chunk: bytes) -> None:
        head = chunk.find(b"\n") + 1
        if head:
            # Only the line that spans two chunks is copied; the others are searched in place.
            first = self._rest + chunk[:head]
            self._read(first, 0, len(first))
            tail = chunk.rfind(b"\n") + 1
            self._read(chunk, head, tail)
            self._rest = chunk[tail:]
        else:
            self._rest += chunk
        if len(self._rest) > MAX_LINE:
            self._hopeless(f"line {self._line + 1:,} is longer than {MAX_LINE >> 20} MiB")

    def close(self, broken: Broken | None) -> None:
        """The line after the last newline, and the place where the file broke off, if it did."""
        last = _object(self._rest)
        if isinstance(last, Rejected) and last.reason == "bad_json":
            broken = broken or Broken("truncated", "the last line stops in the middle")
        elif last is not None:
            self._line += 1
            self._examine(self._rest)
        if self._objects == 0 and self.records:
            self._hopeless(f"none of its {self.records:,} lines holds a JSON object")
        if broken:
            self.records += 1
            self.tally.line(
                broken.reason, self._line + 1, f"{broken.detail}; {self._line:,} lines before it were read"
            )

    def _read(self, data: bytes, start: int, stop: int) -> None:
        """Looks at the whole lines in ``data[start:stop]``, which ends with a newline.

        The bytes of ``KEY`` are a key: inside a JSON string the quotes would be escaped. If no brace closes between
        the last of them and the line's own end, it is the object's own key, and the line need not be parsed
        when its subreddit is not wanted.
        """
        find, rfind, subreddits = data.find, data.rfind, self._subreddits
        line, others = self._line, 0
        while start < stop:
            end = find(b"\n", start, stop)
            line += 1
            if data[start] == _OPEN and data[end - 1] == _CLOSE and (key := rfind(KEY, start, end)) >= 0:
                name = key + len(KEY)
                if find(b"}", name, end - 1) < 0:
                    other = data[name : find(b'"', name, end)].lower() not in subreddits
                else:
                    other = self._names_none_wanted(data[start:end])
                if other:
                    others += 1
                    start = end + 1
                    continue
            self._line = line
            self._examine(data[start:end])
            start = end + 1
        self._line = line
        self._objects += others
        self.records += others
        self.tally.count("other_subreddit", others)

    def _names_none_wanted(self, text: bytes) -> bool:
        """Whether no subreddit that the line names is wanted: a cross-post holds its own and its parent's."""
        names = _SUBREDDIT.findall(text)
        return len(names) == text.count(b'"subreddit"') and not any(
            name.lower() in self._subreddits for name in names
        )

    def _examine(self, text: bytes) -> None:
        raw = _object(text)
        if isinstance(raw, dict):
            self._take(raw)
        elif raw is not None:
            self.records += 1
            self.tally.line(raw.reason, self._line, raw.detail)
            if self.records == HOPELESS_LINES and self._objects == 0:
                self._hopeless(f"none of its first {HOPELESS_LINES} lines holds a JSON object")

    def _take(self, raw: RawPost) -> None:
        self.records += 1
        self._objects += 1
        subreddit = raw.get("subreddit")
        if isinstance(subreddit, str) and subreddit.lower() not in self.wanted.subreddits:
            self.tally.count("other_subreddit")
            return
        row = normalise(raw, self.wanted.subreddits)
        if isinstance(row, Rejected):
            self.tally.line(row.reason, self._line, row.detail, row.post_id)
        elif reason := self.wanted.refuses(row):
            self.tally.count(reason)
        else:
            self.posts.add(row, self._line)

    def _hopeless(self, message: str) -> NoReturn:
        raise InputError(
            f"not a submission dump: {message}",
            where=str(self.file),
            remedy="one JSON object a line is read (NDJSON), plain or compressed with zstd or gzip",
        )


def _object(text: bytes) -> RawPost | Rejected | None:
    """The fields of ``RawPost`` in a line; None for a blank one."""
    try:
        return _decode(text)
    except msgspec.ValidationError:
        return Rejected("not_an_object", "the line is no JSON object")
    except (msgspec.DecodeError, RecursionError) as error:
        problem = str(error)
    if not text.strip():
        return None
    try:
        # Python's own decoder takes what msgspec refuses and Reddit has served: half a surrogate pair.
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return Rejected("bad_json", problem)
    if not isinstance(raw, dict):
        return Rejected("not_an_object", "the line is no JSON object")
    return cast(RawPost, raw)
