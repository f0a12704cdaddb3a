"""DVC sees every file that a stage runs, and no other: dvc.yaml against the stages' import closures."""

from __future__ import annotations

import functools
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from services import closure
from services.sample_run import sample_run


@pytest.fixture
def tree(tmp_path) -> Callable[..., closure.Sources]:
    """Makes a small repository of the given files."""

    def write(files: dict[str, str]) -> closure.Sources:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return closure.Sources(tmp_path)

    return write


def test_a_closure_follows_every_way_to_import(tree):
    sources = tree(
        {
            "pipeline/__init__.py": "",
            "stages/make.py": "from typing import TYPE_CHECKING\nimport polars\nfrom pipeline.a import one\n"
            "if TYPE_CHECKING:\n    from pipeline.types_only import T\n",
            "pipeline/a/__init__.py": "",
            "pipeline/a/one.py": "def late():\n    from .two import thing\n    from .. import three\n",
            "pipeline/a/two.py": "thing = import_module('pipeline.by_name')",
            "pipeline/a/not_imported.py": "",
            "pipeline/three.py": "import pipeline.kinds.base as base",
            "pipeline/by_name.py": "'pipeline.types_only is not meant by this sentence'",
            "pipeline/types_only.py": "",
            "pipeline/kinds/__init__.py": "found = [m for m in iter_modules(__path__)]",
            "pipeline/kinds/base.py": "",
            "pipeline/kinds/other.py": "",
            "pipeline/kinds/page.md": "",
            "pipeline/kinds/carried/task.py": "import pipeline.types_only",
        }
    )
    assert sorted(sources.closure("stages.make")) == [
        "pipeline/__init__.py",
        "pipeline/a/__init__.py",
        "pipeline/a/one.py",
        "pipeline/a/two.py",
        "pipeline/by_name.py",
        "pipeline/kinds/__init__.py",
        "pipeline/kinds/base.py",
        "pipeline/kinds/carried/task.py",
        "pipeline/kinds/other.py",
        "pipeline/kinds/page.md",
        "pipeline/three.py",
        "stages/make.py",
    ]


def test_dvc_yaml_names_what_each_stage_imports_and_nothing_else(root):
    sources = closure.Sources(root)
    wrong = [one for one in closure.coverage(root) if one.missing or one.superfluous]
    assert not wrong, "\n".join(
        line for one in wrong for line in closure.lines(one, sources) if "  =" not in line
    )


@pytest.mark.slow
def test_dvc_status_names_exactly_the_stages_that_a_changed_file_is_part_of(tmp_path, monkeypatch):
    from dvc.repo import Repo

    project = sample_run(tmp_path / "valact")
    _parse_yaml_once(monkeypatch)
    monkeypatch.chdir(project)
    expected = closure.expected(project)
    wrong = []
    with Repo() as repo:
        assert _named(repo) == set(), "the sample was not up to date to begin with"
        for file, stages in expected.items():
            path = Path(file)
            before = path.read_bytes()
            path.write_bytes(before + b"\n# changed\n")
            found = _named(repo)
            path.write_bytes(before)
            wrong += [f"{file}: {stage} is not named" for stage in sorted(stages - found)]
            wrong += [f"{file}: {stage} is named" for stage in sorted(found - stages)]
        assert _named(repo) == set()
    assert not wrong, "\n".join(wrong)


def _named(repo: Any) -> set[str]:
    """The stages that `dvc status` names, those of a matrix once."""
    return {name.partition("@")[0] for name in repo.status()}


def _parse_yaml_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC parses dvc.yaml, dvc.lock and params.yaml some twenty times a status, which takes most of its time."""
    from dvc.utils.serialize import _yaml

    parse = functools.cache(_yaml.parse_yaml)
    monkeypatch.setattr(_yaml, "parse_yaml", lambda *args, **options: deepcopy(parse(*args, **options)))
