"""Versions of the lens: compared, told in its changelog, published on a loopback Hub and fetched from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from services.hub import OWNER, Hub, connected

from pipeline.cli import main
from pipeline.core.errors import InputError, ParamsError
from pipeline.lens import params as settings
from pipeline.lens.params import Params
from pipeline.lens.publish.target import LENS
from pipeline.lens.release import tasks
from pipeline.lens.release.dataset import DATASET
from pipeline.lens.release.step import STEP
from pipeline.params.publish import Publish
from pipeline.publish import bundle as bundles
from pipeline.publish import receipt as receipts
from pipeline.publish.publish import publish
from pipeline.publish.receipt import Receipt
from pipeline.release import versions
from pipeline.release.changes import compare
from pipeline.release.files import sha256, write_checksums
from pipeline.step.run import carry_out
from pipeline.values import load

ROOT = Path(__file__).resolve().parents[1]
REPOSITORY = "owner/valact-lens"
LOAD = """
import json
from datasets import load_dataset
def load(tag, *config):
    return load_dataset("owner/valact-lens", *config, revision=tag, split="test")
choices = [load(tag, "choices").num_rows for tag in ("v0.1.0", "v0.1.1")]
print(json.dumps([load("v0.1.0")[0]["expresses"], *choices]), flush=True)
from pipeline.cli import main
main(["release", "fetch", "owner/valact-lens@v0.1.0"])
"""


def of(version: str, previous: Path | None = None, **more: object) -> Params:
    sample = settings.load(ROOT / "lens/profiles/sample.yaml")
    named = {"version": version, "repository": REPOSITORY, "previous": str(previous) if previous else None}
    return sample.model_copy(
        update={
            "release": sample.release.model_copy(update=named),
            "publish": Publish(private=False, allow_sample=True, allow_unvalidated=True),
            **more,
        }
    )


def build(run: Path, params: Params, folder: Path) -> Path:
    """The release of a finished run with other params, in a folder of its own."""
    (folder / "lens/data").mkdir(parents=True)
    for part in (run / "lens/data").iterdir():
        if part.name != "release":
            os.symlink(part, folder / "lens/data" / part.name)
    with chdir(folder):
        carry_out(STEP, params)
    return folder / LENS.folder


@pytest.fixture(scope="module")
def first(lens_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(lens_run, of("0.1.0"), tmp_path_factory.mktemp("v1"))


@pytest.fixture(scope="module")
def second(lens_run: Path, first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patch of the first: a respondent less."""
    asked = of("0.1.0").respondents
    fewer = {name: asked[name] for name in ("simulated-1", "simulated-2")}
    return build(lens_run, of("0.1.1", first, respondents=fewer), tmp_path_factory.mktemp("v2"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with connected(monkeypatch) as hub:
        yield hub


def put(folder: Path, version: str) -> Receipt:
    params = of(version)
    bundle = bundles.load(folder, params, LENS)
    bundles.verify(bundle)
    assert bundles.objections(bundle, params) == []
    return publish(bundle, params, OWNER)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def written_anew(folder: Path, other: Path) -> Path:
    """The same version with another licence text."""
    shutil.copytree(folder, other)
    (other / "LICENSE").write_text((folder / "LICENSE").read_text().swapcase())
    croissant = other / "croissant.json"
    old, new = (sha256(one / "LICENSE") for one in (folder, other))
    croissant.write_text(croissant.read_text().replace(old, new))
    write_checksums(other)
    return other


def test_two_versions_are_published_loaded_and_fetched(
    hub: Hub, first: Path, second: Path, tmp_path: Path
) -> None:
    assert put(first, "0.1.0").status == put(second, "0.1.1").status == "published"
    assert hub.files(REPOSITORY, "v0.1.0") == contents(first)
    assert hub.files(REPOSITORY) == hub.files(REPOSITORY, "v0.1.1") == contents(second)
    with pytest.raises(InputError, match=r"v0\.1\.0 is on the Hub with other contents"):
        put(written_anew(first, tmp_path / "other"), "0.1.0")

    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_UPDATE_DOWNLOAD_COUNTS": "0"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded, _, fetched = done.stdout.partition("\n")
    assert json.loads(loaded) == [pl.read_parquet(first / "pairs/test.parquet")["expresses"][0], 456, 304]
    assert "lens/data/previous/v0.1.0: name it in release.previous of lens/params.yaml" in fetched
    assert contents(tmp_path / "lens/data/previous/v0.1.0") == contents(first)


def test_the_changelog_tells_what_changed_and_what_that_demands(
    lens_run: Path, first: Path, second: Path, tmp_path: Path
) -> None:
    told = (second / "CHANGELOG.md").read_text()
    assert "## 0.1.1\n\nSince 0.1.0:\n\n" in told
    assert "- `choices`: 152 rows removed. 456 rows before, 304 now." in told
    assert "`pairs`" not in told
    assert "## 0.1.0\n\nThe first version." in told
    assert "posts" not in told

    with pytest.raises(ParamsError, match=r"0\.1\.0 is not allowed after 0\.1\.0") as caught:
        build(lens_run, of("0.1.0", first), tmp_path / "same")
    assert caught.value.where == "lens/params.yaml"
    with pytest.raises(ParamsError, match=r"no folder 'nowhere'") as caught:
        build(lens_run, of("0.2.0", Path("nowhere")), tmp_path / "none")
    assert "lens/data/previous/" in str(caught.value)


def test_another_text_under_its_id_is_major_and_said_to_be_another_content(
    first: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(first, tmp_path / "other"))
    path = other / "pairs/test.parquet"
    pairs = pl.read_parquet(path)
    pairs.with_columns(opposes=pl.lit("I do nothing.")).write_parquet(path)
    changes = compare(first, other, DATASET)
    assert versions.demanded(changes) == "major"
    assert "38 ids name another content, and answers to it do not carry over" in versions.section(changes)

    manifest = json.loads((other / "release.json").read_text())
    (other / "release.json").write_text(
        json.dumps(manifest | {"prompts": manifest["prompts"] | {"lens_named": "other"}})
    )
    said = CliRunner().invoke(main, ["release", "diff", str(first), str(other)])
    assert "The prompt of the task `lens_named` changed" in said.output
    assert "demands a major version" in said.output


def test_prompts_are_known_by_what_is_asked() -> None:
    ten, all_of_them = (tasks.prompts(load(name)) for name in ("schwartz10", "svs56"))
    assert ten.keys() == all_of_them.keys() == {"lens_named", "lens_unnamed"}
    assert ten["lens_unnamed"] == all_of_them["lens_unnamed"]
    assert ten["lens_named"] != all_of_them["lens_named"]
    assert "valact" not in sys.modules
    assert ten == tasks.prompts(load("schwartz10"))


def test_releases_of_two_data_sets_are_not_compared(first: Path, tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text(json.dumps({"name": "ValAct-15k"}))
    said = CliRunner().invoke(main, ["release", "diff", str(tmp_path), str(first)])
    assert "a release of another data set" in said.output


def test_the_stage_says_what_would_be_published_and_the_sample_is_not(lens_run: Path) -> None:
    with chdir(lens_run):
        found = receipts.read(LENS)
        said = CliRunner().invoke(main, ["release", "publish", "--recipe", "lens"])
    assert (found.status, found.tag, found.repository) == ("not published", "v0.1.0", "valact/valact-lens")
    assert "built-in sample, whose actions and respondents are invented" in found.because[0]
    assert "not validated" in found.because[1]
    assert "not published: it is the built-in sample" in said.output
