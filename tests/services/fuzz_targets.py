"""What is fuzzed: a reader of each kind of thing that others make, and sound examples of it.

Each target takes bytes and may end in a ValActError, which is a message, or in nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipeline import params as settings
from pipeline import verify as verification
from pipeline.administer import parsing
from pipeline.annotation import exports, rounds
from pipeline.answers.readers import inspect_log, lm_eval, tables
from pipeline.coordination import background
from pipeline.core.documents import parse_json, parse_yaml
from pipeline.core.errors import ValActError
from pipeline.core.visible import visible
from pipeline.engine import transcripts
from pipeline.engine.answer_rows import EARLIEST
from pipeline.engine.response import decide
from pipeline.engine.schema import schema_of
from pipeline.engine.store import Store
from pipeline.engine.wire import chat
from pipeline.engine.wire.outcomes import CallFailed
from pipeline.filter.text import scenario_text
from pipeline.params.validation import Background
from pipeline.people import files as people
from pipeline.reddit import archive
from pipeline.reddit.ids import read_ids
from pipeline.reddit.parts import PARTS, Tally, join, workspace
from pipeline.reddit.post import normalise
from pipeline.reddit.scan import Wanted
from pipeline.release import changes, manifest, tombstones
from pipeline.scrape.records import read_records
from pipeline.tables import Transcripts
from pipeline.takedown.pending import FILE as PENDING
from pipeline.takedown.pending import Pending
from pipeline.verify import documents
from pipeline.withdrawn.register import REGISTER, Register
from services.built_release import built_release
from services.chat import completion
from services.finished_run import run_params
from services.runs import example_request

Target = Callable[[bytes, Path], object]
Seeds = list[bytes] | Callable[[], list[bytes]]
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
RATER = {
    "data": {"item_id": background.ITEM},
    "annotations": [
        {
            "completed_by": {"id": 2},
            "updated_at": "2026",
            "result": [{"from_name": name, "value": {"choices": ["1"]}} for name in Background().questions],
        }
    ],
}
SAMPLE = {
    "doc": {"question_id": "s1.q1", "options": ["a", "b", "c", "d"], "prompt": "ab"},
    "resps": [["ANSWER: B"]],
}
LOG = {
    "header.json": {
        "eval": {"task": "valact_default", "model": "m", "model_generate_config": {"temperature": 0.0}}
    },
    "samples/1_epoch_1.json": {
        "id": "1",
        "metadata": {"question_id": "s1.q1"},
        "choices": ["a", "b", "c", "d"],
        "output": {"choices": [{"message": {"content": "ANSWER: C"}}]},
    },
}
ANSWERS = {
    "format": people.FORMAT, "participant": "p", "form": "f001", "design": "d",
    "items": [{"item": "i0123456789ab", "answer": 3, "seconds": 1.5, "options": None}],
}  # fmt: skip
CSV = "participant,i0123456789ab,seconds_i0123456789ab\np1,3,1.5\n"
VOTE = {
    "name": "vote",
    "schema": {
        "type": "object",
        "properties": {"vote": {"type": "string", "enum": ["yes", "no"]}},
        "required": ["vote"],
        "additionalProperties": False,
    },
}
ANSWER = ['{"vote": "yes"}', '```json\n{"vote": "No"}\n```', "B", '{"1": 3, "2": 6, "3": 1}']
ROW = {"id": "0" * 32, "date": "2026-01-01", "reason": "deleted", "what": "scenario"}


def _a_post(data: bytes, folder: Path) -> object:
    raw = parse_json(data.decode(errors="replace"), where="post")
    row = normalise(raw) if isinstance(raw, dict) else None
    return scenario_text(row["title"], row["body"]) if isinstance(row, dict) else None


def _a_log() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed:
        for name, content in LOG.items():
            packed.writestr(name, json.dumps(content))
    return whole.getvalue()


def _a_table() -> bytes:
    whole = io.BytesIO()
    pl.DataFrame({"respondent": ["me"], "question_id": ["s1.q1"], "letter": ["B"]}).write_parquet(whole)
    return whole.getvalue()


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


def _a_reply(data: bytes, _: Path) -> object:
    """A provider's answer, decided on, and read by every reader of answers."""
    try:
        reply = chat.read_reply(data)
    except CallFailed:
        return None
    asked = example_request(schema=schema_of(VOTE))
    answer = decide(asked, reply)
    free = decide(example_request(schema=None), reply)
    parsing.read_letter(free, "ABCD")
    parsing.read_scale(free, ["1", "2", "3"], range(1, 7))
    return answer.status == "ok" and asked.schema is not None and asked.schema.read(answer.text)


