"""What every test shares: the network guard, the reference data, and the repository's root.

`make test` runs them in several processes. What one module builds for its tests is built once all the same, because
these tests stay together; what several modules share is built by ``services.shared``.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from services import shared

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from services.label_studio import Running

ROOT = Path(__file__).resolve().parent.parent
GUARD = Path(__file__).parent / "guard"

# Before any test module is imported: children inherit these, and the hook is in place for this process.
_log = tempfile.NamedTemporaryFile(prefix="valact-guard-", suffix=".log", delete=False)  # noqa: SIM115
os.environ["VALACT_GUARD_LOG"] = _log.name
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_TOKEN_PATH"] = os.devnull
os.environ["DO_NOT_TRACK"] = "1"
# Tests run side by side, and their matrices and tables are small: threads of a library would spend more time on waiting
# for one another than on the work (a singular value decomposition takes thirty times as long on a busy machine).
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_name, "1")
# Where it is set, as in many containers, every program that a test starts would compile all of ours anew; so would this
# one, which keeps bytecode until the tests begin (`pytest_collection_finish`): they import from releases, too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
_without_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, False
sys.path.insert(0, str(GUARD))
import sitecustomize as guard  # noqa: E402

if getattr(guard, "guard", None) is None:  # the interpreter loaded another sitecustomize before
    raise RuntimeError("tests/guard/sitecustomize.py is shadowed: the network guard cannot work")
sys.addaudithook(guard.guard)
_shared = shared.begin()
# How long an example takes is the machine's business.
hypothesis.settings.register_profile("valact", deadline=None)
hypothesis.settings.load_profile("valact")


@pytest.hookimpl(optionalhook=True)  # xdist's
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores (`pytest -n logical`): a third of the time, tests wait for servers, for
    browsers and for programs that they start."""
    from pipeline.core.cores import usable_cores

    return usable_cores() + 1


@pytest.hookimpl(tryfirst=True)  # before the hook by which xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where there are several processes (`pytest -n`): the longest tests first, so that none ends long after the
    others; tests that share a fixture in one of them. While one process builds what several modules share
    (``services.sample_run``), the others do what needs none of it."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    items.sort(key=_turn)
    for item in items:
        if isinstance(item, pytest.Function) and (name := _kept_together(item)):
            item.add_marker(pytest.mark.xdist_group(name))


def _turn(item: pytest.Item) -> int:
    """``slow(first=True)`` begins the longest chain of shared builds; ``slow(after=...)`` would wait for one."""
    slow = item.get_closest_marker("slow")
    if slow is None:
        return 3
    if "first" in slow.kwargs:
        return 0
    return 2 if "after" in slow.kwargs else 1


def pytest_collection_finish() -> None:
    sys.dont_write_bytecode = _without_bytecode


def _kept_together(item: pytest.Function) -> str | None:
    """The server or the module whose fixture the test shares with others."""
    definitions = item._fixtureinfo.name2fixturedefs
    if "studio" in definitions:
        return "studio"
    scopes = {found[-1].scope for found in definitions.values()}
    return item.module.__name__ if scopes & {"class", "module"} else None


@pytest.fixture(autouse=True)
def _network_guard() -> Iterator[None]:
    """Fails a test during which any process reached beyond loopback."""
    before = Path(_log.name).stat().st_size
    yield
    with open(_log.name, encoding="utf-8") as file:
        file.seek(before)
        breaches = file.read()
    assert not breaches, f"the test reached beyond this machine:\n{breaches}"


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the person who runs the tests is ever used."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL", "_TOKEN")) or name.startswith(("REDDIT_", "praw_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _keyboard() -> Iterator[None]:
    """Python's own handling of Ctrl-C; a test run that was started in the background begins without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of real data to check against; skips where there is none."""
    folder = os.environ.get("VALACT_REFERENCE_DIR")
    if not folder:
        pytest.skip("VALACT_REFERENCE_DIR is not set: no reference data to check against")
    return Path(folder)


@pytest.fixture(scope="session")
def published_results(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authors' results, tables and metadata of the reference data, and nothing else that lies beside them."""
    folder = tmp_path_factory.mktemp("published") / "valact"
    shutil.copytree(reference / "valact", folder, ignore=shutil.ignore_patterns("clone", "forms_made_here"))
    return folder


@pytest.fixture(scope="session")
def lens_run() -> Path:
    """The folder in which every step of the lens's sample ran."""
    from services.lens_run import built

    return built()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; skips where the machine has none and none could be installed.

    While it runs, playwright's event loop does too, so that nothing else in this thread can start one: a test
    of a page runs the pipeline in other processes.
    """
    from services.browser import chromium, executable

    if executable() is None:
        pytest.skip("no Chromium on this machine, and `make test` could not install one")
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real Label Studio server for all tests that need one; skips where it is not installed."""
    from services.label_studio import PROGRAM, label_studio

    if not PROGRAM.exists():
        pytest.skip("Label Studio is not installed: `make test` installs it into .venv-annotate")
    with label_studio(tmp_path_factory.mktemp("label-studio")) as running:
        yield running


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def pytest_sessionfinish() -> None:
    os.unlink(_log.name)
    if _shared:
        shutil.rmtree(_shared, ignore_errors=True)
