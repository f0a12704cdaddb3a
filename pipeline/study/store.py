"""Answers as they are given: an answer is on disk before the page hears that it is stored.

What a panel calls somebody is in a table of its own, and nothing that anybody analyses comes from there. Somebody who
takes the answers back leaves the hash of the withdrawal code and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.study.file import StudyFile

# No letters and digits that are taken for one another.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS people (
    person INTEGER PRIMARY KEY,
    withdrawal TEXT NOT NULL UNIQUE,
    completion TEXT NOT NULL,
    form TEXT NOT NULL,
    agreed TEXT NOT NULL,
    consent TEXT NOT NULL,
    seen REAL NOT NULL,
    place INTEGER NOT NULL DEFAULT 1,
    finished TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
    item TEXT NOT NULL, answer TEXT, seconds REAL NOT NULL,
    PRIMARY KEY (person, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS background (
    person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
    question TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (person, question)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS panel (
    person INTEGER PRIMARY KEY REFERENCES people ON DELETE CASCADE,
    prolific_pid TEXT NOT NULL, study_id TEXT NOT NULL, session_id TEXT NOT NULL,
    UNIQUE (prolific_pid, study_id)
) STRICT;
CREATE TABLE IF NOT EXISTS withdrawn (code TEXT PRIMARY KEY, day TEXT NOT NULL) STRICT;
"""
_COLUMNS = (
    "person",
    "withdrawal",
    "completion",
    "form",
    "agreed",
    "consent",
    "seen",
    "place",
    "finished",
)
PANEL = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")


class Refused(Exception):
    """Somebody cannot begin; the argument is the word of the page that says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who agreed. ``place`` is the screen they are at; ``answers`` and ``seconds`` are by item."""

    person: int
    withdrawal: str
    completion: str
    form: str
    agreed: str
    consent: str
    seen: float
    place: int
    finished: str | None
    answers: dict[str, str | int | None]
    seconds: dict[str, float]
    background: dict[str, str]


