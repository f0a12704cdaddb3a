"""A published release as a downstream user meets it: the real clients, from another process, at a loopback Hub."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from huggingface_hub import DatasetCard, constants
from services.finished_run import finished_run
from services.hub import OWNER, READER, Hub, connected
from services.hub_card import problems
from services.project import run_environment
from services.released import REPOSITORY, build, release_params
from services.sample_run import built, copy_built
from services.slim import slim_python

from pipeline.cli import main
from pipeline.publish import bundle as bundles
from pipeline.publish.publish import publish
from pipeline.publish.valact import VALACT as VALACT_TARGET
from pipeline.release.configs import CONFIGS
from pipeline.release.files import write_checksums
from pipeline.withdrawn.register import Takedown

pytestmark = pytest.mark.slow(after="sample")

OPEN = {"private": False}
SAMPLE = "valact/valact-15k"
VALACT = (sys.executable, "-c", "from pipeline.cli import main; main()")
REPRO = (sys.executable, "-m", "dvc", "repro", "--single-item", "publish")
STAGE = (sys.executable, "-m", "stages.publish")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """1.0.0, and the patch after a post was taken back."""
    run = finished_run(tmp_path_factory.mktemp("run"), release_params())
    first = build(run, release_params(), tmp_path_factory.mktemp("v1") / "valact-15k")
    gone = pl.read_parquet(first / "scenarios/test.parquet")["scenario_id"][:1]
    taken = Takedown("0" * 32, dt.date(2026, 1, 2), "deleted", "scenario")
    second = tmp_path_factory.mktemp("v2") / "valact-15k"
    build(run, release_params("1.0.1", first), second, without=gone, takedowns=[taken])
    return {"v1.0.0": first, "v1.0.1": second}


@pytest.fixture(scope="module")
def hub(versions: dict[str, Path]) -> Iterator[Hub]:
    """A Hub with both versions, public."""
    with pytest.MonkeyPatch.context() as patch, connected(patch) as hub:
        for tag, folder in versions.items():
            params = release_params(tag[1:], **OPEN)
            publish(bundles.load(folder, params), params, OWNER)
        yield hub


def client(hub: Hub, home: Path, token: str | None = None, **more: str) -> dict[str, str]:
    """What makes this environment that of a user at this Hub, with an empty cache of his own."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # `datasets` would tell a server of its authors
        **({"HF_TOKEN": token} if token else {}),
        **more,
    }


def ask(script: str, environment: dict[str, str]) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


LOAD = """
import json
from datasets import get_dataset_config_names, load_dataset
out = {}
for tag in ("v1.0.0", "v1.0.1"):
    names = get_dataset_config_names("owner/valact-15k", revision=tag)
    default = load_dataset("owner/valact-15k", revision=tag, split="test")
    out[tag] = {"names": names, "default": default.num_rows, "columns": default.column_names}
    out[tag]["rows"] = {n: load_dataset("owner/valact-15k", n, revision=tag, split="test").num_rows for n in names}
    stream = lambda n: load_dataset("owner/valact-15k", n, revision=tag, split="test", streaming=True)
    out[tag]["streamed"] = {n: sum(1 for _ in stream(n)) for n in names}
    out[tag]["first"] = next(iter(stream("questions")))["options"][0]["text"]
print(json.dumps(out))
"""


def test_both_tags_load_by_every_config_and_streaming(
    hub: Hub, versions: dict[str, Path], tmp_path: Path
) -> None:
    found = ask(LOAD, client(hub, tmp_path))

    for tag, folder in versions.items():
        tables = {name: pl.read_parquet(folder / name / "test.parquet") for name in CONFIGS}
        rows = {name: table.height for name, table in tables.items() if table.height}
        assert found[tag]["rows"] == found[tag]["streamed"] == rows
        assert sorted(found[tag]["names"]) == sorted(rows)
        assert found[tag]["default"] == rows["questions"]
        assert found[tag]["columns"] == tables["questions"].columns
        assert found[tag]["first"] == tables["questions"]["options"][0][0]["text"]
    assert found["v1.0.0"]["rows"]["scenarios"] == found["v1.0.1"]["rows"]["scenarios"] + 1


