"""Made-up people who fill in forms of the lens's sample: each value is held, and acted on, as often as we say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipeline.core.seeding import seeded_hash
from pipeline.params.people import Consent
from services import lens_run
from services.folder import valact
from services.study import Handed

TOLD = {name: f"What is said of {name}." for name in Consent.model_fields}


class LensStudy(Handed):
    """Forms of a finished run of the lens's sample."""

    def record(self, form: str, person: str, rating: dict[str, float], acting: dict[str, float]) -> Path:
        """The file of a person who agrees (2) with a value with the chance in ``rating``, else disagrees (3), and takes
        its action with that in ``acting``; who sees the checks, and skips nothing."""
        items = []
        for item in self.items(form):
            lot = seeded_hash(5, person, item["item_id"]) / 2**64
            if item["expected"]:
                choice = item["expected"]
            elif item["option_ids"]:
                choice = item["order"].index("1" if lot < acting[item["value"]] else "2") + 1
            else:
                choice = 2 if lot < rating[item["value"]] else 3
            items.append(
                {
                    "place": item["place"],
                    "item": item["item_id"],
                    "answer": item["option_ids"][choice - 1] if item["option_ids"] else choice,
                    "seconds": 6.0,
                    "options": item["option_ids"],
                }
            )
        path = self.folder / f"{person}.json"
        path.write_text(json.dumps(self.page(form, person, items)))
        return path

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"lens/data/imported/pilot/{name}.parquet")

    def take_in(self, *files: Path, **options: Any) -> str:
        arguments = [str(file) for file in files]
        return valact(
            "import-humans", *arguments, "--key", "forms", "--name", "pilot", "--recipe", "lens", **options
        ).output


def lens_folder(folder: Path, **forms: Any) -> Path:
    """The finished sample of the lens in ``folder``, with these params of its forms."""
    shutil.copytree(lens_run.built() / "lens", folder / "lens", symlinks=True)
    file = folder / "lens/params.yaml"
    params = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(params | {"forms": {"consent": TOLD} | forms}, sort_keys=False))
    return folder


def lens_study(folder: Path, count: int = 4, **forms: Any) -> LensStudy:
    """The same with ``count`` forms, in ``folder``, which is the current one."""
    lens_folder(folder, **forms)
    valact("forms", "--recipe", "lens", "--n", str(count), "--out", "forms")
    return LensStudy(folder)
