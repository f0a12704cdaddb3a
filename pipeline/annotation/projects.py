"""One Label Studio project a round: found, made and brought up to date.

It is found by a line of ours in its description, so that people may rename it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.annotation import rater_keys
from pipeline.annotation.labelling import canonical, same_config
from pipeline.annotation.rater_ids import key_check
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
# Projects an answer.
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


def ours(client: LabelStudio) -> list[Project]:
    """The projects of all rounds that the server has."""
    marks = {MARK.search(one.description or "") for one in _projects(client)} - {None}
    return [
        found
        for round_ in sorted({mark["round"] for mark in marks if mark})
        if (found := find(client, round_))
    ]


def create(
    client: LabelStudio, round_: str, title: str, config: str, instructions: str, most: int
) -> Project:
    """The round's new project, for at most ``most`` raters a task; InputError where there is one of its title."""
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


def update(
    client: LabelStudio, project: Project, config: str, instructions: str, most: int, restore: bool
) -> Project:
    """The project with this config, these instructions and so many raters; ``restore`` as in ``sending.send``."""
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


def _description(round_: str, hashed: str, check: str) -> str:
    return (
        f"Expert validation of ValAct, round {round_}. The next line tells valact that this project is its own; "
        f"please leave it as it is.\n{_mark(round_, hashed, check)}"
    )


def _mark(round_: str, hashed: str, check: str) -> str:
    return f"[valact round={round_} config={hashed} check={check}]"
