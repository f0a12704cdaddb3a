"""Rounds of judgements as files: annotations/rounds/<round>.json, which belong into git.

A file holds what raters answered, by anonymous id, and no text, name or address. It only grows: a judgement that the
server has no more is kept, one that its rater changed is replaced.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.annotation.labelling import FOLDER
from pipeline.annotation.rater_ids import key_check, rater_id
from pipeline.core.errors import InputError

ROUNDS = FOLDER / "rounds"
FORMAT = "valact-judgements/1"
RESULT = ("from_name", "to_name", "type", "value")
CHOICES = "choices"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# In the place of the item of a judgement whose post was taken back.
TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class Round:
    """The annotations of one round; ``key_check`` says under which key its raters' ids were made."""

    name: str
    key_check: str
    annotations: tuple[dict[str, Any], ...]
    note: str = ""


def path_of(name: str, folder: Path = ROUNDS) -> Path:
    """The file of a round."""
    return folder / f"{name}.json"


def exported(tasks: Iterable[Mapping[str, Any]], name: str, key: str, *, where: str) -> Round:
    """What an export of Label Studio says, without texts and people. Raises InputError for anything else.

    ``tasks`` is the JSON export, a list of tasks with their annotations. Tasks without an item id are not ours:
    an export without a single one of ours is of another project.
    """
    annotations, seen, ours = [], 0, 0
    for task in _list(tasks, where):
        data = task.get("data") if isinstance(task, Mapping) else None
        item_id = data.get("item_id") if isinstance(data, Mapping) else None
        seen, ours = seen + 1, ours + bool(item_id)
        if not item_id:
            continue
        for made in task.get("annotations") or ():
            annotations.append(_annotation(str(item_id), made, key, where))
    if seen and not ours:
        raise InputError(
            "this is the export of another project: none of its tasks carries an item id of ours",
            where=where,
            remedy="export the project that `send` created, as JSON",
        )
    return Round(name, key_check(key), tuple(_sorted(annotations)))


def read(path: Path) -> Round:
    """A round's file; InputError when it is missing, broken, or a plain export that would publish people."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("the file does not exist", where=str(path)) from None
    except ValueError as error:
        raise InputError(
            f"not readable JSON ({error})", where=str(path), remedy="take it back from git, or collect again"
        ) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(
            "not a round of ours; if it is Label Studio's export, it can hold texts and names",
            where=str(path),
            remedy="move it elsewhere and run `valact annotate import FILE`, which takes over the answers only",
        )
    annotations, name = found.get("annotations"), found.get("round")
    if not isinstance(annotations, list) or not isinstance(name, str):
        raise InputError(
            "it lacks its name or its annotations", where=str(path), remedy="take it back from git"
        )
    return Round(name, str(found.get("key_check")), tuple(annotations), str(found.get("note") or ""))


def merged(before: Round, new: Round, *, where: str) -> tuple[Round, int]:
    """All annotations of both, changed ones in their newer form; and how many of ``new`` are new or newer.

    Raises InputError when rater ids were made under different keys.
    """
    if before.annotations and before.key_check != new.key_check:
        raise InputError(
            "its judgements come from another project: the one that they were made in was deleted and made again, or "
            "its description was changed. To add to them would count the same people twice",
            where=where,
            remedy="bring the first project back from a backup, or begin a new round (validation.round in params.yaml)",
        )
    kept = {_id(annotation): annotation for annotation in before.annotations}
    # Older files name annotations by a UUID, which only exports tell.
    names = {
        _act(annotation): _id(annotation)
        for annotation in before.annotations
        if UUID.fullmatch(_id(annotation))
    }
    changed = 0
    for annotation in new.annotations:
        name = annotation["annotation"]
        if name not in kept:
            annotation = annotation | {"annotation": names.get(_act(annotation), name)}
        known = kept.get(annotation["annotation"])
        if known is None or str(known.get("updated_at")) < annotation["updated_at"]:
            kept[annotation["annotation"]] = annotation
            changed += 1
    return Round(new.name, new.key_check, tuple(_sorted(kept.values())), before.note), changed


def add(new: Round, folder: Path = ROUNDS) -> tuple[Round, int]:
    """Merges a round into its file, which changes only if there is something new; as ``merged``."""
    path = path_of(new.name, folder)
    whole, changed = merged(known(new.name, folder), new, where=str(path))
    if changed:
        _write(path, whole)
    return whole, changed


def anonymise(path: Path, meant: Callable[[str], bool]) -> int:
    """Takes away what the annotations of the items that ``meant`` accepts are about, and what was typed with them.

    That somebody judged, when, and what was chosen stays: it is work that was done, and tells nothing of the item.
    Says how many annotations it found.
    """
    before = read(path)
    after = tuple(_itemless(a) if meant(_item(a)) else a for a in before.annotations)
    changed = sum(old is not new for old, new in zip(before.annotations, after, strict=True))
    if changed:
        _write(path, replace(before, annotations=tuple(_sorted(after))))
    return changed


def known(name: str, folder: Path = ROUNDS) -> Round:
    """What the file of a round holds; nothing where there is no file yet."""
    path = path_of(name, folder)
    return read(path) if path.exists() else Round(name, "", ())


def all_rounds(folder: Path = ROUNDS) -> list[tuple[str, Round]]:
    """Every round there is a file of, with the file's path as its source."""
    return [(path.as_posix(), read(path)) for path in sorted(folder.glob("*.json"))]


