"""Where people work: Label Studio servers, forms that were made, hydrated copies. What posts were shown there leaves.

``remember`` keeps, in ``.takedowns/places.json``, which folders outside ``data/`` were made from posts.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.annotation import client, exports, projects, rounds, sending
from pipeline.annotation.client import Server, connect
from pipeline.core.atomic import write_private, write_text
from pipeline.core.documents import read_json, read_text
from pipeline.core.errors import InputError, ValActError
from pipeline.forms.folder import without_scenarios
from pipeline.hydrate.folder import TABLE, recount
from pipeline.local import label_studio as server
from pipeline.reddit.journal import Journal
from pipeline.takedown.erase import drop_halves
from pipeline.takedown.pending import Pending
from pipeline.takedown.shown import Shown
from pipeline.training import split as training
from pipeline.withdrawn.register import PRIVATE
from pipeline.withdrawn.rows import Names, parquet_files, without

FILE = PRIVATE / "places.json"
DATABASE = "label_studio.sqlite3"
# What Label Studio's own pages export stays on its disk, with all texts.
EXPORTS = ("export", "media/export")


def remember(kind: str, folder: Path, project: Path = Path()) -> None:
    """Enters a folder that was made from posts, so that a take-down finds it; ``kind`` is ``forms``,
    ``copies`` or ``training``."""
    known = _known(project)
    known.setdefault(kind, [])
    place, home = folder.absolute(), project.absolute()
    # Inside the project by its path there, so that the project may be moved.
    name = str(place.relative_to(home) if place.is_relative_to(home) else place)
    if name not in known[kind]:
        known[kind].append(name)
        write_private(json.dumps(known, indent=1) + "\n", project / FILE)


def forget(project: Path, pending: Pending) -> tuple[list[str], ValActError | None]:
    """Takes the posts out of every place; notes on what was done, and why a place could not be reached.

    A server that does not answer keeps no other place from being cleaned. The items of the tasks that are found there
    are added to what was shown, because no table may know them any more.
    """
    if not pending.posts:
        return [], None
    names, known = Names(pending.posts), _known(project)
    notes = [note for folder in known.get("forms", ()) for note in _forms(project / folder, names)]
    notes += [note for folder in known.get("copies", ()) for note in _copy(project / folder, names)]
    notes += [note for folder in known.get("training", ()) for note in _training(project / folder, names)]
    unreached = None
    try:
        notes += _servers(project, pending)
        _compact(project / server.HOME / DATABASE)
    except ValActError as error:
        unreached = error
    for name in EXPORTS:
        for file in (project / server.HOME / name).glob("*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    return notes, unreached


def _forms(folder: Path, names: Names) -> Iterator[str]:
    if not folder.exists():
        yield f"{folder}: forms were made there and are gone; if they were moved, look for these posts by hand"
    elif gone := _form_pages(folder, names):
        yield f"{folder}: questionnaires {', '.join(gone)} showed these posts and are deleted; those handed out are not"


def _copy(folder: Path, names: Names) -> Iterator[str]:
    """A hydrated copy loses the rows of the posts. Its journal, where it was stopped, loses what it fetched."""
    waiting = folder.with_name(f".{folder.name}.hydration")
    if waiting.exists():
        with Journal(waiting) as journal:
            journal.forget(names.posts)
    if not (folder / TABLE).exists():
        if not waiting.exists():
            yield f"{folder}: a hydrated copy was there and is gone; if it was moved, look for these posts by hand"
        return
    drop_halves(folder)
    count = sum(without(file, names) for file in parquet_files([folder]))
    for document in sorted(folder.glob("*.md")):  # they show some row as an example
        text = read_text(document)
        if names.mentioned(text):
            write_text(str(names.struck(text)), document)
    recount(folder)
    if count:
        yield f"{folder}: {count:,} rows of the hydrated copy are gone"


def _training(folder: Path, names: Names) -> Iterator[str]:
    """Training files that hold the posts go whole: a command makes them again, without these."""
    drop_halves(folder)
    if not (folder / training.MARK).exists():
        yield f"{folder}: training files were made there and are gone; if they were moved, look for these posts by hand"
    elif names.mentioned(read_text(folder / training.FILE)):
        shutil.rmtree(folder)
        yield (
            f"{folder}: the training files held these posts and are deleted; `valact export-training` makes them "
            "again. A model that was trained on them has seen the posts"
        )


def _form_pages(folder: Path, names: Names) -> list[str]:
    """The forms whose pages went. Pages before keys: a stop in between is found again by the key."""
    drop_halves(folder)
    gone = without_scenarios(folder, names.mean)
    for file in parquet_files([folder / "key"]):
        without(file, names)
    return gone


def _servers(project: Path, pending: Pending) -> Iterator[str]:
    named = client.server()
    if named is not None:
        yield from _tasks(project, named, pending)
    local = project / server.HOME
    if (named is None or not _is_of(local, named)) and _holds(local / DATABASE, pending.shown):
        with _started(local) as running:
            yield from _tasks(project, running, pending)
    elif named is None and not (local / DATABASE).exists() and any((project / rounds.ROUNDS).glob("*.json")):
        yield (
            f"{client.URL} is not set: if raters work on a Label Studio server, set it and {client.KEY} and run "
            "`valact takedown` with the same ids again"
        )


def _tasks(project: Path, at: Server, pending: Pending) -> Iterator[str]:
    """Saves what was judged of the posts, then deletes the tasks: nobody's work is lost."""
    with connect(at) as api:
        for found in projects.ours(api):
            theirs = [task for task in sending.read_tasks(api, found) if pending.shown.task(task["data"])]
            if theirs:
                pending.shown |= Shown(frozenset(task["data"]["item_id"] for task in theirs))
                pending.write(project)
                judged = exports.exported(theirs, found.round, found.key, where=at.url)
                rounds.add(judged, project / rounds.home_of(found.round))
                sending.remove(api, found, [task["id"] for task in theirs])
                yield f"{at.url}, project {found.title!r}: {len(theirs):,} tasks deleted"


def _holds(database: Path, shown: Shown) -> bool:
    """Whether the database of a server on this machine holds a task about the posts."""
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
            return any(
                shown.task(json.loads(data)) for (data,) in connection.execute("SELECT data FROM task")
            )
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return False
        raise InputError(f"Label Studio's database cannot be read ({error})", where=str(database)) from None


def _is_of(home: Path, named: Server) -> bool:
    """Whether the server is the one whose data are in ``home``: it knows it by its key."""
    key = home / server.KEY_FILE
    return key.exists() and key.read_text(encoding="utf-8").strip() == named.key


@contextmanager
def _started(home: Path) -> Iterator[Server]:
    running = server.start(None, home=home, port=0)
    try:
        yield Server(running.url, running.key)
    finally:
        running.stop()


def _compact(database: Path) -> None:
    """Writes the database anew, so that its file holds no byte of what was deleted."""
    if database.exists():
        try:
            with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
                connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            raise InputError(
                f"Label Studio's database cannot be compacted ({error})",
                where=str(database),
                remedy="stop the server, and run `valact takedown` again",
            ) from None


def _known(project: Path) -> dict[str, list[str]]:
    if not (project / FILE).exists():
        return {}
    remedy = "delete it, and give the folders of forms to `valact forms` again"
    found = read_json(project / FILE, remedy=remedy)
    try:
        return {str(kind): [str(folder) for folder in folders] for kind, folders in found.items()}
    except (AttributeError, TypeError):
        raise InputError("not a list of folders", where=str(project / FILE), remedy=remedy) from None
