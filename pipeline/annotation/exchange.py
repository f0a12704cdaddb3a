"""Between this checkout and a Label Studio server: what data/send/ holds for it, and the judgements that come back.

annotations/rounds/ holds what came back. The stages and `valact annotate` both call this.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.annotation import exports, keyfile, projects, rounds, sending
from pipeline.annotation.client import Server, connect
from pipeline.annotation.projects import Project
from pipeline.annotation.rater_ids import new_key
from pipeline.annotation.rounds import Round
from pipeline.annotation.site import VALACT, Rated, Site
from pipeline.core.atomic import write_text
from pipeline.core.documents import parse_json, read_json, read_text
from pipeline.core.errors import InputError, ProviderError
from pipeline.tables import read_table
from pipeline.tables.ids import adjudication_round, is_round_of, training_round

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

SEND = VALACT.send
TASKS, CONFIG, INSTRUCTIONS = "tasks.json", "labelling.xml", "guidelines.html"
ITEMS, FOLLOW_UP, PART = "items.parquet", "tasks.{}.json", "part-{:02}"
PART_NAME = re.compile(r"part-(\d+)")


@dataclass(frozen=True)
class Outgoing:
    """What raters get: tasks, labelling config, and the guidelines as HTML; ``follow_ups`` are tasks by the round in
    which repaired actions are judged, ``parts`` by the number of the rater the tasks of a round that is dealt out."""

    tasks: Sequence[Mapping[str, Any]]
    config: str
    instructions: str
    follow_ups: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    parts: Mapping[int, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def all_tasks(self) -> list[Mapping[str, Any]]:
        """Those of every round."""
        return [*self.tasks, *(task for tasks in self.follow_ups.values() for task in tasks)]

    def write(self, folder: Path = SEND) -> None:
        """As files that a Label Studio without us can import: same content, same bytes. Those of other rounds go."""
        named = {**self.follow_ups, **{PART.format(rater): tasks for rater, tasks in self.parts.items()}}
        files = {TASKS: self.tasks} | {FOLLOW_UP.format(name): tasks for name, tasks in named.items()}
        for file in folder.glob(FOLLOW_UP.format("*")):
            if file.name not in files:
                file.unlink()
        for name, tasks in files.items():
            write_text(json.dumps(tasks, ensure_ascii=False, indent=1) + "\n", folder / name)
        for name, text in ((CONFIG, self.config), (INSTRUCTIONS, self.instructions)):
            write_text(text, folder / name)


def outgoing(folder: Path | None = None, site: Site = VALACT) -> Outgoing:
    """What stage send wrote; InputError where it has not run."""
    folder, again = folder or site.send, site.again.replace("repro", "repro -f")
    tasks, config, instructions = (
        read_text(folder / name, missing=site.again, remedy=again) for name in (TASKS, CONFIG, INSTRUCTIONS)
    )
    first = parse_json(tasks, where=str(folder / TASKS), remedy=again)
    later = {
        file.name.removeprefix("tasks.").removesuffix(".json"): read_json(file, remedy=again)
        for file in sorted(folder.glob(FOLLOW_UP.format("*")))
    }
    mine = {int(found[1]): later.pop(name) for name in [*later] if (found := PART_NAME.fullmatch(name))}
    return Outgoing(first, config, instructions, later, mine)


def asked(params: Rated, folder: Path | None = None, site: Site = VALACT) -> dict[str, str]:
    """The round of each item in data/send of the recipe, by item id.

    InputError where they were drawn for another round than params name: what is sent, collected or counted under a
    round's name is of that round's items.
    """
    named, again, folder = params.validation.round, site.again, folder or site.send
    path = folder / ITEMS
    if not path.exists():
        raise InputError("there is no sample yet", where=str(path), remedy=f"run {again}, which draws one")
    of = dict(read_table(site.items, path).select("item_id", "round").iter_rows())
    others = sorted({one for one in of.values() if not is_round_of(one, named)})
    if others:
        raise InputError(
            f"it holds the items of round {', '.join(map(repr, others))}, and validation.round in "
            f"{site.params_file} is {named!r}; nothing was sent, collected or counted",
            where=str(folder),
            remedy=f"run {again}, which draws the items of {named!r} anew, or name {others[0]!r} in "
            f"{site.params_file} again",
        )
    return of


@dataclass(frozen=True)
class Pulled:
    """A project, the whole round with what its file held before, and how many judgements are new or newer."""

    project: Project
    whole: Round
    changed: int


def pull(server: Server, params: Rated, site: Site = VALACT) -> list[Pulled]:
    """Saves every judgement so far in the files of the round, its parts, and of those that its repairs led to."""
    round_ = params.validation.round
    with connect(server) as client:
        found = [one for name in current_rounds(params, site) for one in fetch(client, server, name, site)]
        for beside in (adjudication_round(round_), training_round(round_)):
            if projects.find(client, beside):
                found += fetch(client, server, beside, site)
    return [Pulled(project, *rounds.add(new, site.rounds)) for project, new in found]


def current_rounds(params: Rated, site: Site = VALACT) -> list[str]:
    """The round that params name, and those in data/send that its repairs led to, or its parts; see ``asked``."""
    named, drawn = params.validation.round, {*asked(params, site=site).values()}
    return [*([named] if named in drawn or not drawn else []), *sorted(drawn - {named})]


def fetch(
    client: LabelStudio, server: Server, round_: str, site: Site = VALACT
) -> list[tuple[Project, Round]]:
    """Each project of the round, and what its raters answered there so far; nothing is written."""
    found = projects.of_round(client, round_)
    if not found:
        if rounds.known(round_, site.rounds).annotations:
            raise gone(server, round_, "what was collected before stays", site)
        raise ProviderError(
            f"the server has no project of round {round_!r}: it was deleted, or never sent there",
            where=server.url,
            remedy=f"`valact annotate send{site.option}` creates it",
        )
    return [
        (
            project,
            exports.exported(tasks, round_, project.key, where=f"{server.url}, project {project.title!r}"),
        )
        for project in found
        for tasks in [sending.read_tasks(client, project)]
    ]


def read_export(path: Path, params: Rated, home: Path, site: Site = VALACT) -> Round:
    """The answers of a JSON export that somebody downloaded; rater ids are made with the key in ``home``.

    Raises InputError for anything but an export with items of the current sample, of one round.
    """
    sampled = asked(params, site=site)
    tasks = read_json(path, remedy="in Label Studio, Export -> JSON")
    key = keyfile.keep(home / "rater_key", new_key())
    found = exports.exported(tasks, params.validation.round, key, where=str(path))
    of = {sampled[one["item_id"]] for one in found.annotations if one["item_id"] in sampled}
    if len(of) > 1:
        raise InputError(
            f"it holds judgements of several rounds: {', '.join(sorted(of))}",
            where=str(path),
            remedy=f"import each file of {site.send}/ into a project of its own, and export these one by one",
        )
    if found.annotations and not of:
        raise InputError(
            f"this is the export of another project: no item of round {params.validation.round!r} is in it",
            where=str(path),
            remedy=f"export the project that {site.send}/ was imported into, or set validation.round to its round",
        )
    return replace(found, name=of.pop()) if of else found


def gone(server: Server, round_: str, consequence: str, site: Site = VALACT) -> ProviderError:
    """What is wrong where the project that a round was judged in is not on the server."""
    return ProviderError(
        f"the project that the judgements of round {round_!r} were made in is not on this server: it was deleted, or "
        f"the server is another one; {consequence}",
        where=server.url,
        remedy=f"correct LABEL_STUDIO_URL, bring the project back from a backup, or begin a new round "
        f"(validation.round in {site.params_file}); {rounds.path_of(round_, site.rounds)} keeps this one's judgements",
    )