def _a_dump(data: bytes, folder: Path) -> object:
    """Two dumps, one of them packed: every record is a post or has a row that says why not."""
    (folder / "in").mkdir()
    (folder / "in/a.ndjson").write_bytes(data)
    (folder / "in/b.zst").write_bytes(data)
    wanted = Wanted({"college": "college"})
    with workspace(folder / "out" / PARTS) as work:
        found, rows = archive.read([str(folder / "in")], wanted, work, 1)
        return join(found, rows, folder / "out")


def _a_release(data: bytes, folder: Path) -> object:
    """The third byte of what came says which file of a sound release is replaced by the rest."""
    sound = _sound_release()
    files = sorted(path for path in sound.rglob("*") if path.is_file())
    copy = Path(shutil.copytree(sound, folder / "copy"))
    (copy / files[data[0] % len(files) if data else 0].relative_to(sound)).write_bytes(data[1:])
    verification.verify(copy)
    for old, new in ((sound, copy), (copy, sound)):
        with contextlib.suppress(ValActError):
            changes.compare(old, new)
    return None


@functools.cache
def _sound_release() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="valact-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return built_release(folder / "run", folder / "valact-15k", run_params())


def _files_of_a_release() -> list[bytes]:
    sound = _sound_release()
    files = sorted(path for path in sound.rglob("*") if path.is_file())
    return [bytes([number]) + path.read_bytes() for number, path in enumerate(files)]


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


def targets() -> dict[str, tuple[Target, Seeds]]:
    """Each target with its seeds, or with what makes them."""
    params = settings.PROFILES / "sample.yaml"
    return {
        "post": (_a_post, _json(POST)),
        "ids": (_file("ids.txt", read_ids), [b"1abc\nhttps://redd.it/1abc\nt3_1abc\n"]),
        "answers": (
            _file("a.json", lambda path: people.read_files([path], "participant")),
            [*_json(ANSWERS), CSV.encode()],
        ),
        "export": (
            lambda data, _: exports.exported(
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
        "release": (_a_release, _files_of_a_release),
        "reply": (
            _a_reply,
            [msgspec.json.encode(completion({"model": "m"}, {"text": text})) for text in ANSWER],
        ),
        "dump": (
            _a_dump,
            [json.dumps(POST).encode() + b"\n", zstandard.compress(json.dumps(POST).encode() + b"\n")],
        ),
        "log": (_file("a.eval", inspect_log.read), [_a_log()]),
        "samples": (_file("samples_valact_default_2026-01-01.jsonl", lm_eval.read), _json(SAMPLE)),
        "table": (_file("t/choices.parquet", lambda path: tables.read(path.parent)), [_a_table()]),
        "raters": (
            lambda data, _: background.given(
                parse_json(data.decode(errors="replace"), where="x"), "k", Background(), where="x"
            ),
            _json([RATER]),
        ),
        "records": (
            _file("a.csv", lambda path: [*read_records(path, Tally("a"), lambda columns: None, "p")]),
            [b'category,title,text\nWork,T,"a ""b"" c"\n'],
        ),
        "terminal": (lambda data, _: visible(data.decode(errors="replace")), [b"model \x1b[31m"]),
    }
