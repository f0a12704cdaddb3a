"""The `valact` command as a program."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["pipeline", "pipeline.cli"])
def test_python_m_runs_the_command(module: str) -> None:
    run = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: " in run.stdout
    assert "doctor" in run.stdout
