"""The response store: nothing recorded is lost, replaced or asked for twice, whatever happens to the process."""

import datetime as dt
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from services.runs import example_request

from pipeline.core.errors import InputError
from pipeline.engine import answer_rows, store_file, transcripts
from pipeline.engine.request import Message
from pipeline.engine.response import Reply, Response, decide, failure
from pipeline.engine.schema import Schema
from pipeline.engine.store import Store
from pipeline.responses import records
from pipeline.responses.verify import check_answers
from pipeline.tables import Transcripts


def question(number, **changes):
    content = f"question {number}"
    given = {"messages": (Message("user", content),), "schema": None, "subject": f"post{number}"}
    return example_request(**{**given, **changes})


def answered(number, text=None, **changes):
    request = question(number, **changes)
    return request, decide(request, Reply(text=text or f"answer {number}", input_tokens=5, cached_tokens=1))


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "responses" / "store.sqlite")
    yield store
    store.close()


def test_what_is_recorded_is_found_as_it_was(store):
    pairs = [answered(number) for number in range(1200)]
    assert store.record(pairs, stage="judge") == pairs
    found = store.find([request.key for request, _ in pairs] + [question(-1).key])
    assert found == {request.key: response for request, response in pairs}


def test_every_field_of_a_response_survives(store):
    request = question(1)
    response = Response(
        request.key, "truncated", "té\x00xt", "length", "why", "served", 1, 2, 3, 4,
        dt.datetime(2026, 11, 21, 3, 4, 5, 678_000, tzinfo=dt.UTC), None, "live",
    )  # fmt: skip
    store.record([(request, response)], stage="s")
    assert store.find([request.key]) == {request.key: response}


def test_the_first_answer_stands(store):
    first = answered(1, "first")
    store.record([first], stage="judge")
    assert store.record([answered(1, "second"), answered(2)], stage="judge")[0][1].text == "first"
    assert store.find([first[0].key])[first[0].key].text == "first"


def test_a_failed_call_is_noted_but_is_no_answer(store):
    request = question(1)
    store.record([(request, failure(request, "HTTP 500", attempts=6))], stage="judge")
    assert store.find([request.key]) == {}
    with sqlite3.connect(store.path) as connection:
        rows = connection.execute("SELECT subject, stage, error, attempts FROM failures").fetchall()
    assert rows == [("post1", "judge", "HTTP 500", 6)]


def test_the_request_is_kept_beside_the_answer(store):
    request, response = answered(7)
    store.record([(request, response)], stage="judge")
    kept, shown = store.show(request.key)
    assert shown == response
    assert kept["messages"] == [{"role": "user", "content": "question 7"}]
    assert msgspec.json.encode(kept, order="sorted") == request.canonical_json()
    assert store.show(question(8).key) is None


def test_of_two_subjects_of_one_request_the_transcript_names_the_smaller(store, tmp_path):
    request, response = answered(1)
    store.record([(request, response)], stage="judge")
    for subject in ("b", "a", "c"):
        store.mark_used([(msgspec.structs.replace(request, subject=subject), response)])
    assert transcripts.table([store])["subject"].to_list() == ["a"]


def test_a_transaction_that_fails_leaves_nothing(store):
    good, (request, response) = answered(1), answered(2)
    broken = msgspec.structs.replace(response, text=object())
    with pytest.raises(TypeError):
        store.record([good, (request, broken)], stage="judge")
    assert store.find([good[0].key]) == {}
    store.record([good], stage="judge")
    assert store.find([good[0].key])


def test_an_answer_that_was_asked_for_here_takes_the_place_of_one_that_was_brought(store, tmp_path):
    """As when a batch comes home whose answers somebody has imported meanwhile."""
    request, own = answered(1, "own")
    transcripts.write([answered(1, "brought"), answered(2, "brought")], tmp_path / "theirs.parquet")
    assert transcripts.take_in(tmp_path / "theirs.parquet", store).added == 2
    assert store.find([request.key])[request.key].origin == "imported: theirs.parquet"
    ((_, recorded),) = store.record([(request, own)], stage="judge")
    assert (recorded.text, recorded.origin) == ("own", "live")
    assert [old.text for old in records.superseded(store, request.key)] == ["brought"]
    assert transcripts.take_in(tmp_path / "theirs.parquet", store).different == 1
    assert store.find([request.key])[request.key].text == "own"


