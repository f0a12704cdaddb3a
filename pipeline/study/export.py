"""From a study's file to what `valact import-humans` reads, and what a coordinator needs to pay people."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import statistics
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.core.atomic import write_private
from pipeline.core.errors import InputError
from pipeline.study.pages import Folder, Page
from pipeline.study.store import PANEL, Person, Store

FORMAT = "valact-answers/1"


def file_name(person: Person) -> str:
    """Stays the same when answers are exported again, and says nothing of who it is."""
    sign = hashlib.sha256(f"{person.person}".encode()).hexdigest()[:12]
    return f"answers-{person.form}-{sign}.json"


def record(person: Person, page: Page) -> dict[str, Any]:
    """The answer file of a person, as their page would have saved it, without what is stored apart."""
    items = [item for block in page.content["blocks"] for item in block["items"]]
    return {
        "format": FORMAT,
        "form": person.form,
        "design": page.content["design"],
        "participant": "",
        "withdrawal": person.withdrawal,
        "consent": {"agreed": person.agreed, "text": person.consent},
        "items": [
            {
                "place": place,
                "item": item["id"],
                "answer": person.answers.get(item["id"]),
                "seconds": person.seconds.get(item["id"], 0),
                "options": [option["id"] for option in item["options"]] if "options" in item else None,
            }
            for place, item in enumerate(items, start=1)
        ],
    }


def write_answers(store: Store, folder: Folder, out: Path) -> tuple[int, int]:
    """Writes a file for each person who answered anything, and deletes those of an export before whose people have
    withdrawn since. How many there are now, and how many people's form is gone: it showed a post that was taken back.
    """
    there = set(out.glob("*")) if out.exists() else set()
    if others := sorted(path.name for path in there if not path.match("answers-f*-*.json")):
        raise InputError(
            f"the folder holds something else than answers ({others[0]})",
            where=str(out),
            remedy="choose another --out",
        )
    written, gone = set(), 0
    for person in store.everybody():
        if not person.answers and not person.finished:
            continue
        if person.form not in folder.pages:
            gone += 1
            continue
        path = out / file_name(person)
        write_private(json.dumps(record(person, folder.pages[person.form]), indent=1) + "\n", path)
        written.add(path)
    for path in there - written:
        path.unlink()
    return len(written), gone


def people_table(store: Store, folder: Folder) -> str:
    """CSV, one row a person: whom to pay, and whom to remind."""
    panel = store.panel()
    rows = [
        {
            "state": _state(person, store),
            "form": person.form,
            "answered": len(person.answers),
            "minutes": round(sum(person.seconds.values()) / 60, 1),
            "agreed": person.agreed,
            "finished": person.finished or "",
            "completion_code": person.completion,
            **(panel.get(person.person) or dict.fromkeys(PANEL, "")),
        }
        for person in store.everybody()
    ]
    return _csv(
        rows, ["state", "form", "answered", "minutes", "agreed", "finished", "completion_code", *PANEL]
    )


def background_table(store: Store, folder: Folder) -> str:
    """CSV of what people who finished said about themselves, sorted, so that no row leads to anybody's answers."""
    questions = list(next(iter(folder.pages.values())).background)
    rows = [person.background for person in store.everybody() if person.finished]
    return _csv(sorted(rows, key=lambda row: [row.get(name, "") for name in questions]), questions)


def status(store: Store, folder: Folder) -> dict[str, Any]:
    """How far the study is: people by state and by form, and how long those who finished took."""
    everybody = store.everybody()
    states = Counter(_state(person, store) for person in everybody)
    held = {name: [0, 0, 0] for name in folder.pages}
    for person in everybody:
        column = ("finished", "answering", "away").index(_state(person, store))
        held.setdefault(person.form, [0, 0, 0])[column] += 1
    minutes = [sum(person.seconds.values()) / 60 for person in everybody if person.finished]
    return {
        "states": {name: states[name] for name in ("finished", "answering", "away")},
        "withdrawn": store.withdrawn(),
        "forms": held,
        "minutes": statistics.median(minutes) if minutes else None,
    }


def _state(person: Person, store: Store) -> str:
    if person.finished:
        return "finished"
    return "answering" if store.is_active(person) else "away"


def _csv(rows: Iterable[dict[str, Any]], columns: list[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
