"""The sample goes to a round's project, which is kept in step with it, and what was judged there is read.

Sending adds what is new, takes away what nobody has judged and the sample no longer has, and leaves every judged task
where it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.annotation.projects import Project, create, find, update
from pipeline.core import progress

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

# Tasks a request: a few megabytes of long posts.
BATCH = 500
# Tasks an answer.
PAGE = 100
# Raters of a task that all of them do: as many as a server may have.
EVERYBODY = 999


@dataclass(frozen=True)
class Sent:
    """What a sending did: tasks added, removed (unjudged, no longer drawn), and left although no longer drawn."""

    project: Project
    created: bool = False
    added: int = 0
    removed: int = 0
    kept: int = 0

    def __str__(self) -> str:
        if self.created:
            return f"project {self.project.title!r} created with {self.added:,} tasks"
        kept = f"; {self.kept:,} judged tasks that are no longer drawn stay" if self.kept else ""
        if not (self.added or self.removed):
            return f"project {self.project.title!r} is as it should be{kept}"
        return f"project {self.project.title!r}: {self.added:,} tasks added, {self.removed:,} removed{kept}"


def send(
    client: LabelStudio,
    tasks: Sequence[Mapping[str, Any]],
    *,
    round_: str,
    title: str,
    config: str,
    instructions: str,
    restore: bool = False,
    seat: int = 0,
) -> Sent:
    """Creates the round's project, or that of the rater ``seat``, or brings it in step with ``tasks``; a second call
    changes nothing.

    A task's data says how many raters it wants. ``restore`` puts our labelling config back in the place of
    one that was edited on the server; without it that is an InputError, and nothing is changed.
    """
    most = max((task["data"]["raters"] for task in tasks), default=1)
    project, created = find(client, round_, seat), False
    if project is None:
        project, created = create(client, round_, title, config, instructions, most, seat), True
    else:
        project = update(client, project, config, instructions, most, restore)
    sent = _step(client, project, tasks)
    return replace(sent, created=created)


def read_tasks(client: LabelStudio, project: Project) -> list[dict[str, Any]]:
    """Every task of the project with its annotations, skipped ones included, in the form of a JSON export.

    It is no export: of each of these the server keeps a copy, with all texts, which nobody deletes.
    """
    found: Iterable[Any] = client.tasks.list(project=project.id, fields="all", page_size=PAGE)
    return [json.loads(task.json()) for task in found]


def remove(client: LabelStudio, project: Project, ids: Sequence[int]) -> None:
    """Deletes tasks, judged or not, with their annotations."""
    from label_studio_sdk.actions.types import PrepareParamsRequestRequestSelectedItemsIncluded as Selected

    if ids:
        client.actions.create(
            id="delete_tasks",
            project=project.id,
            selected_items=Selected(all_=False, included=list(ids)),
            request_options={"max_retries": 0},
        )


def _step(
    client: LabelStudio,
    project: Project,
    tasks: Sequence[Mapping[str, Any]],
) -> Sent:
    """Adds, removes and leaves tasks until the project is in step; then sets how many raters each task wants."""
    wanted = {task["data"]["item_id"]: task for task in tasks}
    there = _by_item(read_tasks(client, project))
    surplus = [task["id"] for item, several in there.items() for task in _surplus(several, wanted.get(item))]
    missing = [task for item, task in wanted.items() if not _kept(there.get(item, ()), task)]
    if surplus:
        surplus = _still_unjudged(client, project, surplus)
        remove(client, project, surplus)
    if missing:
        with progress.track("send", total=len(missing), unit="tasks") as bar:
            for start in range(0, len(missing), BATCH):
                some = missing[start : start + BATCH]
                # Without a retry: one that was not needed would add tasks twice.
                request: list[Any] = [dict(task) for task in some]
                client.projects.import_tasks(project.id, request=request, request_options={"max_retries": 0})
                bar.advance(len(some))
    gone = [
        task for item, several in there.items() if item not in wanted for task in several if _judged(task)
    ]
    _set_raters(client, project, there, wanted, {task["data"]["item_id"] for task in missing})
    return Sent(project, added=len(missing), removed=len(surplus), kept=len(gone))


def _surplus(
    several: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any] | None
) -> list[Mapping[str, Any]]:
    """Tasks of one item to take away: nobody judged them, and the sample has no such item, another form or enough."""
    kept = _kept(several, wanted)
    return [task for task in several if task is not kept and not _judged(task)]


def _kept(several: Iterable[Mapping[str, Any]], wanted: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The task that stands for a wanted item: a judged one, else one with the same data."""
    if wanted is None:
        return None
    several = sorted(several, key=lambda task: (not _judged(task), task["id"]))
    return next((task for task in several if _judged(task) or task["data"] == wanted["data"]), None)


def _judged(task: Mapping[str, Any]) -> bool:
    """A draft is work of somebody's too."""
    return bool(task.get("annotations") or task.get("drafts") or task.get("draft_exists"))


def _by_item(tasks: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Our tasks by item id; what people added to the project by hand is left alone."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for task in tasks:
        if item := task["data"].get("item_id"):
            found[item].append(task)
    return found


def _still_unjudged(client: LabelStudio, project: Project, ids: Sequence[int]) -> list[int]:
    """Looked at again right before they go: somebody may be judging."""
    unjudged = {task["id"] for task in read_tasks(client, project) if not _judged(task)}
    return [id_ for id_ in ids if id_ in unjudged]


def _set_raters(
    client: LabelStudio,
    project: Project,
    there: Mapping[str, Sequence[Mapping[str, Any]]],
    wanted: Mapping[str, Mapping[str, Any]],
    new: set[str],
) -> None:
    """Tells single tasks how many raters they want: zero, and out of the queue, where they are no longer drawn.

    New tasks come with as many as the project has at most, which is right for most of them.
    """
    numbers = {item: task["data"]["raters"] for item, task in wanted.items()}
    most = max(numbers.values(), default=1)
    fresh = new if project.raters == most else set(numbers)
    changed = {item for item in fresh if numbers[item] != most}
    for item, several in there.items():
        changed |= {item for task in several if task["data"].get("raters") != numbers.get(item, 0)}
    for item, several in _by_item(read_tasks(client, project)).items() if changed else ():
        for task in several if item in changed else ():
            number = numbers.get(item, 0)
            people = {made["completed_by"] for made in task["annotations"] if not made["was_cancelled"]}
            client.tasks.update(
                str(task["id"]),
                overlap=max(1, number),
                is_labeled=len(people) >= number,
                data={**task["data"], "raters": number},
            )