@pytest.mark.parametrize(
    "change",
    [
        "text = 'altered'",
        "status = 'refused'",
        "output_tokens = 7",
        "recorded_at = recorded_at + 1",
        "origin = 'batch'",
    ],
)
def test_an_answer_that_was_changed_in_the_file_is_found_when_it_is_read(change, store):
    request, response = answered(1)
    store.record([(request, response)], stage="judge")
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"UPDATE answers SET {change}")
    with pytest.raises(InputError, match="its digest differs") as caught:
        store.find([request.key])
    assert request.key in caught.value.remedy
    with pytest.raises(InputError, match="its digest differs"):
        store.show(request.key)


@pytest.mark.parametrize("moment", [9_000_000_000_000_000, -1, "never"])
def test_a_moment_that_no_date_can_hold_is_one_error(moment, store):
    """Whoever changes a file on purpose can compute the digest anew."""
    request, response = answered(1)
    store.record([(request, response)], stage="judge")
    with sqlite3.connect(store.path) as connection:
        connection.create_function("answer_digest", -1, answer_rows.digest)
        connection.execute("UPDATE answers SET recorded_at = ?", [moment])
        connection.execute(f"UPDATE answers SET digest = answer_digest(extra, {answer_rows.SAID})")
    with pytest.raises(InputError, match="no moment of a run"):
        store.find([request.key])


def test_a_store_of_before_keeps_all_and_gets_origins_and_digests(tmp_path, monkeypatch):
    """Version 5: live, batched and brought answers, one that was set aside."""
    path = tmp_path / "store.sqlite"
    versions = store_file._VERSIONS
    monkeypatch.setattr(store_file, "_VERSIONS", versions[:5])
    monkeypatch.setattr(store_file, "SCHEMA_VERSION", 5)
    with closing(store_file.connect(path)) as old:
        store_file.prepare(old, path)
        for number, stage in enumerate(["judge", "transcript", "judge"]):
            request, response = answered(number)
            body = zstandard.compress(request.canonical_json()) if stage == "judge" else None
            old.execute(
                "INSERT INTO answers (key, subject, stage, provider, base_url, model, status, text, recorded_at, "
                f"request, extra, attempts) VALUES ({', '.join('?' * 11)}, 1)",
                [bytes.fromhex(request.key), request.subject, stage, request.provider, request.base_url, request.model,
                 response.status, response.text, answer_rows.milliseconds(response.recorded_at), body,
                 zstandard.compress(b'{"reasoning":"why"}')],
            )  # fmt: skip
        old.execute(
            "INSERT INTO batch_requests VALUES (?, 1, 'answered', NULL)", [bytes.fromhex(question(2).key)]
        )
    monkeypatch.undo()
    store = Store(path)
    found = store.find([question(number).key for number in range(3)])
    assert [(found[question(n).key].text, found[question(n).key].origin) for n in range(3)] == [
        ("answer 0", "live"), ("answer 1", "imported: a transcript"), ("answer 2", "batch"),
    ]  # fmt: skip
    assert store.show(question(0).key)[1].extra.reasoning == "why"
    assert [*check_answers(store)] == [[], [], []]
    store.close()


class TestFilesThatAreNoStore:
    def refused(self, path):
        with pytest.raises(InputError) as caught:
            Store(path).find([question(1).key])
        assert str(path) in str(caught.value)
        assert caught.value.remedy
        return str(caught.value)

    def test_not_a_database(self, tmp_path):
        path = tmp_path / "store.sqlite"
        path.write_bytes(b"hello, I am a text file" * 100)
        assert "damaged" in self.refused(path)

    def test_a_damaged_page(self, store, tmp_path):
        store.record([answered(number) for number in range(300)], stage="judge")
        store.close()
        path = tmp_path / "copy.sqlite"
        damaged = bytearray(store.path.read_bytes())
        damaged[4096:] = os.urandom(len(damaged) - 4096)
        path.write_bytes(damaged)
        assert "damaged" in self.refused(path)

    def test_somebody_elses_database(self, tmp_path):
        path = tmp_path / "other.sqlite"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (x)")
        assert "not a store" in self.refused(path)

    def test_a_newer_version(self, store):
        store.close()
        with sqlite3.connect(store.path) as connection:
            connection.execute("PRAGMA user_version = 99")
        assert "version 99" in self.refused(store.path)

    def test_a_folder_in_its_place(self, tmp_path):
        (tmp_path / "store.sqlite").mkdir()
        assert "cannot be read or written" in self.refused(tmp_path / "store.sqlite")


