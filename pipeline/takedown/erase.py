"""Everything about some posts, out of everything on this machine that a release is built from.

Parquet tables under ``data/``, recorded answers and transcripts, rounds of expert judgements, and what was fetched
from Reddit. The inputs stay as the user has them (a dump cannot be edited); ``door`` keeps the posts in them from
coming in again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.llm.forget import forget, forget_index, subjects
from pipeline.params import Params
from pipeline.reddit import journal
from pipeline.takedown.door import shut_out
from pipeline.takedown.register import Register
from pipeline.takedown.tables import Names, column, items_about, parquet_files, without

SCRAPE = Path("data/scrape")
ROUNDS = Path("annotations/rounds")
# The release folder is built anew, a published version to compare with stays what it was, and inputs are the user's.
NOT_OURS = ("inputs", "previous", "release", "sample")


@dataclass(frozen=True, slots=True)
class Erased:
    """What went: posts that anything was held of, rows of tables, recorded answers, tasks judged."""

    posts: int = 0
    rows: int = 0
    answers: int = 0
    tasks: int = 0


def find(project: Path, register: Register, params: Params) -> set[str]:
    """The ids of all posts in the register that anything here is still about."""
    names: set[str] = set()
    for file in _tables(project, params):
        for key in ("post_id", "subject"):
            names |= {value for (value,) in column(file, key) if value}
    names |= subjects(project / params.responses.store)
    if (folder := project / journal.FOLDER).exists():
        with journal.Journal(folder) as fetched:
            names |= fetched.ids()
    return register.taken(names)


def erase(project: Path, posts: Iterable[str], params: Params) -> Erased:
    """Takes these posts out of everything; doing it twice does no harm."""
    posts = frozenset(posts)
    if not posts:
        return Erased()
    files = _tables(project, params)
    theirs = Names(posts)
    items = {item for file in files for item in items_about(file, theirs)}
    names = Names(posts, items)
    store = project / params.responses.store
    tasks = sum(_judged_without(file, names) for file in sorted((project / ROUNDS).glob("*.json")))
    answers = forget(store, names.mean)
    forget_index(store)
    if (folder := project / journal.FOLDER).exists():
        with journal.Journal(folder) as fetched:
            fetched.forget(posts)
    rows = shut_out(project / SCRAPE, names) + sum(without(file, names) for file in files)
    return Erased(len(posts), rows, answers, tasks)


def _tables(project: Path, params: Params) -> list[Path]:
    folders = [path for path in (project / "data").glob("*") if path.is_dir() and path.name not in NOT_OURS]
    return parquet_files([*folders, project / params.responses.transcripts])


def _judged_without(file: Path, names: Names) -> int:
    """Rewrites one exported round without the tasks about these posts."""
    try:
        tasks = json.loads(file.read_text(encoding="utf-8"))
        kept = [task for task in tasks if not any(map(_meant(names), task["data"].values()))]
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        raise InputError(
            "not an export of judgements (a list of tasks, each with its data)",
            where=str(file),
            remedy="put the file back as it was exported, or take it out of the folder",
        ) from None
    if len(kept) < len(tasks):
        part = file.with_name(file.name + ".part")
        part.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(file)
    return len(tasks) - len(kept)


def _meant(names: Names) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and names.mean(value)
