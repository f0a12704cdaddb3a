"""What was fetched from Reddit, kept until the user throws it away, so that a stopped run goes on.

A journal lives in ``.harvest/``, outside the outputs that DVC clears before a run. Each page of a listing and
each answer about an id is committed as it lands, under the request that it answers. The same request is
answered from the journal from then on: **delete the folder ``.harvest`` to fetch everything anew**.
Posts are kept without their authors' names.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.core.atomic import private_file
from pipeline.core.errors import InputError
from pipeline.reddit.post import nameless

FOLDER = Path(".harvest")
VERSION = 1
TABLES = """
CREATE TABLE listing (request TEXT PRIMARY KEY, items INTEGER NOT NULL, after TEXT, finished INTEGER NOT NULL);
CREATE TABLE item (request TEXT, place INTEGER, post TEXT NOT NULL, PRIMARY KEY (request, place)) WITHOUT ROWID;
CREATE TABLE answer (post_id TEXT PRIMARY KEY, post TEXT) WITHOUT ROWID;
"""


class Listing(NamedTuple):
    """How far a listing was read: posts so far, the fullname to go on after, and whether its end was reached."""

    items: int = 0
    after: str | None = None
    finished: bool = False


class Journal:
    """The SQLite file in ``folder``; InputError when it is damaged or from a newer version."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.path = folder / "journal.sqlite"
        private_file(self.path)
        with self._readable():
            self._database = sqlite3.connect(self.path, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._database.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        if version not in (0, VERSION):
            self.close()
            raise InputError(
                f"the journal is of version {version}, this program knows {VERSION}",
                where=str(self.path),
                remedy=f"use the newer program, or delete {folder} to fetch everything anew",
            )

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def listing(self, request: str) -> Listing:
        """How far the listing was read before; a new Listing where it was not."""
        with self._readable():
            row = self._database.execute(
                "SELECT items, after, finished FROM listing WHERE request = ?", (request,)
            ).fetchone()
        return Listing(row[0], row[1], bool(row[2])) if row else Listing()

    def add_page(
        self, request: str, before: Listing, posts: Iterable[Mapping[str, Any]], after: Listing
    ) -> None:
        """One page and the listing's new state, both or neither."""
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO item VALUES (?, ?, ?)",
                ((request, place, _text(post)) for place, post in enumerate(posts, before.items + 1)),
            )
            database.execute("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?)", (request, *after))

    def items(self, request: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Every post of a listing with its place in it, from 1."""
        with self._readable():
            for place, post in self._database.execute(
                "SELECT place, post FROM item WHERE request = ? ORDER BY place", (request,)
            ):
                yield place, json.loads(post)

    def add_answers(self, answers: Mapping[str, Mapping[str, Any] | None]) -> None:
        """What Reddit has under ids; None where it has nothing any more."""
        with self._transaction() as database:
            database.executemany(
                "INSERT OR REPLACE INTO answer VALUES (?, ?)",
                ((post_id, _text(post) if post else None) for post_id, post in answers.items()),
            )

    def unanswered(self, ids: Iterable[str]) -> list[str]:
        """Those ids that were never answered, in order."""
        with self._readable():
            known = {post_id for (post_id,) in self._database.execute("SELECT post_id FROM answer")}
        return [post_id for post_id in ids if post_id not in known]

    def answer(self, post_id: str) -> dict[str, Any] | None:
        """The post, or None where it is gone."""
        with self._readable():
            (post,) = self._database.execute(
                "SELECT post FROM answer WHERE post_id = ?", (post_id,)
            ).fetchone()
        return json.loads(post) if post else None

    def ids(self) -> set[str]:
        """The id of every post that it holds or was asked for."""
        with self._readable():
            rows = self._database.execute(
                "SELECT post_id FROM answer UNION SELECT json_extract(post, '$.id') FROM item"
            ).fetchall()
        return {post_id for (post_id,) in rows if post_id}

    def subreddits(self) -> dict[str, str | None]:
        """The subreddit of every post that it holds or was asked for, where it was told."""
        with self._readable():
            rows = self._database.execute(
                "SELECT post_id, json_extract(post, '$.subreddit') FROM answer UNION ALL "
                "SELECT json_extract(post, '$.id'), json_extract(post, '$.subreddit') FROM item"
            ).fetchall()
        return {post_id: subreddit for post_id, subreddit in rows if post_id}

    def forget(self, ids: Iterable[str]) -> None:
        """Deletes what it holds of these posts, down to the bytes in the file."""
        rows = [(post_id,) for post_id in ids]
        with self._readable():
            self._database.execute("PRAGMA secure_delete = ON")
        with self._transaction() as database:
            database.executemany("DELETE FROM answer WHERE post_id = ?", rows)
            database.executemany("DELETE FROM item WHERE json_extract(post, '$.id') = ?", rows)
        with self._readable():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._readable():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"the journal cannot be used ({error})",
                where=str(self.path),
                remedy=f"delete {self.path.parent} to fetch everything anew, if no other run is using it",
            ) from None


def _text(post: Mapping[str, Any]) -> str:
    return json.dumps(nameless(post), separators=(",", ":"))
