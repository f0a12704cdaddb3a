"""The hydrated copy: a folder that ``load_dataset`` reads like the release, marked as not to be passed on."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from pipeline.core.atomic import replacing
from pipeline.core.documents import parse_yaml, read_text
from pipeline.core.errors import InputError
from pipeline.hydrate.check import OK, STATUSES
from pipeline.release import manifest
from pipeline.release.configs import SPLIT
from pipeline.release.files import CHECKSUMS, files, write_checksums, write_parquet, write_text
from pipeline.release.markdown import markdown_table, replaced
from pipeline.verify.checksums import SIGNATURE
from pipeline.verify.hydrated import ORIGIN, TABLE

FILLED = ("questions", "scenarios")
# What describes the release's own bytes says nothing true of the copy.
LEFT_OUT = (CHECKSUMS, SIGNATURE, "README.md", "croissant.json", "release.json")
_FRONT = re.compile(r"---\n(.*?)\n---\n(.*)", re.DOTALL)


def check_is_free(out: Path) -> None:
    """InputError where the folder to write holds anything but an earlier copy."""
    if out.exists() and not (out / TABLE).exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "the folder is there already, and is no hydrated copy", where=str(out), remedy="name another one"
        )


def write(release: Path, out: Path, scenarios: pl.DataFrame, settled: pl.DataFrame) -> None:
    """The copy of the release folder with the texts of ``settled`` (see ``check.settle``), whole or not at all."""
    texts = dict(settled.select("scenario_id", "text").iter_rows())
    with replacing(out) as new:
        new.chmod(0o700)
        for file in files(release):
            name = file.relative_to(release)
            if (
                name.as_posix() not in LEFT_OUT
                and name.parts[0] not in FILLED
                and not name.name.startswith(".")
            ):
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, new / name)
        for config in FILLED:
            write_parquet(
                _filled(release / config / f"{SPLIT}.parquet", texts), new / config / f"{SPLIT}.parquet"
            )
        shutil.copyfile(release / manifest.FILE, new / ORIGIN)
        write_parquet(settled.drop("text").sort("scenario_id").to_arrow(), new / TABLE)
        write_text(_card(read_text(release / "README.md"), new, settled), new / "README.md")
        # A copy that lies in a repository by mistake is not committed by mistake.
        write_text("*", new / ".gitignore")
        write_checksums(new)


def recount(copy: Path) -> None:
    """Makes the card's sizes and SHA256SUMS those of the files again, after rows were taken out of a copy."""
    card = copy / "README.md"
    parts = _FRONT.fullmatch(card.read_text(encoding="utf-8"))
    if parts is None:
        raise InputError(
            "the card has no YAML head", where=str(card), remedy="delete the copy and hydrate again"
        )
    head = yaml.safe_load(parts[1])
    for info in head["dataset_info"]:
        _measure(info, copy, rows=True)
    text = f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n{parts[2]}"
    write_text(text, card)
    write_checksums(copy)


def _measure(info: dict[str, Any], folder: Path, *, rows: bool = False) -> None:
    """Sets the sizes that a card claims of one config to those of its file."""
    file = folder / info["config_name"] / f"{SPLIT}.parquet"
    table = pq.read_table(file)
    info["splits"][0]["num_bytes"] = info["dataset_size"] = table.nbytes
    info["download_size"] = file.stat().st_size
    if rows:
        info["splits"][0]["num_examples"] = table.num_rows


def _filled(file: Path, texts: dict[str, str | None]) -> pa.Table:
    table = pq.read_table(file)
    place = table.schema.get_field_index("text")
    field = table.schema.field(place)
    column = pa.array([texts[scenario] for scenario in table.column("scenario_id").to_pylist()], field.type)
    return table.set_column(place, field, column)


def _card(card: str, folder: Path, settled: pl.DataFrame) -> str:
    """The release's card with the copy's sizes in front and a notice on top."""
    parts = _FRONT.fullmatch(card)
    if parts is None:
        raise InputError("the card has no YAML head: is this a release?", where="README.md")
    head = parse_yaml(parts[1], where="README.md")
    for info in head["dataset_info"]:
        if info["config_name"] in FILLED:
            _measure(info, folder)
    head["license"] = "other"
    head["license_name"] = "hydrated-locally-do-not-redistribute"
    counts = Counter(settled["status"])
    table = markdown_table(
        ("status", "meaning", "scenarios"),
        [(f"`{status}`", meaning, counts[status]) for status, meaning in STATUSES.items()],
    )
    notice = (
        "> **Hydrated locally, do not redistribute.** The texts in this copy are Reddit posts. They belong to their "
        "authors, and are not under the licence of the release. Delete the copy, and hydrate a newer version of the "
        "release, when posts are taken back; keep no text of a post that its author has deleted.\n\n"
        f"`{TABLE}` has the status of every scenario:\n\n{table}"
    )
    body = replaced(parts[2].strip(), _holds(counts))
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n\n{notice}\n\n{body}\n"


def _holds(counts: Counter[str]) -> dict[str, str]:
    """What the copy says where the release says that texts are withheld; by the names of these places."""
    return {
        "texts": (
            f"**This copy holds the texts of {counts[OK]:,} of {counts.total():,} scenarios**, to the byte those that "
            f"the questions were made of; `{TABLE}` says what became of the others, whose `text` is empty. "
            '`load_dataset("PATH OF THIS FOLDER")` loads it; the addresses above are of the release without texts.'
        ),
        "holds": f"scenario (`text`, where its status in `{TABLE}` is {OK})",
        "example": "",
        "run": "run in this folder",
    }