class Store:
    """The file of one study; ``hours`` after somebody was last seen, their place in a form is free for another."""

    def __init__(
        self,
        path: Path,
        design: str,
        *,
        people: int | None = None,
        hours: float = 24.0,
        completion: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = StudyFile(path, design, _SCHEMA)
        self._people, self._hours, self._completion, self._clock = people, hours, completion, clock

    def close(self) -> None:
        self._file.close()

    # Coming in

    def begin(self, forms: Sequence[str], consent: str, panel: Mapping[str, str]) -> str:
        """The token of a new person, who is given the form that fewest have; of a known one, if the same visit of the
        same person of a panel comes again. ``Refused`` where all places are taken, and for a second visit."""
        with self._file.transaction() as sql:
            ids = tuple(panel.get(name, "") for name in PANEL)
            if ids[0]:
                found = sql(
                    "SELECT person, session_id FROM panel WHERE prolific_pid = ? AND study_id = ?", ids[:2]
                )
                if found:
                    ((person, session),) = found
                    if not ids[2] or session != ids[2]:
                        raise Refused("twice")
                    return self._session(sql, person)
            held = self._held(sql, forms)
            if not forms or (self._people is not None and sum(held.values()) >= self._people):
                raise Refused("full")
            person = secrets.randbits(62)
            form = min(forms, key=lambda name: (held[name], name))
            now = self._clock()
            code = "-".join(_random(4) for _ in range(3))
            row = (person, code, self._completion or _random(8).upper(), form, _moment(now), consent, now)
            sql(
                "INSERT INTO people (person, withdrawal, completion, form, agreed, consent, seen) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            if ids[0]:
                sql("INSERT INTO panel VALUES (?, ?, ?, ?)", (person, *ids))
            return self._session(sql, person)

    def come_back(self, code: str) -> str:
        """A token for who has this withdrawal code, on whatever device."""
        with self._file.transaction() as sql:
            found = sql("SELECT person FROM people WHERE withdrawal = ?", (code.strip().lower(),))
            if not found:
                raise Refused("no_such_code")
            return self._session(sql, found[0][0])

    def _session(self, sql: Callable[..., Any], person: int) -> str:
        token = secrets.token_urlsafe(32)
        sql("INSERT INTO sessions VALUES (?, ?)", (_sha256(token), person))
        sql("UPDATE people SET seen = ? WHERE person = ?", (self._clock(), person))
        return token

    def _held(self, sql: Callable[..., Any], forms: Sequence[str]) -> dict[str, int]:
        """Places taken in each form: by those who finished, and those who were seen lately."""
        since = self._clock() - 3600 * self._hours
        held = dict.fromkeys(forms, 0)
        rows = sql(
            "SELECT form, count(*) FROM people WHERE finished IS NOT NULL OR seen >= ? GROUP BY form",
            (since,),
        )
        return held | dict(rows)

    # Answering

    def person(self, token: str) -> Person | None:
        """Who holds the token; None where it is nobody's, or that person has withdrawn."""
        with self._file.transaction() as sql:
            found = sql("SELECT person FROM sessions WHERE token = ?", (_sha256(token),))
            return self._read(sql, found[0][0]) if found else None

    def _read(self, sql: Callable[..., Any], person: int) -> Person:
        (row,) = sql(f"SELECT {', '.join(_COLUMNS)} FROM people WHERE person = ?", (person,))
        given = sql("SELECT item, answer, seconds FROM answers WHERE person = ?", (person,))
        said = sql("SELECT question, answer FROM background WHERE person = ?", (person,))
        answers = {item: json.loads(answer) for item, answer, _ in given if answer is not None}
        seconds = {item: spent for item, _, spent in given}
        columns: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
        return Person(**columns, answers=answers, seconds=seconds, background=dict(said))

    def answer(
        self,
        person: int,
        answers: Mapping[str, tuple[str | int | None, float]],
        place: int,
        background: Mapping[str, str] | None,
    ) -> None:
        """Stores answers and seconds by item, the place, and, if given, all that the person says about themselves.
        When it returns they are on disk."""
        with self._file.transaction() as sql:
            # Who withdraws while the page is open is gone, and no answer brings them back.
            if not sql("SELECT 1 FROM people WHERE person = ?", (person,)):
                raise Refused("no_access")
            for item, (answer, seconds) in answers.items():
                text = None if answer is None else json.dumps(answer)
                sql("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (person, item, text, seconds))
            if background is not None:
                sql("DELETE FROM background WHERE person = ?", (person,))
                for question, said in background.items():
                    sql("INSERT INTO background VALUES (?, ?, ?)", (person, question, said))
            sql("UPDATE people SET place = ?, seen = ? WHERE person = ?", (place, self._clock(), person))

    def finish(self, person: int) -> str:
        """The person is at the end; the completion code."""
        with self._file.transaction() as sql:
            now = self._clock()
            sql(
                "UPDATE people SET finished = coalesce(finished, ?), seen = ? WHERE person = ?",
                (_moment(now), now, person),
            )
            found = sql("SELECT completion FROM people WHERE person = ?", (person,))
            if not found:
                raise Refused("no_access")
            return str(found[0][0])

    # For the coordinator

    def everybody(self) -> list[Person]:
        """All who agreed and have not withdrawn, in no order that says when they came."""
        with self._file.transaction() as sql:
            return [self._read(sql, person) for (person,) in sql("SELECT person FROM people ORDER BY person")]

    def panel(self) -> dict[int, dict[str, str]]:
        """What a panel calls each person that it sent."""
        with self._file.transaction() as sql:
            rows = sql("SELECT person, prolific_pid, study_id, session_id FROM panel")
            return {person: dict(zip(PANEL, ids, strict=True)) for person, *ids in rows}

    def withdrawn(self) -> int:
        """How many have taken their answers back."""
        with self._file.transaction() as sql:
            return int(sql("SELECT count(*) FROM withdrawn")[0][0])

    def is_active(self, person: Person) -> bool:
        """Whether somebody who has not finished still holds a place."""
        return person.finished is None and person.seen >= self._clock() - 3600 * self._hours

    def withdraw(self, code: str) -> bool:
        """Deletes the person with this code and every byte of theirs; False where there is none."""
        with self._file.transaction() as sql:
            found = sql("SELECT person FROM people WHERE withdrawal = ?", (code,))
            if found:
                sql("DELETE FROM people WHERE person = ?", found[0])
                day = _moment(self._clock())[:10]
                sql("INSERT OR IGNORE INTO withdrawn VALUES (?, ?)", (_sha256(code), day))
        self._file.purge()
        return bool(found)


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