WRITER = """
import sys
from test_store import answered
from pipeline.engine.store import Store
store = Store(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    store.record([answered(number)], stage="judge")
    print(number, flush=True)
"""


def start_writer(store, first, last):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["tests", os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", WRITER, str(store), str(first), str(last)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_kill_9_loses_nothing_that_was_recorded(tmp_path, monkeypatch, root):
    monkeypatch.chdir(root)
    path, reached, chance = tmp_path / "store.sqlite", 0, random.Random(4)
    for _ in range(4):
        writer = start_writer(path, reached, 200)
        writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        writer.send_signal(signal.SIGKILL)
        told = writer.stdout.read().split()
        writer.wait()
        store = Store(path)
        known = [question(number).key for number in range(200)]
        found = store.find(known)
        store.close()
        reached = int(told[-1]) + 1 if told else reached + 1
        assert all(key in found for key in known[:reached])
        # The one in the air when the process died may have been recorded, no other.
        assert len(found) in (reached, reached + 1)


def test_two_processes_may_open_and_write_at_once(tmp_path, monkeypatch, root):
    monkeypatch.chdir(root)
    path = tmp_path / "store.sqlite"
    writers = [start_writer(path, first, first + 150) for first in (0, 100, 200)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    for writer in writers:
        writer.stdout.close()
    store = Store(path)
    assert len(store.find([question(number).key for number in range(400)])) == 350
    store.close()


def test_a_new_file_that_another_process_is_reading_is_waited_for(tmp_path):
    """SQLite refuses the change to WAL at once while somebody reads, whatever its timeout says."""
    path = tmp_path / "store.sqlite"
    with closing(store_file.connect(path)) as reader:
        reader.execute("CREATE TABLE other (x)")
        reader.execute(f"PRAGMA application_id = {store_file.APPLICATION_ID}")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM other").fetchone()
        done = threading.Timer(0.5, reader.execute, ["COMMIT"])
        done.start()
        with closing(store_file.connect(path)) as writer:
            store_file.into_wal(writer)
            assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        done.join()


class TestTranscripts:
    def test_what_is_written_is_read_as_recorded_answers(self, tmp_path):
        pairs = [answered(number) for number in range(10)]
        refused = (question(10), decide(question(10), Reply(refusal="no", served_model="x")))
        transcripts.write([*pairs, refused], tmp_path / "recorded" / "judge.parquet")
        index = transcripts.open_index(tmp_path / "recorded", beside=tmp_path / "store.sqlite")
        assert index.find([r.key for r, _ in [*pairs, refused]]) == {
            r.key: msgspec.structs.replace(a, origin="recorded: judge.parquet") for r, a in [*pairs, refused]
        }
        assert index.show(pairs[0][0].key)[0]["messages"] == [{"role": "user", "content": "question 0"}]
        index.close()

    def test_a_transcript_carries_its_requests(self, tmp_path):
        request, response = answered(1)
        table = transcripts.write([(request, response)], tmp_path / "t.parquet")
        assert table["request"].to_list() == [request.canonical_json().decode()]
        assert table["origin"].to_list() == ["live"]

    def test_failed_calls_are_not_written(self, tmp_path):
        request = question(1)
        table = transcripts.write([(request, failure(request, "x", 1)), answered(2)], tmp_path / "t.parquet")
        assert table["subject"].to_list() == ["post2"]

    def test_the_index_follows_the_folder(self, tmp_path):
        folder, beside = tmp_path / "recorded", tmp_path / "store.sqlite"

        def known():
            index = transcripts.open_index(folder, beside=beside)
            found = index.find([question(number).key for number in range(10)]) if index else {}
            if index:
                index.close()
            return sorted(response.text for response in found.values())

        assert known() == []
        transcripts.write([answered(1)], folder / "a.parquet")
        assert known() == ["answer 1"]
        transcripts.write([answered(1, "another"), answered(2)], folder / "b.parquet")
        assert known() == ["answer 1", "answer 2"]
        (folder / "a.parquet").unlink()
        assert known() == ["another", "answer 2"]

    def test_a_file_that_is_no_transcript(self, tmp_path):
        (tmp_path / "broken.parquet").write_bytes(b"PAR1 or not")
        with pytest.raises(InputError, match=r"broken\.parquet"):
            transcripts.open_index(tmp_path, beside=tmp_path / "store.sqlite")

    def test_a_table_of_something_else(self, tmp_path):
        pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "other.parquet")
        with pytest.raises(InputError, match=r"other\.parquet"):
            transcripts.open_index(tmp_path, beside=tmp_path / "store.sqlite")

    @pytest.mark.parametrize("year", [287168, 1, -5000])
    def test_a_moment_that_is_none(self, year, tmp_path, store):
        path = tmp_path / "recorded/t.parquet"
        table = transcripts.write([answered(1)], path)
        moment = (year - 1970) * 31_556_952_000
        table.with_columns(
            pl.lit(moment).cast(table.schema["recorded_at"]).alias("recorded_at")
        ).write_parquet(path)
        for read in (
            lambda: transcripts.open_index(path.parent, beside=tmp_path / "store.sqlite"),
            lambda: transcripts.take_in(path, store),
        ):
            with pytest.raises(InputError, match=r"t\.parquet, row 1.*in the year"):
                read()

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ({"request_key": "0" * 64}, "its hash is not the key"),
            ({"model": "another"}, "its columns say"),
            ({"text": " "}, "its status is ok, but it is empty"),
            ({"status": "fine"}, "not a valid Transcripts table"),
            ({"request": None}, "comes without its request"),
            ({"input_tokens": -1}, "not a valid Transcripts table"),
        ],
    )
    def test_a_row_that_no_run_can_have_recorded_is_told_by_file_and_row(self, row, said, tmp_path, store):
        path = tmp_path / "recorded/t.parquet"
        table = transcripts.write([answered(number) for number in range(5)], path)
        rows = [*table.rows(named=True)]
        rows[3] |= row
        pl.DataFrame(rows, schema=table.schema).write_parquet(path)
        for read in (
            lambda: transcripts.open_index(path.parent, beside=tmp_path / "store.sqlite"),
            lambda: transcripts.take_in(path, store),
        ):
            with pytest.raises(InputError, match=said) as caught:
                read()
            assert caught.value.where.endswith("t.parquet, row 4")
        assert not [*store.rows("SELECT 1 FROM answers")]

    def test_a_schema_of_others_can_be_anything(self, tmp_path, store):
        for body in ('{"type": "object", "properties": 5}', '{"items":' * 3000 + "{}" + "}" * 3000):
            request = question(1, schema=Schema("x", body))
            path = tmp_path / "t.parquet"
            pair = request, msgspec.structs.replace(answered(1)[1], key=request.key)
            transcripts.write([pair], path)
            with pytest.raises(InputError, match=r"t\.parquet, row 1"):
                transcripts.take_in(path, store)

    def test_transcripts_of_before_are_refused_unless_somebody_vouches_for_them(self, tmp_path, store):
        request, response = answered(1)
        table = transcripts.write([(request, response)], tmp_path / "old.parquet")
        table.drop("request", "origin").write_parquet(tmp_path / "old.parquet")
        with pytest.raises(InputError, match="comes without its request") as caught:
            transcripts.take_in(tmp_path / "old.parquet", store)
        assert "--unchecked" in caught.value.remedy
        assert transcripts.take_in(tmp_path / "old.parquet", store, unchecked=True).added == 1
        assert store.find([request.key])[request.key].origin == "imported: old.parquet"

    def test_text_that_is_no_text_is_one_error(self, tmp_path, store):
        """A damaged file; polars would end the process."""
        table = transcripts.write([answered(1)], tmp_path / "t.parquet").to_arrow()
        broken = pa.LargeStringArray.from_buffers(
            1, pa.py_buffer(b"\0" * 8 + b"\2" + b"\0" * 7), pa.py_buffer(b"\xc2\xc2")
        )
        table = table.set_column(table.schema.get_field_index("text"), "text", broken)
        pq.write_table(table, tmp_path / "t.parquet")
        with pytest.raises(InputError, match="not a readable transcript"):
            transcripts.take_in(tmp_path / "t.parquet", store)

    def test_a_transcript_of_nothing_is_a_table_too(self, store):
        table = transcripts.table([store])
        assert table.is_empty()
        assert table.columns == Transcripts.column_names()
