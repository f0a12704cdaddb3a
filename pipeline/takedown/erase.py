"""Everything about some posts, out of everything on this machine that a release is built from.

Parquet tables under ``data/``, recorded answers and transcripts, rounds of expert judgements, and what was fetched
from Reddit. The inputs stay as the user has them (a dump cannot be edited); ``door`` keeps the posts in them from
coming in again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.annotation import rounds
from pipeline.annotation.exchange import SEND
from pipeline.core.atomic import write_text
from pipeline.params import Params
from pipeline.reddit import journal
from pipeline.reddit.parts import parts_folder
from pipeline.repairs import asked as repairs
from pipeline.responses.forget import forget, forget_index, subjects
from pipeline.series import folder as tracks
from pipeline.takedown.shown import Shown
from pipeline.withdrawn.door import shut_out
from pipeline.withdrawn.register import Register
from pipeline.withdrawn.rows import Names, column, parquet_files, without, without_lines

SCRAPE = Path("data/scrape")
# The page of questions beside the report; `dvc repro report` writes it anew.
EXPLORER = Path("data/report/explore.html")
# Translations for a person to read, beside their tables.
SHEETS = Path("data/translate")
# The release folder is built anew, a published version to compare with stays what it was, and inputs are the user's.
NOT_OURS = ("inputs", "previous", "release", "sample")


@dataclass(frozen=True, slots=True)
class Erased:
    """What went: posts that anything was held of, rows of tables, recorded answers. ``judgements`` stay, anonymous as
    they were, but nothing tells any more what they are about."""

    posts: int = 0
    rows: int = 0
    answers: int = 0
    judgements: int = 0


def find(project: Path, register: Register, params: Params) -> set[str]:
    """The ids of all posts in the register that anything here is still about."""
    names: set[str] = set()
    for file in tables(project, params):
        for key in ("post_id", "subject"):
            names |= {value for (value,) in column(file, key) if value}
    names |= subjects(project / params.responses.store)
    if (folder := project / journal.FOLDER).exists():
        with journal.Journal(folder) as fetched:
            names |= fetched.ids()
    return register.taken(names)


def erase(project: Path, posts: Iterable[str], shown: Shown, params: Params) -> Erased:
    """Takes these posts, and the tasks that raters were ``shown`` of them, out of everything; twice does no harm."""
    posts = frozenset(posts)
    if not posts:
        return Erased()
    names = Names(posts, shown.items)
    store = project / params.responses.store
    judgements = sum(
        rounds.anonymise(file, lambda item: shown.item(item) or names.mean(item))
        for folder in (rounds.ROUNDS, rounds.TRANSLATIONS)
        for file in sorted((project / folder).glob("*.json"))
    )
    _repairs_without(project / repairs.FILE, names)
    for file in (project / SEND).glob("tasks*.json"):
        _tasks_without(file, shown)
    page = project / EXPLORER
    if page.exists() and names.mentioned(page.read_text(encoding="utf-8", errors="replace")):
        page.unlink()
    answers = forget(store, names.mean)
    forget_index(store)
    if (folder := project / journal.FOLDER).exists():
        with journal.Journal(folder) as fetched:
            fetched.forget(posts)
    # What an unfinished scrape has read so far: it reads those dumps again.
    shutil.rmtree(parts_folder(params.run, project / SCRAPE), ignore_errors=True)
    drop_halves(project / "data", project / "annotations")
    rows = shut_out(project / SCRAPE, names) + sum(without(file, names) for file in tables(project, params))
    for file in sorted((project / SHEETS).glob("*.csv")):
        without_lines(file, names)
    tracks.without_questions(project / tracks.HOME, names.mean)
    return Erased(len(posts), rows, answers, judgements)


def tables(project: Path, params: Params) -> list[Path]:
    """Every Parquet file here that is made from posts and is not the user's input or a release."""
    folders = [path for path in (project / "data").glob("*") if path.is_dir() and path.name not in NOT_OURS]
    return parquet_files([*folders, project / params.responses.transcripts, project / tracks.HOME])


def drop_halves(*folders: Path) -> None:
    """Deletes what killed processes left half written: nobody reads it, and it can hold any text."""
    for folder in folders:
        for part in folder.rglob("*.part"):
            part.unlink(missing_ok=True)


def _tasks_without(file: Path, shown: Shown) -> None:
    """Takes tasks out of what `send` wrote for a server. A file that is none of these is built anew anyway."""
    if not file.exists():
        return
    try:
        tasks = json.loads(file.read_text(encoding="utf-8"))
        kept = [task for task in tasks if not shown.task(task["data"])]
    except (ValueError, TypeError, KeyError):
        return
    if len(kept) < len(tasks):
        write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", file)


def _repairs_without(file: Path, names: Names) -> None:
    asked = repairs.read(file)
    kept = [repair for repair in asked if not names.mean(repair.action_id)]
    if len(kept) < len(asked):
        repairs.write(kept, file)
