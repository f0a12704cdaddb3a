"""Files are written whole or not at all, and documents are read with an error that names the place."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import documents
from pipeline.core.atomic import replacing, write_bytes, write_private, write_text, writing
from pipeline.core.documents import as_json, parse_yaml, read_json, read_text, read_yaml, write_json
from pipeline.core.errors import InputError, ParamsError
from pipeline.engine.store import Store
from pipeline.reddit.journal import Journal


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "made/here/file.txt"
    write_text("old", path)
    with pytest.raises(OSError, match="disk is full"), writing(path) as part:
        _half(part)
    assert path.read_text() == "old"
    assert [found.name for found in path.parent.iterdir()] == ["file.txt"]


def test_a_writer_that_is_killed_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text("old", path)
    killed = (
        "import os, pathlib, sys\n"
        "from pipeline.core.atomic import writing\n"
        "with writing(pathlib.Path(sys.argv[1])) as part:\n"
        "    part.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(path)], check=False)
    assert path.read_text() == "old"
    write_text("new", path)
    assert path.read_text() == "new"


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with writing(path) as one, writing(path) as other:
        one.write_text("one" * 1000)
        other.write_text("other")
    assert path.read_text() == "one" * 1000


def test_a_file_has_the_permissions_of_any_new_file_and_the_bytes_given(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(b"a\r\nb\n", tmp_path / "file")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "file").read_bytes() == b"a\r\nb\n"


def test_a_private_file_is_its_owners_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "made" / "key"
    for text in ("first", "second"):
        write_private(text, path)
        assert path.read_text() == text
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with replacing(folder) as new:
        write_text("1", new / "a")
    with pytest.raises(OSError, match="disk is full"), replacing(folder) as new:
        _half(new / "a")
    assert (folder / "a").read_text() == "1"
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (read_yaml, b"a: 1\nb: [1, 2\nc: 3\n", "not valid YAML: line 3, column 2"),
        (
            read_yaml,
            b"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n",
            "line 5, column 3: 'c' is there twice, first in line 3",
        ),
        (read_yaml, b"a: !!python/object:os.system x\n", "not valid YAML: line 1, column 4"),
        (read_yaml, b"a: 1\nb: \xff\n", "not UTF-8 text (line 2)"),
        (read_json, b'{"a": 1,\n "b": }', "not valid JSON: line 2, column 7"),
        (read_json, b"\xff", "not UTF-8 text (line 1)"),
        (read_json, b"[" * 200_000, "not valid JSON: its brackets nest without an end"),
        (read_yaml, b"[" * 5_000, "not valid YAML: its brackets nest without an end"),
        (read_json, b"1" * 10_000, "not valid JSON: Exceeds the limit"),
        (read_yaml, b"a: 2026-13-45", "not valid YAML: month must be in 1..12"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    read: Callable[..., Any], content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "document"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path, remedy="take it back from git")
    assert str(caught.value).startswith(f"{path}: ")
    assert said in caught.value.message
    assert caught.value.remedy == "take it back from git"


def test_a_missing_file_has_a_remedy_and_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ParamsError) as caught:
        read_yaml(tmp_path / "no", remedy="mend it", missing="run from the root", kind=ParamsError)
    assert caught.value.remedy == "run from the root"
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path)


def test_what_would_fill_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 3)
    (tmp_path / "large").write_text("1234")
    with pytest.raises(InputError, match="larger than"):
        read_json(tmp_path / "large")


def test_documents_are_read_as_they_were_meant(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(tmp_path / "bom") == {"a": 1}
    merged = "base: &base {a: 1, b: 2}\nnew:\n  <<: *base\n  a: 3\n"
    assert parse_yaml(merged, where="here")["new"] == {"a": 3, "b": 2}
    assert parse_yaml("1: x\n'1': y\n", where="here") == {1: "x", "1": "y"}


def test_json_is_written_for_people_and_never_with_a_number_that_json_lacks(tmp_path: Path) -> None:
    write_json({"ü": [1]}, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json") == {"ü": [1]}
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "ü": [\n    1\n  ]\n}\n'
    with pytest.raises(ValueError, match="JSON compliant"):
        as_json({"a": float("nan")})


def _half(path: Path) -> None:
    path.write_text("half of the n")
    raise OSError("disk is full")


def test_what_was_paid_for_or_fetched_is_the_owners_alone(tmp_path: Path) -> None:
    """Stores of answers and of posts, with the files that SQLite puts beside them."""
    before = os.umask(0o022)
    try:
        with closing(Store(tmp_path / ".responses/store.sqlite")) as store:
            store.find(["00" * 32])
            Journal(tmp_path / ".harvest").close()
            made = [path for path in tmp_path.rglob("*") if path != tmp_path]
            assert len(made) >= 4
            assert [path for path in made if path.stat().st_mode & 0o077] == []
    finally:
        os.umask(before)
