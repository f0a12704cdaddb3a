"""From people's answers to the tables of any other respondent.

Nothing in the tables says who somebody is: no code, no time of day, no address, no name of a file. A respondent's id
is a hash of the answers, so that it stays the same when more files come, and does not follow from a code.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.forms.key import Key
from pipeline.params.people import AnswerChecks
from pipeline.people import cells, questions
from pipeline.people.checks import select
from pipeline.people.reading import Person
from pipeline.people.records import Handed, Note
from pipeline.recipe import LENS
from pipeline.tables import MAIN, Respondents, conform, write_table
from pipeline.tables.people import PeopleLedger

_ASKED = {"most_appropriate": "asked for the most appropriate", "would_do": "asked what they would do"}


@dataclass(frozen=True, slots=True)
class Imported:
    """``tables`` by the names of the study's ``schemas``.

    ``kept`` counts people, ``left_out`` files and rows. No table holds the rest: the respondent by the code with which
    the person can withdraw, and what people said about themselves, sorted.
    """

    tables: dict[str, pl.DataFrame]
    schemas: Mapping[str, type[dy.Schema]]
    kept: int
    left_out: int
    respondents: dict[str, str]
    background: list[dict[str, str]]


def schemas_of(names: Iterable[str]) -> Mapping[str, type[dy.Schema]]:
    """The schemas of a study's tables, by their names: of ValAct's, or of the lens's, which have ``pairs``."""
    of = cells if "pairs" in names else questions
    known = {"respondents": Respondents, **of.ANSWERS, **of.ASKED, "ledger": PeopleLedger}
    return {name: schema for name, schema in known.items() if name in names}


def import_people(
    handed: Handed, people: Sequence[Person], key: Key | None, bounds: AnswerChecks, *, name: str, seed: int
) -> Imported:
    """The tables of a study called ``name``."""
    kept, notes = select(people, bounds)
    named = sorted(((_respondent(person, name, seed), person) for person in kept), key=lambda pair: pair[0])
    respondents = [
        {
            "respondent": respondent,
            "kind": "human",
            "group": name,
            "source": _source(key, person),
            "agent": respondent,
            "condition": MAIN,
        }
        for respondent, person in named
    ]
    answers = cells.answers if key is not None and key.recipe == LENS.name else questions.answers
    given, found = answers(named, key)
    notes += found
    notes += [
        Note("noted", "no_times", "the file has no seconds: speed is unchecked", respondent=respondent)
        for respondent, person in named
        if key is not None and all(given.seconds is None for given in person.given)
    ]
    tables = {
        "respondents": conform(Respondents, respondents, where="respondents"),
        **given,
        "ledger": _ledger(handed, [*handed.notes, *notes]),
    }
    left_out = {(n.file, n.row) for n in [*handed.notes, *notes] if n.effect == "left_out"}
    codes = {person.record.withdrawal: respondent for respondent, person in named if person.record.withdrawal}
    said = sorted(
        (dict(p.record.background) for p in kept if p.record.background), key=lambda row: sorted(row.items())
    )
    return Imported(tables, schemas_of(tables), len(kept), len(left_out), codes, said)


def write(imported: Imported, out: Path) -> None:
    """Writes the folder, all of it or nothing: it replaces what was there in one move."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".people-", dir=out.parent.parent) as temporary:
        fresh = Path(temporary) / out.name
        for name, schema in imported.schemas.items():
            write_table(schema, imported.tables[name], fresh / f"{name}.parquet")
        if out.exists():
            shutil.move(out, Path(temporary) / "replaced")
        shutil.move(fresh, out)


def _respondent(person: Person, name: str, seed: int) -> str:
    """Opaque id. No two people have one, because of equal answers only one is kept."""
    return f"{name}-{seeded_hash(seed, 'people', person.fingerprint):016x}"


def _source(key: Key | None, person: Person) -> str:
    if key:
        return f"form {person.form} of design {key.design}, {_ASKED[key.asks]}, {key.wording}"
    return f"a table of answers to {person.given[0].item['instrument']}"


def _ledger(handed: Handed, notes: Iterable[Note]) -> pl.DataFrame:
    """Notes in the order of files and rows, then of respondents. A file's name may hold its only person's code."""
    codes: dict[str, set[str]] = defaultdict(set)
    for record in handed.records:
        codes[record.file].add(record.participant)

    def public(note: Note) -> Note:
        known = codes.get(note.file or "", set())
        if note.file and len(known) == 1 and (code := next(iter(known))):
            return replace(note, file=note.file.replace(code, "***"))
        return note

    def order(note: Note) -> tuple[Any, ...]:
        texts = (note.item, note.reason, note.detail)
        return note.respondent or "", note.file or "", note.row or 0, *(text or "" for text in texts)

    rows = [
        {
            "number": number,
            "file": note.file,
            "row": note.row,
            "respondent": note.respondent,
            "item": note.item,
            "effect": note.effect,
            "reason": note.reason,
            "detail": note.detail,
        }
        for number, note in enumerate(sorted(map(public, notes), key=order), start=1)
    ]
    return conform(PeopleLedger, rows, where="ledger of people")
