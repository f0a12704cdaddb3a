"""The parts of a shared round on a server: which tasks each rater's project is to hold, whatever was done there so far.

The server is the memory of the deal. What a rater judged stays theirs; while the same people share the round, what
nobody judged yet stays where it is, too; for other people it is dealt anew, so that those who have less get more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pipeline.send import workload
from pipeline.send.sharing import Wanted, deal
from pipeline.send.tasks import for_others

Task = Mapping[str, Any]


def wanted(task: Task, kind: str) -> Wanted:
    """An item as it is dealt out, by its task."""
    data = task["data"]
    return Wanted(data["item_id"], kind, data["raters"], workload.seconds(data))


def parts(
    tasks: Iterable[Task],
    drawn: Mapping[int, Sequence[Task]],
    there: Mapping[int, Sequence[Task]],
    without: Collection[int] = (),
) -> dict[int, list[Task]]:
    """The tasks of each rater's project, by the rater's number.

    ``tasks`` are those of the whole round, ``drawn`` the parts that stage send made of them, ``there`` the tasks that
    the server has of each. Members of the server who are ``without`` a voice are replaced: what they judged waits for
    one rater more. A part that is no longer drawn keeps what was judged in it.
    """
    whole = {task["data"]["item_id"]: task for task in tasks}
    own = {seat: {task["data"]["item_id"]: task for task in mine} for seat, mine in drawn.items()}
    dealt = deal(
        (wanted(task, task["data"]["task"]) for task in whole.values()),
        len(drawn),
        _fixed(whole, there, moving={*there} != {*drawn}),
    )
    found: dict[int, list[Task]] = {seat: [] for seat in sorted({*drawn, *there})}
    for item, task in whole.items():
        for seat in dealt[item]:
            mine = own.get(seat, {}).get(item) or {**task, "data": {**task["data"], "raters": 1}}
            found[seat].append(mine)
    return {seat: _replaced(mine, there.get(seat, ()), without) for seat, mine in found.items()}


def _fixed(
    whole: Mapping[str, Task], there: Mapping[int, Sequence[Task]], moving: bool
) -> dict[str, list[int]]:
    """The raters whom an item stays with: those who judged it, then those who have it where nothing is ``moving``."""
    judged: dict[str, list[int]] = {}
    waiting: dict[str, list[int]] = {}
    for seat, tasks in sorted(there.items()):
        for task in tasks:
            item = task["data"].get("item_id")
            if item in whole:
                theirs = judged if task.get("annotations") or task.get("draft_exists") else waiting
                theirs.setdefault(item, []).append(seat)
    fixed = {item: list(dict.fromkeys(seats)) for item, seats in judged.items()}
    for item, seats in waiting.items() if not moving else ():
        mine = fixed.setdefault(item, [])
        free = whole[item]["data"]["raters"] - len(mine)
        mine += [seat for seat in dict.fromkeys(seats) if seat not in mine][: max(0, free)]
    return fixed


def _replaced(mine: Iterable[Task], there: Iterable[Task], without: Collection[int]) -> list[Task]:
    lost = (
        task["data"].get("item_id")
        for task in there
        for made in task.get("annotations") or ()
        if made["completed_by"] in without and not made["was_cancelled"]
    )
    return for_others(mine, lost)
