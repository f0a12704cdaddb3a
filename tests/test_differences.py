"""docs/differences.md: its tables say what the two profiles of the paper and the code say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline import params as settings
from pipeline.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/differences.md").read_text(encoding="utf-8")


def rows(heading):
    """The cells of each row of the table under a heading, without the first two lines."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def leaves(tree, prefix=""):
    if not isinstance(tree, dict):
        return {prefix: tree}
    return {
        key: value
        for name, branch in tree.items()
        for key, value in leaves(branch, f"{prefix}.{name}" if prefix else name).items()
    }


@pytest.fixture(scope="module")
def profiles():
    loaded = {
        name: settings.load(ROOT / f"profiles/{name}.yaml").model_dump(mode="json")
        for name in ("paper", "replication")
    }
    return {name: leaves(tree) for name, tree in loaded.items()}


def test_the_table_of_params_is_all_that_differs(profiles):
    paper, replication = profiles["paper"], profiles["replication"]
    assert paper.keys() == replication.keys()
    differ = {key for key in paper if paper[key] != replication[key]} - {"profile"}
    assert {row[0].strip("`") for row in rows("Params")} == differ


def test_the_table_of_params_has_the_profiles_values(profiles):
    for key, *values in (row[:3] for row in rows("Params")):
        for cell, (name, profile) in zip(values, profiles.items(), strict=True):
            if cell.startswith("`"):
                assert yaml.safe_load(cell.strip("`")) == profile[key.strip("`")], (key, name)


@pytest.mark.parametrize("row", rows("What is in the code"), ids=lambda row: row[0])
def test_what_is_said_of_the_code_is_in_it(row):
    path, name = re.fullmatch(r"`(\S+)` `(\S+)`", row[3]).groups()
    assert name in (ROOT / path).read_text(encoding="utf-8")
    assert row[1]
    assert row[2]


def test_the_replication_can_be_used_and_priced(tmp_path, monkeypatch):
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["profile", "use", "replication"]).exit_code == 0
    assert settings.load().assemble.mode == "paper"
    priced = CliRunner().invoke(main, ["cost"])
    assert priced.exit_code == 0, priced.output
    assert "generate" in priced.output