def _annotation(item_id: str, made: Any, key: str, where: str) -> dict[str, Any]:
    if not isinstance(made, Mapping) or made.get("completed_by") is None:
        raise InputError(
            f"an annotation of item {item_id} says nothing of who made it",
            where=where,
            remedy="export the project again, as JSON",
        )
    by = made["completed_by"]
    return {
        "annotation": str(made.get("id") or made.get("unique_id")),
        "item_id": item_id,
        "rater": rater_id(key, by.get("id") if isinstance(by, Mapping) else by),
        "skipped": bool(made.get("was_cancelled")),
        "seconds": made.get("lead_time"),
        "updated_at": str(made.get("updated_at") or ""),
        "result": [
            {name: part[name] for name in RESULT if name in part} if isinstance(part, Mapping) else part
            for part in made.get("result") or ()
        ],
    }


def _itemless(annotation: dict[str, Any]) -> dict[str, Any]:
    parts = annotation.get("result") or ()
    chosen = [part for part in parts if isinstance(part, Mapping) and part.get("type") == CHOICES]
    return annotation | {"item_id": TAKEN_BACK, "result": chosen}


def _list(tasks: Any, where: str) -> Sequence[Any]:
    if isinstance(tasks, Mapping) or not isinstance(tasks, Iterable):
        raise InputError(
            "not an export of Label Studio: a list of tasks is needed",
            where=where,
            remedy="in Label Studio, Export -> JSON",
        )
    return list(tasks)


def _id(annotation: Any) -> str:
    return str(annotation.get("annotation")) if isinstance(annotation, Mapping) else repr(annotation)


def _act(annotation: Any) -> tuple[str, ...]:
    """Who did it and when: to the microsecond, so that no two are alike."""
    of = annotation if isinstance(annotation, Mapping) else {}
    return tuple(str(of.get(name)) for name in ("item_id", "rater", "updated_at", "seconds"))


def _item(annotation: Any) -> str:
    return str(annotation.get("item_id")) if isinstance(annotation, Mapping) else ""


def _sorted(annotations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    def place(annotation: Any) -> tuple[str, ...]:
        of = annotation if isinstance(annotation, Mapping) else {}
        return (str(of.get("item_id")), str(of.get("rater")), _id(annotation))

    return sorted(annotations, key=place)


def _write(path: Path, round_: Round) -> None:
    """One annotation a line, so that a change is a line in git; all or nothing."""
    head = {"format": FORMAT, "round": round_.name, "note": round_.note, "key_check": round_.key_check}
    lines = ",\n".join(
        json.dumps(a, sort_keys=True, ensure_ascii=False, separators=(",", ":")) for a in round_.annotations
    )
    text = json.dumps(head, ensure_ascii=False)[:-1] + ',"annotations":[\n' + lines + "\n]}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
