"""annotations/repairs.yaml: actions that raters rejected, to be written anew by their generator.

`valact annotate repair` adds to it, stage generate reads it, and git keeps it. An entry is about one text of an
action: when the text changes the entry has done its work, and stays, because it is part of how the text came about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from pipeline.core.atomic import write_text
from pipeline.core.documents import read_yaml
from pipeline.core.errors import InputError
from pipeline.tables import NONE
from pipeline.values import Inventory

FILE = Path("annotations/repairs.yaml")
HEAD = """\
# Actions that raters rejected. `valact annotate repair` adds them; stage generate has each text written anew once.
# An entry stays when its text is gone: it is part of how the text that is there now came about.
"""
REASON = "rejected_by_raters"


@dataclass(frozen=True, slots=True, order=True)
class Repair:
    """One rejected text: what most of its raters saw in it, and how many of them saw what was intended.

    Repairs of one ``batch`` (from 1) were asked for together, after those of the batches before. ``round`` is the round
    of validation in which the text was judged; empty in files of versions that did not say so.
    """

    batch: int
    action_id: str
    text_sha256: str
    consensus: str
    judgements: int
    matching: int
    round: str = ""

    def problem(self, values: Inventory) -> str:
        """What to tell the generator, and the ledger."""
        seen = (
            f"none of the {values.in_words('en')} values"
            if self.consensus == NONE
            else values.by_slug[self.consensus].name
        )
        return f"most readers saw {seen} in it; {self.matching} of {self.judgements} saw the value intended"


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path = FILE, values: Inventory | None = None) -> tuple[Repair, ...]:
    """The repairs asked for; none where the file is missing. InputError where it is not what we write, or names values
    that the inventory ``values`` does not have (left out: any)."""
    if not path.exists():
        return ()
    found = read_yaml(path, remedy="take it back from git")
    rows = found.get("repairs") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise InputError("a list `repairs` is needed", where=str(path), remedy="take it back from git")
    return tuple(_repair(row, number, path, values) for number, row in enumerate(rows, start=1))


def write(repairs: Iterable[Repair], path: Path = FILE) -> None:
    """Writes the file, whole or not at all; the same repairs in any order give the same bytes."""
    rows = [asdict(repair) for repair in sorted(set(repairs))]
    write_text(HEAD + yaml.safe_dump({"repairs": rows}, sort_keys=False, width=200), path)


def _repair(row: object, number: int, path: Path, values: Inventory | None) -> Repair:
    fields = Repair.__dataclass_fields__
    if not isinstance(row, dict) or set(row) | {"round"} != set(fields):
        raise InputError(f"entry {number} does not have the fields {', '.join(fields)}", where=str(path))
    repair = Repair(**row)
    texts = (repair.action_id, repair.text_sha256, repair.consensus, repair.round)
    counts = (repair.batch, repair.judgements, repair.matching)
    if not all(isinstance(t, str) for t in texts) or not all(type(n) is int and n >= 0 for n in counts):
        raise InputError(f"entry {number}: texts and counts are needed: {row}", where=str(path))
    if values is not None and repair.consensus not in (*values.slugs, NONE):
        raise InputError(
            f"entry {number}: consensus {repair.consensus!r} is neither a value of {values.name} nor {NONE!r}",
            where=str(path),
            remedy="`inventory` in params must be the one that the actions were written for",
        )
    return repair
