"""A release folder of a small finished run, built by the library, and the same with its seals made anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import yaml

from pipeline.params import Params
from pipeline.release.files import content_sha256, sha256, write_checksums
from pipeline.release.translated import present
from services.finished_run import finished_run
from services.raters import Rater
from services.released import build
from services.validated_run import validate_run


def built_release(
    run: Path, folder: Path, params: Params, deal: Callable[[Path], object] | None = None
) -> Path:
    """Makes the run's tables under ``run`` and the release ``folder`` of them; ``deal`` may write actions, questions
    and options of its own into ``run``."""
    finished_run(run, params)
    if deal:
        deal(run)
    validate_run(run, params, [Rater(0.9), Rater(0.8, skips=0.1), Rater(0.7, attention=0.5)])
    return build(run, params, folder)


def seal(folder: Path) -> None:
    """Makes every hash and size in the folder's documents those of its files, as somebody who forges would."""
    files = {name: folder / name / "test.parquet" for name in present(folder)}
    card = (folder / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---\n")[1])
    for info in head["dataset_info"]:
        file = files[info["config_name"]]
        if file.exists() and info["splits"]:
            size, rows = pq.read_table(file).nbytes, pq.read_metadata(file).num_rows
            info |= {"download_size": file.stat().st_size, "dataset_size": size}
            info["splits"][0] |= {"num_examples": rows, "num_bytes": size}
    body = re.fullmatch(r"---\n.*?\n---\n(.*)", card, re.DOTALL)
    assert body
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n{body[1]}")

    manifest = json.loads((folder / "release.json").read_text())
    for name, file in files.items():
        if file.exists():
            manifest["configs"][name] = {
                "rows": pq.read_metadata(file).num_rows,
                "sha256": sha256(file),
                "content_sha256": content_sha256(pl.read_parquet(file)),
            }
    (folder / "release.json").write_text(json.dumps(manifest, indent=2) + "\n")

    croissant = json.loads((folder / "croissant.json").read_text())
    for entry in croissant["distribution"]:
        file = folder / entry["contentUrl"]
        if file.exists():
            entry |= {"sha256": sha256(file), "contentSize": f"{file.stat().st_size} B"}
    (folder / "croissant.json").write_text(json.dumps(croissant, indent=2) + "\n")
    write_checksums(folder)
