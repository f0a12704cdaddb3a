"""Files of a release: who asks for a few rows reads little of them, and their rows are known whatever wrote them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha512
from pathlib import Path

import huggingface_hub
import polars as pl
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfFileSystem, constants
from services.finished_run import finished_run
from services.hub import OWNER, Hub
from services.hub_repo import Blob, Repo
from services.released import build, release_params

from pipeline import verify as verification
from pipeline.release import software
from pipeline.release.files import GROUP, arrow, content_sha256, write_parquet

ROWS = 12_000
REPOSITORY = "owner/large"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with keys in order and texts that do not compress."""
    path = tmp_path_factory.mktemp("large") / "test.parquet"
    texts = [sha512(str(n).encode()).hexdigest() * 2 for n in range(ROWS)]
    table = pl.DataFrame({"question_id": [f"q{n:06}" for n in range(ROWS)], "text": texts})
    write_parquet(table.to_arrow(), path)
    return path


@pytest.fixture
def hub(large: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        repo = hub.repos[REPOSITORY] = Repo(REPOSITORY)
        blob = Blob(large.read_bytes(), lfs=True)
        hub.objects[blob.sha256] = blob.content
        repo.commit("main", [{"value": {"summary": "x"}}], {"questions/test.parquet": blob}, False)
        yield hub
    huggingface_hub.close_session()


def test_row_groups_are_small_and_have_statistics_and_page_indexes(large: Path) -> None:
    found = pq.read_metadata(large)
    assert found.num_row_groups == ROWS // GROUP
    for group in range(found.num_row_groups):
        column = found.row_group(group).column(0)
        assert column.statistics.has_min_max
        assert column.has_column_index
        assert column.has_offset_index
        assert column.num_values == GROUP


def test_one_row_by_its_key_costs_a_part_of_the_file_over_the_network(
    hub: Hub, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    answer = Hub._content

    def counted(self: Hub, request, content, etag, headers=None):
        found = answer(self, request, content, etag, headers)
        if request.method == "GET":
            sent.append(len(found.body or b""))
            assert "Range" in request.headers
        return found

    monkeypatch.setattr(Hub, "_content", counted)
    files = HfFileSystem(endpoint=hub.url, token=OWNER)
    with files.open(
        f"datasets/{REPOSITORY}/questions/test.parquet", block_size=2**14, cache_type="bytes"
    ) as file:
        table = pq.read_table(file, filters=[("question_id", "==", "q007777")], pre_buffer=False)
    assert table.num_rows == 1
    size = large.stat().st_size
    assert 0 < sum(sent) < size / 4, (sum(sent), size, len(sent))


def test_rows_are_known_whatever_wrote_them(tmp_path: Path) -> None:
    params = release_params()
    folder = build(finished_run(tmp_path / "run", params), params, tmp_path / "valact-15k")
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    file = copy / "options/test.parquet"
    before = pl.read_parquet(file)
    pq.write_table(pq.read_table(file), file, compression="gzip")
    assert content_sha256(pl.read_parquet(file)) == content_sha256(before)
    (told,) = [r.problems for r in verification.verify(copy) if r.name == "release.json"]
    assert told == ["config options: the file has another hash; its rows are the same, written anew"]
    first = pl.int_range(pl.len()) == 0
    text = pl.when(first).then(pl.lit("x")).otherwise("text")
    pq.write_table(arrow(before.with_columns(text=text)), file)
    (told,) = [r.problems for r in verification.verify(copy) if r.name == "release.json"]
    assert told
    assert told[0] == "config options: the rows are others than those that were released"


def test_the_release_names_the_versions_of_what_masks_and_writes() -> None:
    found = software.versions()
    assert set(found) == {"valact", *software.MASKING, *software.FILES}
    assert software.otherwise(found, software.MASKING) == []
    assert software.otherwise(found | {"spacy": "3.0"}, software.MASKING) == [
        f"spacy 3.0, here {found['spacy']}"
    ]
