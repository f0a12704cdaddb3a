"""The sample of the lens, every step of it run once for all tests, for reading only."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path

from pipeline.lens import params as settings
from pipeline.recipe import LENS
from pipeline.step.run import carry_out
from services import shared

ROOT = Path(__file__).resolve().parents[2]


def built() -> Path:
    """The folder in which the steps ran."""
    return shared.once("lens", _build)


def _build(folder: Path) -> None:
    (folder / "lens/data").mkdir(parents=True)
    (folder / "lens/params.yaml").write_bytes((ROOT / "lens/profiles/sample.yaml").read_bytes())
    for shared_folder in ("lens/data/sample", "lens/annotations", "annotations"):
        os.symlink(ROOT / shared_folder, folder / shared_folder)
    with chdir(folder):
        params = settings.load()
        for step in map(LENS.step, LENS.steps):
            for part in step.parts(params):
                carry_out(step, params, part)
