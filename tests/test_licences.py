"""Licences of what is locked: GPL alone is found, choices and exceptions are told apart, every package has one."""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def licences(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("licences", root / "requirements/licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["licences"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0", True),
        ("BSD 3-Clause", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("EPL-2.0 OR GPL-2.0-or-later", True),
        ("GPLv2 | EPLv1", True),
        ("GPLv2 with linking exception", True),
        ("GPL-3.0-or-later", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0-only", False),
        ("LGPL-3.0-only", False),
        ("MIT; GNU Affero General Public License v3", False),
        ("Proprietary", False),
    ],
)
def test_what_is_allowed(licence: str, allowed: bool, licences: ModuleType) -> None:
    assert licences.allowed(licence) == allowed


def test_a_package_under_the_gpl_or_without_a_licence_is_named(
    licences: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, line in (
        ("copyleft", "License-Expression: GPL-3.0-or-later\n"),
        ("silent", ""),
        ("free", "License: MIT\n"),
    ):
        folder = tmp_path / f"{name}-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{line}")
    monkeypatch.syspath_prepend(str(tmp_path))
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "copyleft==1 \\\n    --hash=sha256:00\nsilent[extra]==1\nfree==1\nelsewhere==1 ; sys_platform == 'win32'\n"
    )
    assert licences.main([str(lock)]) == 1
    told = capsys.readouterr().err
    assert "copyleft: 'GPL-3.0-or-later' is not allowed" in told
    assert "silent: it states no licence" in told
    assert "free" not in told


def test_what_is_declared_may_be_used(licences: ModuleType, root: Path) -> None:
    """Of the packages that pyproject.toml names; the locks are looked at by `make lint`."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = [project["optional-dependencies"][name] for name in ("load", "verify", "hydrate", "build")]
    declared = [
        line for lines in (project["dependencies"], *extras) for line in lines if "valact[" not in line
    ]
    names = [Distribution.from_name(text.split(">")[0].split("=")[0].split("[")[0]).name for text in declared]
    assert list(licences.problems(names)) == []
