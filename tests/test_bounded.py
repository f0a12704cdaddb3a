"""Small Parquet files that would take gigabytes, wherever those of others are read."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.runs import example_request

from pipeline.answers.readers import tables
from pipeline.core.errors import InputError
from pipeline.engine import transcripts
from pipeline.engine.response import Reply, decide
from pipeline.engine.store import Store
from pipeline.release import changes
from pipeline.release.files import write_parquet
from pipeline.tables import bounded, footer

LONG = "x" * 1_000_000
BOMBS = {
    "one text again and again": pa.table({"text": pa.array([LONG])}),
    "in lists": pa.table({"options": pa.array([[LONG] * 20])}),
    "in structs in lists": pa.table({"options": pa.array([[{"text": LONG}] * 20])}),
}


@pytest.fixture(params=BOMBS)
def bomb(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bounded, "MOST_BYTES", 40_000_000)
    path = tmp_path / "scenarios/test.parquet"
    path.parent.mkdir()
    table = pa.concat_tables([BOMBS[request.param]] * 60)
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=10**9)
    assert path.stat().st_size < 20_000
    return path


def test_it_is_not_read(bomb: Path) -> None:
    with pytest.raises(InputError, match="in memory"):
        bounded.read(bomb)


def test_nor_where_versions_are_compared(bomb: Path) -> None:
    with pytest.raises(InputError, match="in memory"):
        changes._ids(bomb.parents[1], "scenarios", "text", None)


def test_nor_where_answers_are_imported(bomb: Path, tmp_path: Path) -> None:
    bomb.rename(tmp_path / "choices.parquet")
    with pytest.raises(InputError, match="in memory"):
        tables.read(tmp_path)


def test_a_run_of_equal_numbers_takes_no_room_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MOST_VALUES", 1_000_000)
    pq.write_table(pa.table({"n": pa.array([[7] * 2_000_000])}), tmp_path / "n.parquet", compression="zstd")
    with pytest.raises(InputError, match="in memory"):
        bounded.read(tmp_path / "n.parquet")


def test_a_transcript_of_one_answer_again_and_again_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = example_request(subject="1abc")
    transcripts.write([(request, decide(request, Reply(text="true")))], tmp_path / "t.parquet")
    table = pq.read_table(tmp_path / "t.parquet")
    texts = pa.array([LONG] * table.num_rows, table.schema.field("text").type)
    table = table.set_column(table.schema.get_field_index("text"), "text", texts)
    pq.write_table(pa.concat_tables([table] * 3), tmp_path / "t.parquet", compression="zstd")
    monkeypatch.setattr(bounded, "MOST_BYTES", 500_000)
    with closing(Store(tmp_path / "store.sqlite")) as store, pytest.raises(InputError, match="in memory"):
        transcripts.take_in(tmp_path / "t.parquet", store)


def test_what_is_large_is_read_in_parts_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pl.DataFrame(
        {"n": range(1_000), "text": [f"{n} " * 100 for n in range(1_000)], "list": [["a", None]] * 1_000}
    )
    rows.write_parquet(tmp_path / "rows.parquet", row_group_size=50)
    monkeypatch.setattr(bounded, "MOST_BYTES", 60_000)
    found = [pl.DataFrame(batch) for batch in bounded.batches(tmp_path / "rows.parquet", 700)]
    assert len(found) > 2
    assert pl.concat(found).equals(rows)
    with pytest.raises(InputError):
        bounded.read(tmp_path / "rows.parquet")
    monkeypatch.undo()
    assert bounded.read(tmp_path / "rows.parquet").equals(rows)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\x00" * 100 + b"PAR1", b"x" * 50])
def test_what_is_no_parquet_is_a_message(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/test.parquet").write_bytes(content)
    with pytest.raises(InputError, match="not readable Parquet"):
        changes._ids(tmp_path, "scenarios", "text", None)


def test_a_damaged_byte_at_the_end_of_a_file_ends_no_process(tmp_path: Path) -> None:
    """pyarrow's own metadata would: where the statistics of a column do not fit, nothing can be caught."""
    whole, damaged = tmp_path / "whole.parquet", tmp_path / "damaged.parquet"
    pq.write_table(pa.table({"texts": [["one", "two"], []], "n": [1, None]}), whole)
    data = whole.read_bytes()
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    refused = 0
    for at in range(start, len(data)):
        for byte in {data[at] ^ 0xFF, data[at] ^ 1, 0x19} - {data[at]}:
            damaged.write_bytes(data[:at] + bytes([byte]) + data[at + 1 :])
            try:
                bounded.read(damaged)
            except InputError:
                refused += 1
    assert refused > (len(data) - start) / 2


CELLS = st.none() | st.text(max_size=9)
TABLES = st.fixed_dictionaries(
    {
        "text": st.lists(CELLS, min_size=40, max_size=40),
        "list": st.lists(st.none() | st.lists(CELLS, max_size=4), min_size=40, max_size=40),
        "n": st.lists(st.none() | st.integers(-(2**40), 2**40), min_size=40, max_size=40),
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TABLES, st.integers(1, 50), st.sampled_from(["none", "zstd"]))
def test_sizes_are_those_that_pyarrow_tells(
    tmp_path: Path, columns: dict[str, Any], rows: int, compression: str
) -> None:
    types = pa.schema({"text": pa.string(), "list": pa.list_(pa.string()), "n": pa.int64()})
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns, types), path, row_group_size=rows, compression=compression)
    known = pq.read_metadata(path)
    groups = [known.row_group(number) for number in range(known.num_row_groups)]
    assert footer.columns(path) == [
        [(one.num_values, one.total_uncompressed_size) for one in (group.column(at) for group in groups)]
        for at in range(known.num_columns)
    ]


def test_texts_in_lists_are_read_over_row_groups(tmp_path: Path) -> None:
    """Each row group has a dictionary of its own; a release of 15,000 questions has fifteen groups."""
    rows = 2_500
    options = [[{"text": f"do {row} and {place}"} for place in range(4)] for row in range(rows)]
    table = pa.table({"question_id": [str(row) for row in range(rows)], "options": options})
    write_parquet(table, tmp_path / "questions.parquet")
    assert pq.read_metadata(tmp_path / "questions.parquet").num_row_groups > 1
    assert bounded.read(tmp_path / "questions.parquet")["options"].to_list() == options
    read = [row for part in bounded.batches(tmp_path / "questions.parquet", rows) for row in part.to_pylist()]
    assert read == table.to_pylist()
