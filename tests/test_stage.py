"""The stage runner: what a user can mend ends in one message, a defect of ours keeps its traceback."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from services.project import copy_project, run_environment

from pipeline.core.errors import InputError
from pipeline.step.run import readable_errors

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
    (project / "data/scrape").mkdir()
    (project / "data/scrape/ledger.parquet").symlink_to("/dev/full")
    done = run_stage(project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no space left on the disk" in done.stderr


def test_a_stage_that_is_told_to_end_ends_cleanly(tmp_path):
    project = copy_project(tmp_path / "valact")
    code = (
        "import os, signal\n"
        "from pipeline.step.run import stage\n"
        "@stage('test')\n"
        "def main(params):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env=run_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr == "valact test: stopped; everything recorded so far is kept, run again to continue\n"


def run_stage(project):
    return subprocess.run(
        [sys.executable, "-m", "stages.scrape"],
        cwd=project,
        env=run_environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
