"""Fuzz targets: everything that reads what others made, fed with damaged examples of it.

    PYTHONPATH=tests python -m services.fuzz --seconds 600 [TARGET...]

Each target takes bytes and may end in a ValActError, which is a message, or in nothing. Anything else is a defect, and
printed with the bytes that brought it about. Inputs are examples with bytes flipped, cut, doubled and replaced by what
readers stumble over, drawn from a seed; the suite runs every target for some seconds (tests/test_fuzz.py).
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import params as settings
from pipeline.annotation import rounds
from pipeline.core.documents import parse_json, parse_yaml
from pipeline.core.errors import ValActError
from pipeline.core.visible import visible
from pipeline.engine import transcripts
from pipeline.engine.answer_rows import EARLIEST
from pipeline.engine.store import Store
from pipeline.filter.text import scenario_text
from pipeline.people import files as people
from pipeline.reddit.ids import read_ids
from pipeline.reddit.post import normalise
from pipeline.release import manifest, tombstones
from pipeline.tables import Transcripts
from pipeline.takedown.pending import FILE as PENDING
from pipeline.takedown.pending import Pending
from pipeline.verify import documents
from pipeline.withdrawn.register import REGISTER, Register
from services.runs import example_request

Target = Callable[[bytes, Path], object]
# What readers stumble over.
TOKENS = [
    *(
        b"[" * 3000,
        b'{"a":' * 3000,
        b"9" * 5000,
        b"1e999",
        b"NaN",
        b"null",
        b"true",
        b"-0",
        b'"',
        b"\\",
        b"\\u0000",
    ),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\x1b]52;c;YQ==\x07",
        "\u202e".encode(),
        b"\r",
        b"\n",
    ),
    *(
        b"../../../x",
        b"/etc/passwd",
        b"&a [*a]",
        b"!!python/object:os.system",
        b"=1+1",
        b",",
        b";",
        b"\t",
        b"'",
        b"--",
    ),
    *(b"</post>", b"x" * 40_000, "١٢".encode(), b"2026-13-45", b"287168-01-01", b"[]", b"{}", b"()" * 2000),
]

POST = {
    "id": "1abc",
    "subreddit": "college",
    "created_utc": 1614882000,
    "title": "T",
    "selftext": "b &amp; c",
    "author": "a",
}
MANIFEST = {
    "name": "ValAct", "version": "1.0.0", "schema_version": 1, "sample": True, "text": "include",
    "masking": {}, "validated": False, "missing": [], "figures": {}, "configs": {"a": {"rows": 1, "sha256": "0"}},
}  # fmt: skip
TASK = {
    "data": {"item_id": "i1"},
    "annotations": [
        {"id": 1, "completed_by": 2, "result": [{"type": "choices", "value": {"choices": ["a"]}}]}
    ],
}
ANSWERS = {
    "format": people.FORMAT, "participant": "p", "form": "f001", "design": "d",
    "items": [{"item": "i0123456789ab", "answer": 3, "seconds": 1.5, "options": None}],
}  # fmt: skip
CSV = "participant,i0123456789ab,seconds_i0123456789ab\np1,3,1.5\n"
ROW = {"id": "0" * 32, "date": "2026-01-01", "reason": "deleted", "what": "scenario"}


def _a_post(data: bytes, folder: Path) -> object:
    raw = parse_json(data.decode(errors="replace"), where="post")
    row = normalise(raw) if isinstance(raw, dict) else None
    return scenario_text(row["title"], row["body"]) if isinstance(row, dict) else None


def _file(name: str, read: Callable[[Path], object]) -> Target:
    """A target that reads the bytes from a file of that name."""

    def target(data: bytes, folder: Path) -> object:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return read(path)

    return target


def _a_transcript(data: bytes, folder: Path) -> object:
    (folder / "t.parquet").write_bytes(data)
    store = Store(folder / "store.sqlite")
    try:
        return transcripts.take_in(folder / "t.parquet", store)
    finally:
        store.close()


def _a_croissant(data: bytes, folder: Path) -> object:
    return [*documents._fetched(parse_json(data.decode(errors="replace"), where="croissant.json"))]


def _transcript() -> bytes:
    request = example_request()
    row = {
        "request_key": request.key, "subject": "1abc", "provider": request.provider, "base_url": request.base_url,
        "model": request.model, "served_model": None, "status": "ok", "text": "true", "finish_reason": None,
        "error": None, "input_tokens": 1, "cached_tokens": 0, "output_tokens": 1, "recorded_at": EARLIEST,
        "origin": "live", "request": request.canonical_json().decode(),
    }  # fmt: skip
    table = pa.Table.from_pylist([row]).cast(Transcripts.create_empty().to_arrow().schema)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _json(content: object) -> list[bytes]:
    return [json.dumps(content).encode()]


def targets() -> dict[str, tuple[Target, list[bytes]]]:
    """Each target with its seeds."""
    params = settings.PROFILES / "sample.yaml"
    return {
        "post": (_a_post, _json(POST)),
        "ids": (_file("ids.txt", read_ids), [b"1abc\nhttps://redd.it/1abc\nt3_1abc\n"]),
        "answers": (
            _file("a.json", lambda path: people.read_files([path], "participant")),
            [*_json(ANSWERS), CSV.encode()],
        ),
        "export": (
            lambda data, _: rounds.exported(
                parse_json(data.decode(errors="replace"), where="x"), "r", "k", where="x"
            ),
            _json([TASK]),
        ),
        "round": (
            _file("rounds/r.json", rounds.read),
            _json(
                {
                    "format": rounds.FORMAT,
                    "round": "r",
                    "key_check": "k",
                    "annotations": [{"annotation": "1"}],
                }
            ),
        ),
        "manifest": (_file(manifest.FILE, lambda path: manifest.read(path.parent)), _json(MANIFEST)),
        "tombstones": (_file(tombstones.FILE, lambda path: tombstones.read(path.parent)), _json([ROW])),
        "register": (
            _file(REGISTER.as_posix(), lambda path: Register.open(path.parent.parent)),
            [f"key_mark: '0'\ntakedowns:\n  - {json.dumps(ROW)}\n".encode()],
        ),
        "pending": (
            _file(PENDING.as_posix(), lambda path: Pending.read(path.parent.parent)),
            _json({"stages": [], "posts": ["1abc"], "shown": {"items": ["i1"]}}),
        ),
        "params": (
            lambda data, _: settings.parse(parse_yaml(data.decode(errors="replace"), where="p"), where="p"),
            [params.read_bytes()],
        ),
        "transcript": (_a_transcript, [_transcript()]),
        "croissant": (_a_croissant, _json({"@context": {"a": "b"}, "distribution": [{"@type": "x"}]})),
        "terminal": (lambda data, _: visible(data.decode(errors="replace")), [b"model \x1b[31m"]),
    }


def damaged(seed: bytes, draw: random.Random) -> bytes:
    """The seed with one to four things done to it."""
    data = bytearray(seed)
    for _ in range(draw.randint(1, 4)):
        at, to = sorted(draw.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + draw.choice((1, 8, 200)))
        match draw.randrange(5):
            case 0:
                data[at:to] = bytes(draw.randrange(256) for _ in range(to - at))
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = data[at:to] * draw.choice((1, 2, 50))
            case _:
                data[at:to] = draw.choice(TOKENS)
    return bytes(data)


def fuzz(
    name: str, seconds: float, seed: int = 0, most: int | None = None
) -> tuple[int, list[tuple[bytes, str]]]:
    """How many inputs a target was given in that time, and the defects: the input and its traceback."""
    target, seeds = targets()[name]
    draw, ends, count = random.Random(f"{name} {seed}"), time.monotonic() + seconds, 0
    defects: list[tuple[bytes, str]] = []
    while time.monotonic() < ends and len(defects) < 3 and (most is None or count < most):
        data = damaged(draw.choice(seeds), draw)
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                target(data, Path(folder))
            except ValActError:
                continue
            except Exception:
                defects.append((data, traceback.format_exc()))
    return count, defects


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="TARGET", help=f"of {', '.join(targets())}; all where none is named"
    )
    parser.add_argument("--seconds", type=float, default=10, help="a target")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = 0
    for name in asked.names or targets():
        count, defects = fuzz(name, asked.seconds, asked.seed)
        found += len(defects)
        print(f"{name:12} {count:10,} inputs, {len(defects)} defects", flush=True)
        for data, trace in defects:
            print(f"{data[:400]!r}\n{trace}")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
