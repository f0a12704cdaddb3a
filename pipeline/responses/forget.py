"""Deleting recorded answers for good: only for a post that was taken back, whose every copy has to go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pipeline.engine.store import Store
from pipeline.engine.transcripts import INDEX

_ANSWERS = ("answers", "superseded", "failures")


def subjects(path: Path) -> set[str]:
    """Everything that the store's answers are about; nothing where there is no store."""
    if not path.exists():
        return set()
    with closing(Store(path)) as store:
        union = " UNION ".join(f"SELECT subject FROM {table}" for table in _ANSWERS)
        return {subject for (subject,) in store.rows(union)}


def forget(path: Path, theirs: Callable[[str], bool]) -> int:
    """Deletes every answer, failure and finished batch request about the subjects of which ``theirs`` is true.

    Says how many answers went, the set-aside ones included. What they cost stays in the sums. A request that is
    out in a batch stays until it is collected, because the batch is answered as a whole.
    """
    gone = [(subject,) for subject in subjects(path) if theirs(subject)]
    if not gone:
        return 0
    answers = 0
    with closing(Store(path)) as store:
        with store.transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for table in _ANSWERS:
                connection.executemany(
                    "DELETE FROM batch_requests WHERE outcome IS NOT NULL AND key IN "
                    f"(SELECT key FROM {table} WHERE subject = ?)",
                    gone,
                )
            for table in _ANSWERS:
                deleted = connection.executemany(f"DELETE FROM {table} WHERE subject = ?", gone).rowcount
                answers += deleted if table != "failures" else 0
        for _ in store.rows("PRAGMA wal_checkpoint(TRUNCATE)"):
            pass
    return answers


def forget_index(store: Path) -> None:
    """Deletes the index of transcripts beside a store; it is made anew from the transcripts when next used."""
    for end in ("", "-wal", "-shm"):
        store.with_name(INDEX + end).unlink(missing_ok=True)
