"""`valact release verify` on what a stranger made: altered code, addresses to fetch, JSON and Parquet that exhaust."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from services.built_release import built_release, seal
from services.finished_run import run_params
from services.folder import valact
from services.loopback import Loopback

from pipeline import verify as verification
from pipeline.release.files import sha256
from pipeline.tables import bounded

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    return built_release(folder / "run", folder / "valact-15k", run_params())


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "valact-15k"))


def failed(folder: Path) -> dict[str, list[str]]:
    return {result.name: result.problems or [] for result in verification.verify(folder) if not result.passed}


def test_altered_code_is_found_under_new_hashes_too(copy: Path) -> None:
    script = copy / "evaluators/valact.py"
    script.write_text(script.read_text() + "\nimport os; os.system('id')\n")

    def describe(content: dict[str, Any]) -> None:
        (entry,) = (file for file in content["distribution"] if file["contentUrl"] == "evaluators/valact.py")
        entry |= {"sha256": sha256(script), "contentSize": f"{script.stat().st_size} B"}

    set_croissant(copy, describe)
    seal(copy)
    found = failed(copy)
    assert set(found) == {"evaluators"}
    assert "valact.py is not what this version" in found["evaluators"][0]
    (copy / "evaluators/more.py").write_text("print('hello')\n")
    assert any("more.py is none of ours" in problem for problem in failed(copy)["evaluators"])
    assert "WRONG       evaluators" in valact("release", "verify", str(copy), fails=True).stdout


class Listener(Loopback):
    """A server that nobody may ask."""


def set_croissant(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "croissant.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("place", ["top", "list", "import", "nested", "term"])
def test_nothing_that_a_release_names_is_fetched(place: str, copy: Path) -> None:
    with Listener() as listener:
        address = f"{listener.url}/context.json"

        def point_there(content: dict[str, Any]) -> None:
            match place:
                case "top":
                    content["@context"] = address
                case "list":
                    content["@context"] = [content["@context"], address]
                case "import":
                    content["@context"]["@import"] = address
                case "nested":
                    content["recordSet"][0]["@context"] = address
                case "term":
                    content["@context"]["name"] = {"@id": "sc:name", "@context": address}

        set_croissant(copy, point_there)
        seal(copy)
        found = failed(copy)
        assert any("fetch" in problem for problem in found["croissant"]), found
        assert listener.paths == []


BRACKETS = "[" * 200_000
DIGITS = '{"version": ' + "9" * 5_000 + "}"


@pytest.mark.parametrize("name", ["release.json", "croissant.json", "tombstones.json"])
@pytest.mark.parametrize("text", [BRACKETS, DIGITS, '{"a":' * 90_000, "null", '"x"', "[[]]", "\ufeff", "NaN"])
def test_json_that_exhausts_a_reader_is_a_finding(name: str, text: str, copy: Path) -> None:
    (copy / name).write_text(text)
    assert failed(copy)
    assert "Traceback" not in valact("release", "verify", str(copy), fails=True).output


@pytest.mark.parametrize(
    "head",
    ["a: &a [x]\nb: *a\n", "- " * 50_000, "{" * 50_000, "configs: 1\n", "dataset_info: [1]\nconfigs: []\n"],
)
def test_a_head_that_exhausts_a_reader_is_a_finding(head: str, copy: Path) -> None:
    (copy / "README.md").write_text(f"---\n{head}\n---\n\nVersion 0.2.0: x\n")
    assert "card" in failed(copy)


def test_a_small_file_that_takes_gigabytes_is_not_read(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes: one long text, said again and again by a dictionary."""
    monkeypatch.setattr(bounded, "MOST_BYTES", 50_000_000)
    path = copy / "scenarios/test.parquet"
    pq.write_table(pa.table({"text": ["x" * 100_000] * 600}), path, compression="zstd")
    assert path.stat().st_size < 20_000
    found = failed(copy)
    assert any("in memory" in problem for problem in found["schemas"])


def test_names_in_a_release_do_not_steer_the_terminal(copy: Path) -> None:
    (copy / "evil\x1b]52;c;aGVsbG8=\x07\u202etxt").write_text("x")
    told = valact("release", "verify", str(copy)).stdout
    assert "evil\\x1b]52" in told
    assert "\x1b" not in told
    assert "\u202e" not in told
