"""A small study with people: forms of a finished run, and the answer files that made-up people hand in."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.params import Params
from pipeline.params.people import Consent, Forms
from services.finished_run import finished_run, run_params
from services.folder import valact, write_params

QUESTIONS = 20
TOLD = Consent(**{name: f"What is said of {name}." for name in Consent.model_fields})


@dataclass(frozen=True)
class Handed:
    """A folder with forms in ``forms/``, and what people hand in. It is the current folder wherever it is used."""

    folder: Path

    @property
    def key(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "forms/key/key.parquet")

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.folder / "forms/key/design.json").read_text())

    @property
    def design(self) -> str:
        return self.facts["design"]

    def withdrawal(self, participant: str) -> str:
        """The code with which the person can take the answers back."""
        return f"{seeded_hash(2, participant, ''):016x}"[:12]

    def items(self, form: str) -> list[dict[str, Any]]:
        return self.key.filter(form=form).sort("place").to_dicts()

    def page(self, form: str, participant: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        """What the page saves."""
        return {
            "format": "valact-answers/1",
            "form": form,
            "design": self.design,
            "participant": participant,
            "withdrawal": self.withdrawal(participant),
            "consent": {"agreed": "2026-03-04T05:06:07Z", "text": self.facts["consent"]},
            "background": {},
            "items": items,
        }


@dataclass(frozen=True)
class Study(Handed):
    """Forms of a finished run of the questions."""

    params: Params

    def copied(self, folder: Path) -> Study:
        """A study of one's own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Study(folder, self.params)

    def record(self, form: str, participant: str, **changes: Any) -> dict[str, Any]:
        """What the page saves for a person who answers everything, attentively, and not in haste."""
        answered = [self.answer(item, participant) for item in self.items(form)]
        return self.page(form, participant, answered) | changes

    def answer(self, item: dict[str, Any], participant: str) -> dict[str, Any]:
        draw = seeded_hash(1, participant, item["item_id"])
        choice = item["expected"] or draw % (4 if item["option_ids"] else 6) + 1
        return {
            "place": item["place"],
            "item": item["item_id"],
            "answer": item["option_ids"][choice - 1] if item["option_ids"] else choice,
            "seconds": 5 + draw % 50 / 10,
            "options": item["option_ids"],
        }

    def save(self, record: dict[str, Any], name: str) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(record))
        return path

    def table(self, name: str, study: str = "pilot") -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"data/imported/{study}/{name}.parquet")

    def ledger(self) -> list[tuple[str, str, str | None, int | None]]:
        return [(r["effect"], r["reason"], r["file"], r["row"]) for r in self.table("ledger").to_dicts()]

    def take_in(self, *files: Path, **options: Any) -> str:
        arguments = [str(file) for file in files]
        return valact("import-humans", *arguments, "--key", "forms", "--name", "pilot", **options).output

    def change(
        self, record: dict[str, Any], kind: str, how: Callable[[dict[str, Any]], Any]
    ) -> dict[str, Any]:
        """The record with the answers to one kind of item changed."""
        kinds = dict(self.key.select("item_id", "kind").iter_rows())
        for entry in record["items"]:
            if kinds.get(entry["item"]) == kind:
                how(entry)
        return record


def make_study(folder: Path, forms: int = 4, **settings: Any) -> Study:
    """Builds the run and its forms in ``folder``."""
    chosen = Forms(**{"questions": QUESTIONS, "consent": TOLD} | settings)
    params = run_params().model_copy(update={"forms": chosen})
    finished_run(folder / "data", params)
    write_params(folder, params)
    with chdir(folder):
        valact("forms", "--n", str(forms), "--out", "forms")
    return Study(folder, params)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A table with the columns of all rows."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
