"""Between this checkout and a Label Studio server: the sample goes there, the judgements come back.

data/send/ holds what goes there, annotations/rounds/ what came back. The stages and `valact annotate` both call this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.annotation import keyfile, label_studio, rounds
from pipeline.annotation.client import Server, connect
from pipeline.annotation.label_studio import Project, Sent
from pipeline.annotation.rater_ids import new_key
from pipeline.annotation.rounds import Round
from pipeline.core.atomic import write_text
from pipeline.core.documents import parse_json, read_json, read_text
from pipeline.core.errors import InputError, ProviderError
from pipeline.params import Params

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

SEND = Path("data/send")
TASKS, CONFIG, INSTRUCTIONS = "tasks.json", "labelling.xml", "guidelines.html"


@dataclass(frozen=True)
class Outgoing:
    """What raters get: tasks, labelling config, and the guidelines as HTML."""

    tasks: Sequence[Mapping[str, Any]]
    config: str
    instructions: str

    def write(self, folder: Path = SEND) -> None:
        """As files that a Label Studio without us can import: same content, same bytes."""
        tasks = json.dumps(self.tasks, ensure_ascii=False, indent=1) + "\n"
        for name, text in ((TASKS, tasks), (CONFIG, self.config), (INSTRUCTIONS, self.instructions)):
            write_text(text, folder / name)


def outgoing(folder: Path = SEND) -> Outgoing:
    """What stage send wrote; InputError where it has not run."""
    again = "`dvc repro -f send`"
    tasks, config, instructions = (
        read_text(folder / name, missing="`dvc repro send`", remedy=again)
        for name in (TASKS, CONFIG, INSTRUCTIONS)
    )
    return Outgoing(parse_json(tasks, where=str(folder / TASKS), remedy=again), config, instructions)


def push(server: Server, params: Params, *, restore: bool = False, folder: Path = SEND) -> Sent:
    """Brings the round's project on the server in step with the sample; see label_studio.send."""
    out, round_ = outgoing(folder), params.validation.round
    before = rounds.known(round_)
    with connect(server) as client:
        project = label_studio.find(client, round_)
        if before.annotations and (project is None or project.check != before.key_check):
            raise _gone(server, round_, "nothing was sent")
        return label_studio.send(
            client,
            out.tasks,
            round_=round_,
            title=params.validation.label_studio.title,
            config=out.config,
            instructions=out.instructions,
            restore=restore,
        )


def pull(server: Server, params: Params) -> tuple[Project, Round, int]:
    """Saves every judgement so far in the round's file; the project, the whole round, and how many are new or newer."""
    with connect(server) as client:
        project, new = fetch(client, server, params.validation.round)
    whole, changed = rounds.add(new)
    return project, whole, changed


def fetch(client: LabelStudio, server: Server, round_: str) -> tuple[Project, Round]:
    """The round's project and what its raters answered so far; nothing is written."""
    project = label_studio.find(client, round_)
    if project is None:
        if rounds.known(round_).annotations:
            raise _gone(server, round_, "what was collected before stays")
        raise ProviderError(
            f"the server has no project of round {round_!r}: it was deleted, or never sent there",
            where=server.url,
            remedy="`valact annotate send` creates it",
        )
    tasks = label_studio.read_tasks(client, project)
    where = f"{server.url}, project {project.title!r}"
    return project, rounds.exported(tasks, round_, project.key, where=where)


def read_export(path: Path, round_: str, home: Path) -> Round:
    """The answers of a JSON export that somebody downloaded; rater ids are made with the key in ``home``.

    Raises InputError for anything but an export with items of the current sample.
    """
    tasks = read_json(path, remedy="in Label Studio, Export -> JSON")
    sampled = {task["data"]["item_id"] for task in outgoing().tasks}
    found = rounds.exported(tasks, round_, keyfile.keep(home / "rater_key", new_key()), where=str(path))
    if found.annotations and not any(one["item_id"] in sampled for one in found.annotations):
        raise InputError(
            f"this is the export of another project: no item of round {round_!r} is in it",
            where=str(path),
            remedy="export the project that data/send/ was imported into, or set validation.round to its round",
        )
    return found


def _gone(server: Server, round_: str, consequence: str) -> ProviderError:
    return ProviderError(
        f"the project that the judgements of round {round_!r} were made in is not on this server: it was deleted, or "
        f"the server is another one; {consequence}",
        where=server.url,
        remedy=f"correct LABEL_STUDIO_URL, bring the project back from a backup, or begin a new round "
        f"(validation.round in params.yaml); {rounds.path_of(round_)} keeps this one's judgements",
    )
