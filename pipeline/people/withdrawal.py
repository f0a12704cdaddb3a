"""People who take their answers back: by a code that only they have, out of every table, and for good.

``withdrawal.json`` lies with the key of the forms and goes nowhere else. It holds hashes of codes alone: of those who
withdrew, with the day, and for each study which respondent somebody with a code became.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.atomic import write_private
from pipeline.core.documents import read_json
from pipeline.core.errors import InputError
from pipeline.people.imports import schemas_of
from pipeline.people.records import Handed, Note
from pipeline.tables import conform, read_table, write_table
from pipeline.tables.people import PeopleLedger

FILE = "withdrawal.json"
REASON = "withdrawn"
# Where the ledger of an import names files: there is none any more.
NO_FILE = "(withdrawn)"


@dataclass(slots=True)
class Register:
    """``withdrawn``: day by hash of the code. ``respondents``: of each study, the respondent by hash of the code."""

    path: Path
    salt: str
    withdrawn: dict[str, str] = field(default_factory=dict)
    respondents: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def open(cls, key: Path) -> Register:
        """The register beside a key of forms, which is ``key`` or in its key/."""
        path = (key / "key" if (key / "key").is_dir() else key) / FILE
        if not path.exists():
            return cls(path, secrets.token_hex(16))
        found = read_json(path)
        try:
            return cls(path, str(found["salt"]), dict(found["withdrawn"]), dict(found["respondents"]))
        except (KeyError, TypeError, ValueError):
            remedy = "put it back from a copy: who has withdrawn must stay out"
            raise InputError("not a register of withdrawals", where=str(path), remedy=remedy) from None

    def write(self) -> None:
        content = {"salt": self.salt, "withdrawn": self.withdrawn, "respondents": self.respondents}
        write_private(json.dumps(content, indent=1, sort_keys=True) + "\n", self.path)

    def sign(self, code: str) -> str:
        return hashlib.sha256(f"{self.salt} {code}".encode()).hexdigest()

    def enter(self, code: str) -> None:
        """From now on no import takes these answers."""
        self.withdrawn.setdefault(self.sign(code), dt.datetime.now(dt.UTC).date().isoformat())
        self.write()

    def link(self, study: str, respondents: Mapping[str, str]) -> None:
        """Remembers who became which respondent of a study; ``respondents`` by code. Those who withdrew from it before
        stay in the register."""
        gone = {sign: one for sign, one in self.respondents.get(study, {}).items() if sign in self.withdrawn}
        self.respondents[study] = gone | {self.sign(code): one for code, one in respondents.items()}
        self.write()

    def studies(self, code: str) -> dict[str, str]:
        """The respondent that somebody became in each study."""
        sign = self.sign(code)
        return {study: found[sign] for study, found in self.respondents.items() if sign in found}


def leave_out(handed: Handed, register: Register, study: str) -> None:
    """Takes out the records of people who have withdrawn. The ledger counts them and names no file."""
    gone = {register.sign(record.withdrawal) for record in handed.records if record.withdrawal}
    gone |= set(register.respondents.get(study, {}))
    handed.records = [
        record for record in handed.records if register.sign(record.withdrawal) not in register.withdrawn
    ]
    withdrawn = gone & set(register.withdrawn)
    handed.notes += [_note(number) for number in range(1, len(withdrawn) + 1)]


def _note(number: int) -> Note:
    return Note("left_out", REASON, "taken back by the person, by code", NO_FILE, number)


def erase(folder: Path, respondent: str) -> int:
    """Deletes the rows of a respondent from the tables of a study, and adds the withdrawal to its ledger; how many
    rows went."""
    count = 0
    for name, schema in schemas_of({path.stem for path in folder.glob("*.parquet")}).items():
        path = folder / f"{name}.parquet"
        table = read_table(schema, path)
        if "respondent" not in table.columns:
            continue
        kept = table.filter(pl.col("respondent").is_null() | (pl.col("respondent") != respondent))
        count += table.height - kept.height
        if name == "ledger":
            kept = _counted(kept) if count else kept
        write_table(schema, kept, path)
    return count


def _counted(ledger: pl.DataFrame) -> pl.DataFrame:
    rows: list[dict[str, Any]] = ledger.to_dicts()
    before = sum(row["reason"] == REASON for row in rows)
    note = _note(before + 1)
    row = {"file": note.file, "row": note.row, "respondent": None, "item": None}
    rows.append(
        row
        | {
            "number": max((one["number"] for one in rows), default=0) + 1,
            "effect": note.effect,
            "reason": note.reason,
            "detail": note.detail,
        }
    )
    return conform(PeopleLedger, rows, where="ledger of people")


def delete_files(places: list[Path], code: str) -> tuple[list[Path], list[Path]]:
    """Deletes the answer files of the person with this code; those that hold others' answers too stay, and are given
    second: who keeps them has to take the person's lines out."""
    deleted, shared = [], []
    for path in sorted(places):
        text = path.read_text(encoding="utf-8", errors="replace")
        if code not in text:
            continue
        if path.suffix == ".json" and text.count('"withdrawal"') == 1:
            path.unlink()
            deleted.append(path)
        else:
            shared.append(path)
    return deleted, shared
