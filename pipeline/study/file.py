"""The file of a study: SQLite, in which a transaction is on disk when it ends, and what was deleted leaves no byte."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pipeline.core.atomic import private_file
from pipeline.core.errors import InputError

FILE = "study.sqlite"
_FACTS = "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")


class StudyFile:
    """The answers to the forms of one ``design``, in the tables of ``schema``; InputError for a file of another design,
    and for one that is no such file."""

    def __init__(self, path: Path, design: str, schema: str) -> None:
        private_file(path)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_FACTS + schema)
        except sqlite3.DatabaseError as error:
            raise InputError(f"not the answers of a study ({error})", where=str(path)) from None
        with self.transaction() as sql:
            sql("INSERT OR IGNORE INTO facts VALUES ('design', ?)", (design,))
            ((there,),) = sql("SELECT value FROM facts WHERE name = 'design'")
        if there != design:
            raise InputError(
                f"these are answers to other forms (design {there}, now {design})",
                where=str(path),
                remedy="name another file (--database), or serve the forms that these answers are to",
            )

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
        """Statements that are on disk together, or not at all."""

        def sql(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
            return self._connection.execute(statement, values).fetchall()

        with self._lock:
            sql("BEGIN IMMEDIATE")
            try:
                yield sql
            except BaseException:
                sql("ROLLBACK")
                raise
            sql("COMMIT")

    def purge(self) -> None:
        """Takes every byte of what was deleted out of the file and of its log."""
        with self._lock:
            # The log of changes holds what was deleted until it is taken into the file and cut.
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def design_of(path: Path) -> str:
    """The design of the forms that the answers in a file are to."""
    if not path.exists():
        raise InputError(
            "nobody has begun: there is no such file", where=str(path), remedy="name it: --database"
        )
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
            return str(connection.execute("SELECT value FROM facts WHERE name = 'design'").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError):
        raise InputError("not the answers of a study", where=str(path)) from None