@pytest.fixture(scope="module")
def only_datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has `datasets`, what it needs, and nothing else of ours."""
    python, packages = slim_python(tmp_path_factory.mktemp("fresh"), ["datasets"])
    assert "polars" not in packages
    return python


def test_an_environment_with_datasets_only_loads_it(
    hub: Hub, versions: dict[str, Path], only_datasets: Path, tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        [str(only_datasets), "-c", "import importlib.util as u; assert not u.find_spec('polars')\n" + LOAD],
        env=environment | client(hub, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for tag, folder in versions.items():
        assert found[tag]["default"] == pl.read_parquet(folder / "questions/test.parquet").height


def test_load_through_xet(hub: Hub, versions: dict[str, Path], tmp_path: Path) -> None:
    """What came by Xet is loaded by Xet."""
    with Hub() as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_XET_CACHE", str(tmp_path / "xet"))
        patch.setattr(constants, "HF_HUB_DISABLE_XET", False)
        patch.setenv("HF_ENDPOINT", other.url)
        params = release_params(**OPEN)
        publish(bundles.load(versions["v1.0.0"], params), params, OWNER)
        huggingface_hub.close_session()
        script = """
from datasets import load_dataset
print(load_dataset("owner/valact-15k", revision="v1.0.0", split="test").num_rows)
"""
        assert ask(script, client(other, tmp_path, HF_HUB_DISABLE_XET="0")) == 30
        assert other.xet.fetched


READ = """
import json
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
try:
    hf_hub_download("owner/valact-15k", "README.md", repo_type="dataset", revision="v1.0.0")
    print(json.dumps("read"))
except HfHubHTTPError as error:
    print(json.dumps(type(error).__name__))
"""


def test_private_and_gated_data_sets_are_read_by_whom_they_should(hub: Hub, tmp_path: Path) -> None:
    repo = hub.repos[REPOSITORY]

    def read(token: str | None) -> str:
        return ask(
            READ, client(hub, tmp_path / f"{token}{repo.private}{repo.gated}{len(hub.granted)}", token)
        )

    try:
        repo.gated = "manual"
        assert [read(None), read(READER), read(OWNER)] == ["GatedRepoError", "GatedRepoError", "read"]
        hub.granted.add(READER)
        assert read(READER) == "read"
        repo.gated, repo.private = False, True
        assert [read(READER), read(OWNER)] == ["RepositoryNotFoundError", "read"]
    finally:
        repo.gated = repo.private = False
        hub.granted.clear()


def test_the_hubs_own_checks_of_the_card_pass(hub: Hub, versions: dict[str, Path]) -> None:
    for folder in versions.values():
        card = DatasetCard.load(folder / "README.md")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("huggingface_hub.repocard.constants.ENDPOINT", hub.url, raising=False)
            patch.setattr(constants, "ENDPOINT", hub.url)
            card.validate(repo_type="dataset")
        data = card.data.to_dict()
        assert {config["config_name"] for config in data["configs"]} <= set(CONFIGS)
        assert data["license"] == "cc0-1.0"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("license: cc0-1.0", "license: mine"),
        ("- multiple-choice", "- guessing"),
        ("- n<1K", "- few"),
        ("default: true", "default: [true"),
    ],
)
def test_the_loopback_hub_finds_what_is_wrong_with_a_card(
    versions: dict[str, Path], right: str, wrong: str
) -> None:
    card = (versions["v1.0.0"] / "README.md").read_text(encoding="utf-8")
    assert problems(card) == []
    assert right in card
    assert problems(card.replace(right, wrong, 1))


# --- valact release diff, fetch, publish ---


def test_diff_of_two_published_versions(hub: Hub, versions: dict[str, Path], tmp_path: Path) -> None:
    done = subprocess.run(
        [*VALACT, "release", "diff", f"{REPOSITORY}@v1.0.0", str(versions["v1.0.1"]), "--check"],
        env=os.environ | client(hub, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "`scenarios`: 1 row removed (1 of them with their scenario). 6 rows before, 5 now." in done.stdout
    assert "This demands a patch version." in done.stdout


def test_a_fetched_version_is_the_published_one(hub: Hub, versions: dict[str, Path], tmp_path: Path) -> None:
    done = subprocess.run(
        [*VALACT, "release", "fetch", f"{REPOSITORY}@v1.0.0"],
        env=os.environ | client(hub, tmp_path / "hf"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    fetched = tmp_path / "data/previous/v1.0.0"
    assert contents(fetched) == contents(versions["v1.0.0"])
    assert not any(path.is_symlink() for path in fetched.rglob("*"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose release is built and may be published, as far as params go."""
    project = copy_built(built(), tmp_path / "valact")
    set_params(project, "publish", allow_sample=True, allow_unvalidated=True)
    return project


def set_params(project: Path, section: str, **changes: Any) -> None:
    path = project / "params.yaml"
    params = yaml.safe_load(path.read_text())
    params[section] |= changes
    path.write_text(yaml.safe_dump(params, sort_keys=False))


