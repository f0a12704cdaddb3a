"""The stage runner: what a user can mend ends in one message, a defect of ours keeps its traceback."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml
from services.project import copy_project, run_environment

from pipeline import params as settings
from pipeline import recipe
from pipeline.core.errors import InputError
from pipeline.core.invariants import InvariantError
from pipeline.step import Job, Step
from pipeline.step.run import carry_out, readable_errors
from pipeline.tables import places

ROOT = Path(__file__).parents[1]

needs_dev_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no /dev/full to write to"
)


def end_of(error, capsys):
    """Exit code and message of a stage that meets an error."""
    with pytest.raises(SystemExit) as ended, readable_errors("test"):
        raise error
    return ended.value.code, capsys.readouterr().err


def test_a_known_error_prints_cause_place_and_remedy(capsys):
    code, message = end_of(InputError("it is empty", where="posts.zst", remedy="download it again"), capsys)
    assert (code, message) == (1, "valact test: posts.zst: it is empty\n  -> download it again\n")


def test_ctrl_c_is_no_error(capsys):
    code, message = end_of(KeyboardInterrupt(), capsys)
    assert code == 130
    assert "run again to continue" in message


def test_a_defect_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), readable_errors("test"):
        raise ZeroDivisionError


@needs_dev_full
def test_a_full_disk_is_one_message_however_it_is_met(tmp_path, capsys):
    with pytest.raises(SystemExit), readable_errors("test"):
        Path("/dev/full").write_text("x" * 10_000)
    assert "no space left on the disk" in capsys.readouterr().err

    with pytest.raises(SystemExit), readable_errors("test"):
        pl.DataFrame({"a": [os.urandom(30).hex() for _ in range(9_000)]}).write_parquet("/dev/full")
    assert "no space left on the disk" in capsys.readouterr().err

    connection = sqlite3.connect(tmp_path / "s.sqlite")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(SystemExit), readable_errors("test"):
        connection.execute("INSERT INTO t VALUES (?)", ["x" * 100_000])
    connection.close()
    assert "no space left on the disk" in capsys.readouterr().err


@needs_dev_full
def test_a_whole_stage_on_a_full_disk(tmp_path):
    project = copy_project(tmp_path / "valact")
    # A file is written beside its place and moved there: the disk is full under whatever name.
    code = (
        "import polars\n"
        "write = polars.DataFrame.write_parquet\n"
        "polars.DataFrame.write_parquet = lambda table, path, **how: write(table, '/dev/full', **how)\n"
        "from stages import scrape\n"
        "scrape.main()\n"
    )
    done = run_python(project, "-c", code)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no space left on the disk" in done.stderr


def test_a_stage_that_is_told_to_end_ends_cleanly(tmp_path):
    project = copy_project(tmp_path / "valact")
    code = (
        "import os, signal\n"
        "from pipeline.step import Step\n"
        "from pipeline.step.run import run\n"
        "run(Step('test', lambda job: os.kill(os.getpid(), signal.SIGTERM)))\n"
    )
    done = run_python(project, "-c", code)
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr == "valact test: stopped; everything recorded so far is kept, run again to continue\n"


def run_python(project, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=run_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )


# The contract of steps


def test_every_step_is_a_package_a_stage_and_a_name_in_the_recipe(root):
    named = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    assert tuple(named) == recipe.STEPS
    assert {path.stem for path in (root / "stages").glob("[a-z]*.py")} == {*recipe.STEPS, "refresh"}
    assert [recipe.step(name).name for name in recipe.STEPS] == list(recipe.STEPS)


@pytest.mark.parametrize("name", recipe.STEPS)
def test_dvc_knows_the_tables_of_each_step(root, name):
    stage = yaml.safe_load((root / "dvc.yaml").read_text())["stages"][name]
    outs = [out if isinstance(out, str) else next(iter(out)) for out in stage["outs"]]
    step = recipe.step(name)
    for place in step.outputs:
        assert covers(outs, place), f"dvc.yaml does not name {place.path()} as an output"
    for place in step.inputs:
        assert covers(stage["deps"], place), f"dvc.yaml does not name {place.path()} as a dependency"


def covers(paths, place):
    """Whether one of the paths of a stage is the table, or the folder of its step or of a part of it."""
    folder = f"data/{place.step}"
    return any(
        path in (str(place.path()), folder) or (place.parted and path.startswith(f"{folder}/${{"))
        for path in paths
    )


def test_a_step_that_loses_rows_or_hides_a_table_is_a_defect(tmp_path):
    job = Job(Step("test", lambda job: None), settings.load(), root=tmp_path)
    job.balance("posts", 5, candidates=3, ledger=2)
    with pytest.raises(InvariantError, match="test lost 1 posts"):
        job.balance("posts", 5, candidates=3, ledger=1)
    with pytest.raises(InvariantError, match=r"does not name data/scrape/posts.parquet among its tables"):
        job.read(places.POSTS)
    with pytest.raises(InvariantError, match="names nobody to ask"):
        _ = job.answers


def test_a_step_writes_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    step = Step("scrape", lambda job: None, outputs=(places.POSTS,))
    with pytest.raises(InvariantError, match=r"did not write data/scrape/posts.parquet"):
        carry_out(step, settings.load(ROOT / "params.yaml"))
