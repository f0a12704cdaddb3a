"""DVC sees every file that a stage runs, and no other: dvc.yaml against the stages' import closures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import pytest
from dvc.dependency import Dependency
from dvc.repo import Repo
from services import closure
from services.sample_run import built, copy_built


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
            "pipeline/by_name.py": "Entries('pipeline.things')\n'pipeline.types_only is not meant by this sentence'",
            "pipeline/types_only.py": "",
            "pipeline/kinds/__init__.py": "KINDS = Entries('kind', __name__, object)",
            "pipeline/kinds/base.py": "",
            "pipeline/kinds/other.py": "",
            "pipeline/kinds/page.md": "",
            "pipeline/things/__init__.py": "",
            "pipeline/things/thing.py": "",
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
        "pipeline/things/__init__.py",
        "pipeline/things/thing.py",
        "pipeline/three.py",
        "stages/make.py",
    ]


def test_dvc_yaml_names_what_each_stage_imports_and_nothing_else(root):
    sources = closure.Sources(root)
    wrong = [one for one in closure.coverage(root) if one.missing or one.superfluous]
    assert not wrong, "\n".join(
        line for one in wrong for line in closure.lines(one, sources) if "  =" not in line
    )


# The sample of the other recipe is not built for this test; what its stages depend on is compared above.
OWN = ["dvc.yaml"]


@pytest.mark.slow(after="sample")
@pytest.mark.timeout(900)
def test_dvc_status_names_exactly_the_stages_that_a_changed_file_is_part_of(tmp_path, monkeypatch):
    project = copy_built(built(), tmp_path / "valact")
    monkeypatch.chdir(project)
    expected = closure.expected(project)
    with Repo() as repo:
        assert repo.status(OWN) == {}, "the sample was not up to date to begin with"
        with repo.lock:
            code = _code_dependencies(repo)
            found = {}
            for file in expected:
                with _changed(file):
                    found[file] = {
                        stage
                        for dep, stages in code
                        if _lies_in(file, dep) and dep.workspace_status()
                        for stage in stages
                    }
        # The command itself takes twenty times as long: it is asked about files that a stage has for itself, one of
        # every second stage, all at once, and about one that most share.
        one_of_each = {tuple(sorted(stages)): file for file, stages in found.items()}
        own = sorted(stages for stages in one_of_each if len(stages) == 1 and _is_own(stages[0]))[::2]
        assert len(own) > 3, "nothing to ask about"
        for named in (own, [max(one_of_each, key=len)]):
            with ExitStack() as changes:
                for stages in named:
                    changes.enter_context(_changed(one_of_each[stages]))
                assert {_step(name) for name in repo.status(OWN)} == set(filter(_is_own, chain(*named)))
        assert repo.status(OWN) == {}
    missing = [f"{file}: {name} is not named" for file in expected for name in expected[file] - found[file]]
    extra = [f"{file}: {name} is named" for file in expected for name in found[file] - expected[file]]
    assert not missing + extra, "\n" + "\n".join(sorted(missing + extra))


def _is_own(stage: str) -> bool:
    return ":" not in stage


def _code_dependencies(repo: Repo) -> list[tuple[Dependency, set[str]]]:
    """What `dvc status` compares for the stages below pipeline/ and stages/: each path once with a recorded hash, and
    the stages that have it so."""
    of: dict[tuple[str, object], tuple[Dependency, set[str]]] = {}
    for stage in repo.index.stages:
        for dep in stage.deps:
            if dep.def_path.startswith(closure.TOPS):
                _, stages = of.setdefault((dep.fs_path, dep.hash_info), (dep, set()))
                stages.add(_step(stage.addressing))
    return list(of.values())


def _lies_in(file: str, dep: Dependency) -> bool:
    """Whether DVC's hash of the dependency can depend on the file at all."""
    return f"{file}/".startswith(f"{dep.def_path.rstrip('/')}/")


def _step(stage: str) -> str:
    """A stage's name without the member of its matrix."""
    return stage.partition("@")[0]


@contextmanager
def _changed(file: str) -> Iterator[None]:
    """The file with one more comment line."""
    path = Path(file)
    before = path.read_bytes()
    path.write_bytes(before + b"\n# changed\n")
    yield
    path.write_bytes(before)