def run(project: Path, environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=project,
        env=run_environment(project) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_publishing_is_a_command_and_no_side_effect_of_a_token(project: Path) -> None:
    receipt = project / "data/published.json"
    with Hub() as hub:
        environment = client(hub, project / ".hf", OWNER)
        done = run(project, environment, *REPRO)
        assert done.returncode == 0, done.stderr
        assert "not published, because nobody has ordered it" in done.stderr
        assert f"would go to {SAMPLE} (private) in one commit, tagged v0.1.0" in done.stderr
        assert json.loads(receipt.read_text())["status"] == "not published"
        assert not hub.paths, "nobody was asked anything"

        done = run(project, client(hub, project / ".hf"), *VALACT, "release", "publish")
        assert done.returncode == 1
        assert "hf auth login" in done.stderr

        done = run(project, environment, *VALACT, "release", "publish")
        assert done.returncode == 0, done.stderr
        found = json.loads(receipt.read_text())
        assert (found["status"], found["commit"]) == ("published", hub.repos[SAMPLE].head)
        assert OWNER not in receipt.read_text() + done.stdout + done.stderr


def test_a_release_that_is_out_of_date_is_not_published(project: Path) -> None:
    """Params gained a contact, as the gate asks, and the card that is built has none."""
    set_params(project, "release", contact="data@example.org")
    with Hub() as hub:
        token = project / ".hf/token"
        token.parent.mkdir()
        token.write_text(OWNER)
        environment = client(hub, project / ".hf", HF_TOKEN_PATH=str(token))
        done = run(project, environment, *VALACT, "release", "publish")
        assert done.returncode == 1
        assert "release would come out otherwise" in done.stderr
        assert not hub.paths


def test_the_sample_is_not_published_by_accident(project: Path) -> None:
    set_params(project, "publish", allow_sample=False, allow_unvalidated=False)
    with Hub() as hub:
        receipts = []
        for token in (None, OWNER):
            done = run(project, client(hub, project / ".hf", token), *STAGE)
            assert done.returncode == 0, done.stderr
            assert "built-in sample" in done.stderr
            receipts.append((project / "data/published.json").read_bytes())
        assert receipts[0] == receipts[1], "the same bytes with and without a token"
        done = run(project, client(hub, project / ".hf", OWNER), *VALACT, "release", "publish")
        assert done.returncode == 1
        assert "publish.allow_sample" in done.stderr
        assert not hub.paths


def test_a_broken_folder_fails_the_stage_with_one_message(project: Path) -> None:
    (project / VALACT_TARGET.folder / "LICENSE").write_text("mine")
    (project / "data/published.json").unlink(missing_ok=True)
    done = run(project, {}, *STAGE)
    assert done.returncode == 1
    assert "LICENSE is not the file that was released" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "data/published.json").exists()


def test_a_version_that_is_too_low_for_its_changes_is_not_built(versions: dict[str, Path]) -> None:
    old, new = (str(versions[tag]) for tag in ("v1.0.1", "v1.0.0"))
    done = CliRunner().invoke(main, ["release", "diff", old, new, "--check"])
    assert done.exit_code == 1
    assert "This demands a minor version." in done.output


def code_blocks(folder: Path) -> list[str]:
    """The Python of the card's section on use."""
    card = (folder / "README.md").read_text(encoding="utf-8")
    return [block.split("```")[0] for block in card.split("```python\n")[1:]]


def test_the_cards_lines_for_datasets_polars_and_pandas_work(
    hub: Hub, versions: dict[str, Path], tmp_path: Path
) -> None:
    """As they stand with datasets, and with pandas in the place of polars, as the card says; polars asks huggingface.co
    itself and is given the folder."""
    folder = versions["v1.0.0"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "```sh\npip install datasets\n```" in card
    with_datasets, with_polars = code_blocks(folder)
    assert len(with_datasets.splitlines()) == 2
    with_pandas = with_polars.replace("polars as pl", "pandas as pl")
    with_polars = with_polars.replace(f"hf://datasets/{REPOSITORY}@v1.0.0", str(folder))
    for block, name, rows in (
        (with_datasets, "questions", 30),
        (with_polars, "options", 120),
        (with_pandas, "options", 120),
    ):
        # pyarrow's threads under fsspec may abort the process at its exit: it ends before that.
        end = f"print(json.dumps(len({name})), flush=True)\nos._exit(0)"
        assert ask(f"{block}\nimport json, os\n{end}", client(hub, tmp_path)) == rows


def test_a_release_whose_card_lies_is_not_published(project: Path) -> None:
    card = project / VALACT_TARGET.folder / "README.md"
    card.write_text(card.read_text().replace("num_examples: 30\n", "num_examples: 31\n"))
    write_checksums(card.parent)
    done = run(project, {}, *STAGE)
    assert done.returncode == 1
    assert "card: " in done.stderr
    assert "Traceback" not in done.stderr
