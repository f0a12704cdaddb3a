"""One Label Studio project a round: made, kept in step with the sample, and read.

The project is found by a line of ours in its description, so that people may rename it. Sending adds what is new,
takes away what nobody has judged and the sample no longer has, and leaves every judged task where it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.annotation import rater_keys
from pipeline.annotation.labelling import canonical, same_config
from pipeline.annotation.rater_ids import key_check
from pipeline.core import progress
from pipeline.core.errors import InputError, ProviderError

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

MARK = re.compile(
    # A round's name becomes part of paths: what the server says is taken for one only if params would take it.
    r"\[valact round=(?P<round>[A-Za-z0-9][A-Za-z0-9._-]*) config=(?P<config>[0-9a-f]{12}) "
    # Versions before this one left the key itself there.
    r"(?:check=(?P<check>[0-9a-f]{10})|key=(?P<key>[0-9a-f]{32}))\]"
)
TITLE_LENGTH = 50  # the longest title that Label Studio takes
# Tasks a request: a few megabytes of long posts.
BATCH = 500
# Tasks, or projects, an answer.
PAGE = 100
SETTINGS: dict[str, Any] = {
    "show_instruction": True,
    "show_skip_button": True,
    # Nobody can submit an item without an answer.
    "enable_empty_annotation": False,
    "show_collab_predictions": False,
    # An item that one rater skips still waits for its other raters.
    "skip_queue": "REQUEUE_FOR_OTHERS",
    "sampling": "Sequential sampling",
}


@dataclass(frozen=True)
class Project:
    """A round's project. ``check`` tells which key makes its rater ids; ``config_hash`` is of the config as we last
    sent it; ``bare`` is a project whose description still holds the key itself."""

    id: int
    title: str
    round: str
    check: str
    config_hash: str = ""
    config: str = ""
    raters: int = 1
    bare: bool = False

    @property
    def key(self) -> str:
        """What its rater ids are made with; CredentialsError where it is not on this machine."""
        return rater_keys.read(self.round, self.check)

    @property
    def edited(self) -> bool:
        """Whether somebody changed the labelling config on the server."""
        return hash_of(self.config) != self.config_hash


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


def hash_of(config: str) -> str:
    """Twelve hexadecimal digits that change with the meaning of a labelling config."""
    return hashlib.sha256(canonical(config).encode()).hexdigest()[:12]


def _projects(client: LabelStudio) -> Iterable[Any]:
    """Every project that the token may see; the client's annotations do not say of what type they are."""
    found: Iterable[Any] = client.projects.list(page_size=PAGE)
    return found


def find(client: LabelStudio, round_: str) -> Project | None:
    """The project of a round; None where the server has none, ProviderError where it has several."""
    found = []
    for one in _projects(client):
        mark = MARK.search(one.description or "")
        if mark and mark["round"] == round_:
            found.append((one.id, mark))
    if len(found) > 1:
        raise ProviderError(
            f"{len(found)} projects say that they are round {round_!r}: {', '.join(str(i) for i, _ in found)}",
            where="Label Studio",
            remedy="a copy was made of one: remove the line '[valact ...]' from the description of the other",
        )
    if not found:
        return None
    id_, mark = found[0]
    whole = client.projects.get(id_)
    if mark["key"]:
        rater_keys.adopt(round_, mark["key"])
    return Project(
        id_,
        whole.title or "",
        round_,
        mark["check"] or key_check(mark["key"]),
        mark["config"],
        whole.label_config or "",
        whole.maximum_annotations or 1,
        bare=bool(mark["key"]),
    )


def send(
    client: LabelStudio,
    tasks: Sequence[Mapping[str, Any]],
    *,
    round_: str,
    title: str,
    config: str,
    instructions: str,
    restore: bool = False,
) -> Sent:
    """Creates the round's project, or brings it in step with ``tasks``; a second call changes nothing.

    A task's data says how many raters it wants. ``restore`` puts our labelling config back in the place of
    one that was edited on the server; without it that is an InputError, and nothing is changed.
    """
    most = max((task["data"]["raters"] for task in tasks), default=1)
    project, created = find(client, round_), False
    if project is None:
        project, created = _create(client, round_, title, config, instructions, most), True
    else:
        project = _update(client, project, config, instructions, most, restore)
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


def ours(client: LabelStudio) -> list[Project]:
    """The projects of all rounds that the server has."""
    marks = {MARK.search(one.description or "") for one in _projects(client)} - {None}
    return [
        found
        for round_ in sorted({mark["round"] for mark in marks if mark})
        if (found := find(client, round_))
    ]


def _create(
    client: LabelStudio, round_: str, title: str, config: str, instructions: str, most: int
) -> Project:
    name = f"{title}: {round_}"[:TITLE_LENGTH]
    if any(one.title == name for one in _projects(client)):
        raise InputError(
            f"the server has a project {name!r} that does not carry our line in its description",
            where="Label Studio",
            remedy="if the line '[valact ...]' was deleted there, bring it back; if the project is somebody else's, "
            "set another validation.label_studio.title in params.yaml",
        )
    check, hashed = key_check(rater_keys.make(round_)), hash_of(config)
    made: Any = client.projects.create(
        title=name,
        description=_description(round_, hashed, check),
        label_config=config,
        expert_instruction=instructions,
        maximum_annotations=most,
        **SETTINGS,
    )
    return Project(made.id, name, round_, check, hashed, config, most)


def _update(
    client: LabelStudio, project: Project, config: str, instructions: str, most: int, restore: bool
) -> Project:
    if project.edited and not same_config(project.config, config) and not restore:
        raise InputError(
            "its labelling config was edited on the server, and answers to another config cannot be compared. "
            "Nothing was changed",
            where=f"Label Studio, project {project.title!r}",
            remedy="put ours back by `valact annotate send --restore`, or begin a new round with an edited "
            "annotations/labelling.xml (validation.round in params.yaml)",
        )
    changes: dict[str, Any] = {}
    whole = client.projects.get(project.id)
    if not same_config(project.config, config):
        changes["label_config"] = config
    if changes or project.bare or project.config_hash != hash_of(config):
        mark = _mark(project.round, hash_of(config), project.check)
        changes["description"] = MARK.sub(mark, whole.description or "")
    if (whole.expert_instruction or "") != instructions:
        changes["expert_instruction"] = instructions
    if project.raters != most:
        changes["maximum_annotations"] = most
    if changes:
        client.projects.update(project.id, **changes)
    return replace(project, config_hash=hash_of(config), config=config)


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


def _description(round_: str, hashed: str, check: str) -> str:
    return (
        f"Expert validation of ValAct, round {round_}. The next line tells valact that this project is its own; "
        f"please leave it as it is.\n{_mark(round_, hashed, check)}"
    )


def _mark(round_: str, hashed: str, check: str) -> str:
    return f"[valact round={round_} config={hashed} check={check}]"
