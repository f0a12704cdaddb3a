"""What is to be judged goes to a Label Studio server: a project a round, or one a rater where they share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.annotation import projects, rater_keys, rounds, sending
from pipeline.annotation.client import Server, connect
from pipeline.annotation.decisions import excluded
from pipeline.annotation.exchange import Outgoing, asked, gone, outgoing
from pipeline.annotation.projects import Project
from pipeline.annotation.rater_ids import rater_id
from pipeline.annotation.rounds import Round
from pipeline.annotation.sending import Sent
from pipeline.annotation.site import VALACT, Rated, Site
from pipeline.core.errors import InputError, ProviderError
from pipeline.send import parts
from pipeline.send.tasks import for_others

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


def push(
    server: Server,
    params: Rated,
    *,
    restore: bool = False,
    folder: Path | None = None,
    site: Site = VALACT,
) -> list[Sent]:
    """Brings the projects of the round, and of those that its repairs led to, in step with data/send; see
    sending.send."""
    asked(params, folder, site)
    out, named = outgoing(folder, site), params.validation.round
    rounds_ = {named: out.tasks, **out.follow_ups}
    if out.parts or (out.follow_ups and not out.tasks):  # it is judged in parts alone
        del rounds_[named]
    with connect(server) as client:
        found = projects.of_round(client, named)
        if found and any(one.seat for one in found) != bool(out.parts):
            raise _otherwise(named, dealt=not out.parts)
        shared = _push_parts(client, server, params, out, found, restore) if out.parts else []
        return shared + [
            _push(client, server, params, round_, tasks, out, restore, site)
            for round_, tasks in rounds_.items()
        ]


def _push_parts(
    client: LabelStudio,
    server: Server,
    params: Rated,
    out: Outgoing,
    found: Sequence[Project],
    restore: bool,
) -> list[Sent]:
    """A project for each rater who shares the round; see ``parts``."""
    round_ = params.validation.round
    before = rounds.known(round_)
    if not found:
        _same(server, before, None)
    for project in found:
        _same(server, before, project)
    there = {one.seat: sending.read_tasks(client, one) for one in found}
    voiceless = excluded(before)
    members = {
        made["completed_by"] for tasks in there.values() for task in tasks for made in task["annotations"]
    }
    without = {one for one in members if voiceless and rater_id(found[0].key, one) in voiceless}
    return [
        _sent(client, params, out, round_, tasks, restore, seat)
        for seat, tasks in parts.parts(out.tasks, out.parts, there, without).items()
    ]


def _push(
    client: LabelStudio,
    server: Server,
    params: Rated,
    round_: str,
    tasks: Sequence[Mapping[str, Any]],
    out: Outgoing,
    restore: bool,
    site: Site,
) -> Sent:
    before = rounds.known(round_, site.rounds)
    _same(server, before, projects.find(client, round_), site)
    return _sent(client, params, out, round_, _others_too(tasks, before, site), restore)


def _same(server: Server, before: Round, project: Project | None, site: Site = VALACT) -> None:
    """ProviderError where the project is not the one in which the round's judgements were made."""
    if before.annotations and project is None and not rater_keys.here(before.name, before.key_check):
        raise _elsewhere(server, before, site)
    if before.annotations and (project is None or project.check != before.key_check):
        raise gone(server, before.name, "nothing was sent", site)


def _sent(
    client: LabelStudio,
    params: Rated,
    out: Outgoing,
    round_: str,
    tasks: Sequence[Mapping[str, Any]],
    restore: bool,
    seat: int = 0,
) -> Sent:
    return sending.send(
        client,
        tasks,
        round_=round_,
        title=params.validation.label_studio.title,
        config=out.config,
        instructions=out.instructions,
        restore=restore,
        seat=seat,
    )


def _others_too(
    tasks: Sequence[Mapping[str, Any]], before: Round, site: Site = VALACT
) -> list[Mapping[str, Any]]:
    """The tasks, each for as many raters more as judged it and were taken out of the round, or are not wanted of it."""
    out = excluded(before)
    lost = (
        one["item_id"]
        for one in before.annotations
        if (rounds.rater_of(one) in out or not site.wanted(one)) and not one.get("skipped")
    )
    return for_others(tasks, lost)


def _otherwise(round_: str, dealt: bool) -> InputError:
    was, now = (
        ("is dealt out to raters", "names no people")
        if dealt
        else ("is open to whoever comes", "names people")
    )
    return InputError(
        f"round {round_!r} {was} on the server, and validation.sample.people {now}. Nothing was sent",
        where="params.yaml",
        remedy="take validation.sample.people back to what it was, or begin a new round (validation.round)",
    )


def _elsewhere(server: Server, before: Round, site: Site) -> ProviderError:
    return ProviderError(
        f"round {before.name!r} was judged elsewhere: its {len(before.annotations):,} judgements are in "
        f"{rounds.path_of(before.name, site.rounds)}, and neither its project nor the key of its rater ids is on this "
        "machine. Nothing was sent",
        where=server.url,
        remedy=f"to judge a round of your own, give validation.round in {site.params_file} a name that is not used "
        f"yet, run {site.again}, which draws its items, and then `valact annotate send{site.option}` (`make annotate` "
        "sends, too). To go on with that round, get its key from whoever sent it, and name their server in "
        "LABEL_STUDIO_URL",
    )
