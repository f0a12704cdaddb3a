"""One Label Studio project a round, or one a rater where they share it: found, made and brought up to date.

It is found by a line of ours in its description, so that people may rename it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable
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
    r"\[valact round=(?P<round>[A-Za-z0-9][A-Za-z0-9._-]*)(?: rater=(?P<seat>\d{1,4}))?"
    r" config=(?P<config>[0-9a-f]{12}) "
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
    sent it; ``bare`` is a project whose description still holds the key itself; ``seat`` is the number of the rater
    whose part of the round it is, 0 where the round is not dealt out."""

    id: int
    title: str
    round: str
    check: str
    config_hash: str = ""
    config: str = ""
    raters: int = 1
    bare: bool = False
    seat: int = 0

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


def find(client: LabelStudio, round_: str, seat: int = 0) -> Project | None:
    """The project of a round, or of a rater's part of it; None where the server has none, ProviderError where it has
    several."""
    found = [one for one in _marked(client) if (one[1]["round"], _seat(one[1])) == (round_, seat)]
    if len(found) > 1:
        raise ProviderError(
            f"{len(found)} projects say that they are round {_named(round_, seat)}: "
            f"{', '.join(str(i) for i, _ in found)}",
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
        seat=seat,
    )


def of_round(client: LabelStudio, round_: str) -> list[Project]:
    """The projects of a round: one, or those of its raters in their order; none where the server has none."""
    return [one for one in ours(client, {round_}) if one.round == round_]


def ours(client: LabelStudio, rounds: Container[str] | None = None) -> list[Project]:
    """The projects of all rounds that the server has, or of some."""
    names = {(mark["round"], _seat(mark)) for _, mark in _marked(client)}
    return [
        found
        for round_, seat in sorted(names)
        if (rounds is None or round_ in rounds) and (found := find(client, round_, seat))
    ]


def _marked(client: LabelStudio) -> list[tuple[int, re.Match[str]]]:
    """Number and mark of each project of ours."""
    return [(one.id, mark) for one in _projects(client) if (mark := MARK.search(one.description or ""))]


def _seat(mark: re.Match[str]) -> int:
    return int(mark["seat"] or 0)


def _named(round_: str, seat: int) -> str:
    return f"{round_!r}" + (f", rater {seat}" if seat else "")


def create(
    client: LabelStudio, round_: str, title: str, config: str, instructions: str, most: int, seat: int = 0
) -> Project:
    """The round's new project, for at most ``most`` raters a task; InputError where there is one of its title."""
    whose = f", rater {seat}" if seat else ""
    name = f"{title}: {round_}"[: TITLE_LENGTH - len(whose)] + whose
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
        description=_description(round_, hashed, check, seat),
        label_config=config,
        expert_instruction=instructions,
        maximum_annotations=most,
        **SETTINGS,
    )
    return Project(made.id, name, round_, check, hashed, config, most, seat=seat)


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
        mark = _mark(project.round, hash_of(config), project.check, project.seat)
        changes["description"] = MARK.sub(mark, whole.description or "")
    if (whole.expert_instruction or "") != instructions:
        changes["expert_instruction"] = instructions
    if project.raters != most:
        changes["maximum_annotations"] = most
    if changes:
        client.projects.update(project.id, **changes)
    return replace(project, config_hash=hash_of(config), config=config)


def _description(round_: str, hashed: str, check: str, seat: int) -> str:
    return (
        f"Validation by people, round {round_}. The next line tells valact that this project is its own; "
        f"please leave it as it is.\n{_mark(round_, hashed, check, seat)}"
    )


def _mark(round_: str, hashed: str, check: str, seat: int) -> str:
    whose = f" rater={seat}" if seat else ""
    return f"[valact round={round_}{whose} config={hashed} check={check}]"
