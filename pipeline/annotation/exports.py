"""An export of Label Studio as a round: what raters chose and typed, by anonymous id, without the texts they saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.annotation.rater_ids import key_check, rater_id
from pipeline.annotation.rounds import Round, in_order
from pipeline.core.errors import InputError

RESULT = ("from_name", "to_name", "type", "value")


def exported(tasks: Iterable[Mapping[str, Any]], name: str, key: str, *, where: str) -> Round:
    """What an export of Label Studio says, without texts and people. Raises InputError for anything else.

    ``tasks`` is the JSON export, a list of tasks with their annotations. Tasks without an item id are not ours:
    an export without a single one of ours is of another project.
    """
    annotations, seen, ours = [], 0, 0
    for task in _list(tasks, "tasks", where):
        data = task.get("data") if isinstance(task, Mapping) else None
        item_id = data.get("item_id") if isinstance(data, Mapping) else None
        seen, ours = seen + 1, ours + bool(item_id)
        if not item_id:
            continue
        for made in _list(task.get("annotations") or [], "annotations", where):
            annotations.append(_annotation(str(item_id), made, key, where))
    if seen and not ours:
        raise InputError(
            "this is the export of another project: none of its tasks carries an item id of ours",
            where=where,
            remedy="export the project that `send` created, as JSON",
        )
    return Round(name, key_check(key), tuple(in_order(annotations)))


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
            for part in _list(made.get("result") or [], "results", where)
        ],
    }


def _list(found: Any, what: str, where: str) -> Sequence[Any]:
    if isinstance(found, (Mapping, str, bytes)) or not isinstance(found, Iterable):
        raise InputError(
            f"not an export of Label Studio: a list of {what} is needed",
            where=where,
            remedy="in Label Studio, Export -> JSON",
        )
    return list(found)
