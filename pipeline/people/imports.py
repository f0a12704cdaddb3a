"""From people's answers to the tables of any other respondent.

Nothing in the tables says who somebody is: no code, no time of day, no address, no name of a file. A respondent's id
is a hash of the answers, so that it stays the same when more files come, and does not follow from a code.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.core.seeding import seeded_hash
from pipeline.forms.folder import Key
from pipeline.params.people import AnswerChecks
from pipeline.people.checks import select
from pipeline.people.reading import LETTERS, Given, Person
from pipeline.people.records import PLAIN, Handed, Note
from pipeline.score.scoring import score_instruments
from pipeline.tables import (
    MAIN,
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    Options,
    Ratings,
    Respondents,
    conform,
    write_table,
)
from pipeline.tables.people import PeopleLedger

SCHEMAS: dict[str, type[dy.Schema]] = {
    "respondents": Respondents,
    "choices": Choices,
    "instrument_answers": InstrumentAnswers,
    "ratings": Ratings,
    "ledger": PeopleLedger,
}
_ASKED = {"most_appropriate": "asked for the most appropriate", "would_do": "asked what they would do"}
QUESTION_SCHEMAS: dict[str, type[dy.Schema]] = {"options": Options, "questions": AskedQuestions}


@dataclass(frozen=True, slots=True)
class Imported:
    """``tables`` by the names of ``SCHEMAS`` and, where questions were asked, ``QUESTION_SCHEMAS``.

    ``kept`` counts people, ``left_out`` files and rows. No table holds the rest: the respondent by the code with which
    the person can withdraw, and what people said about themselves, sorted.
    """

    tables: dict[str, pl.DataFrame]
    kept: int
    left_out: int
    respondents: dict[str, str]
    background: list[dict[str, str]]


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
    options, contents = _options(key), _contents(key)
    choices = [
        _choice(r, g, options) | {"content_sha256": contents.get(g.item["question_id"])}
        for r, p in named
        for g in p.given
        if g.item["kind"] == "question"
    ]
    answers = [_statement(r, p, g) for r, p in named for g in p.given if g.item["kind"] == "statement"]
    instrument_answers = conform(InstrumentAnswers, answers, where="answers of people to the instrument")
    notes += _rules(instrument_answers)
    notes += [
        Note("noted", "no_times", "the file has no seconds: speed is unchecked", respondent=respondent)
        for respondent, person in named
        if key is not None and all(given.seconds is None for given in person.given)
    ]
    tables = {
        "respondents": conform(Respondents, respondents, where="respondents"),
        "choices": conform(Choices, choices, where="choices of people"),
        "instrument_answers": instrument_answers,
        "ratings": Ratings.create_empty(),
        "ledger": _ledger(handed, [*handed.notes, *notes]),
    }
    if key is not None:
        asked = tables["choices"].select("question_id").unique()
        tables["options"] = key.options.join(asked, on="question_id", how="semi")
        tables["questions"] = key.questions.join(asked, on="question_id", how="semi")
    left_out = {(n.file, n.row) for n in [*handed.notes, *notes] if n.effect == "left_out"}
    codes = {person.record.withdrawal: respondent for respondent, person in named if person.record.withdrawal}
    said = sorted(
        (dict(p.record.background) for p in kept if p.record.background), key=lambda row: sorted(row.items())
    )
    return Imported(tables, len(kept), len(left_out), codes, said)


def write(imported: Imported, out: Path) -> None:
    """Writes the folder, all of it or nothing: it replaces what was there in one move."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".people-", dir=out.parent.parent) as temporary:
        fresh = Path(temporary) / out.name
        for name, schema in (SCHEMAS | QUESTION_SCHEMAS).items():
            if name in imported.tables:
                write_table(schema, imported.tables[name], fresh / f"{name}.parquet")
        if out.exists():
            shutil.move(out, Path(temporary) / "replaced")
        shutil.move(fresh, out)


def _respondent(person: Person, name: str, seed: int) -> str:
    """Opaque id. No two people have one, because of equal answers only one is kept."""
    return f"{name}-{seeded_hash(seed, 'people', person.fingerprint):016x}"


def _options(key: Key | None) -> dict[tuple[str, int], dict[str, str]]:
    """Action and value of each question's dealt positions."""
    if key is None:
        return {}
    rows = key.options.select("question_id", "position", "action_id", "value").iter_rows()
    return {(question, position): {"action_id": a, "value": v} for question, position, a, v in rows}


def _contents(key: Key | None) -> dict[str, str | None]:
    """The hash of each question as the forms show it."""
    return {} if key is None else dict(key.questions.select("question_id", "content_sha256").iter_rows())


def _source(key: Key | None, person: Person) -> str:
    if key:
        return f"form {person.form} of design {key.design}, {_ASKED[key.asks]}, {key.wording}"
    return f"a table of answers to {person.given[0].item['instrument']}"


def _choice(respondent: str, given: Given, options: dict[tuple[str, int], dict[str, str]]) -> dict[str, Any]:
    item, shown = given.item, given.choice
    row = {
        "respondent": respondent,
        "mode": "default",
        "language": item["language"],
        "wording": 1,
        "repeat": 1,
        "question_id": item["question_id"],
        "scenario_id": item["scenario_id"],
        "order": item["order"],
        "status": given.status,
        "raw": _raw(given),
    }
    if shown is None:
        return row
    position = int(item["order"][shown - 1])
    return row | {"letter": LETTERS[shown - 1], "position": position} | options[item["question_id"], position]


def _statement(respondent: str, person: Person, given: Given) -> dict[str, Any]:
    return {
        "respondent": respondent,
        "instrument": given.item["instrument"],
        "administration": 1,
        "item": given.item["number"],
        "language": given.item["language"],
        "wording": 1,
        "shuffle": int(person.form[1:]) if person.form else 0,
        "place": given.item["number_place"],
        "status": given.status,
        "answer": given.choice,
        "raw": _raw(given),
    }


def _raw(given: Given) -> str | None:
    return given.raw if PLAIN.fullmatch(given.raw) else None


def _rules(answers: pl.DataFrame) -> list[Note]:
    """The instrument's own exclusions: the rows stay, and ``score`` gives them no scores."""
    excluded = score_instruments(answers).filter(pl.col("excluded").is_not_null())
    return [
        Note("no_scores", reason, "by the rules of the instrument", respondent=respondent)
        for respondent, reason in excluded.select("respondent", "excluded").unique().iter_rows()
    ]


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
