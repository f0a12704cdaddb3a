"""`valact annotate adjudicate`: what raters do not agree on goes to a second pass, with their reasons and no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from pipeline import params as settings


@dataclass(frozen=True)
class Dispute:
    """An item, by its task's data: what its raters said in the words of the page, and what they wrote beside it."""

    data: Mapping[str, Any]
    said: Mapping[str, int]
    comments: tuple[str, ...]

    def told(self) -> str:
        """What the first pass said, without who."""
        said = ", ".join(f"{name} ({count})" for name, count in self.said.items())
        wrote = "; ".join(f"\u201c{text}\u201d" for text in self.comments)
        return f"First pass: {said}." + (f" They wrote: {wrote}" if wrote else "")


@click.command()
def adjudicate() -> None:
    """Sends what raters do not agree on to a second pass, with their answers and comments and without their names.

    These are the items without a majority, and those that models doubt and raters do not all see alike. One judgement
    settles each; accuracy and agreement are of the first pass alone. Comments are also written into a report in
    annotations/comments/, which git does not take.
    """
    from pipeline.annotation import client, rounds
    from pipeline.core.atomic import write_private

    params = settings.load()
    found = disputes(params)
    report = rounds.FOLDER / rounds.COMMENTS / f"{params.validation.round}.md"
    write_private("\n".join(_report(found)), report)
    click.echo(f"{len(found):,} items are disputed; {report} has them with what raters wrote")
    server = client.server()
    if not (found and server):
        return
    sent = _send(server, params, found)
    click.echo(f"{sent}\nThey are settled at {server.url}/projects/{sent.project.id}/data?labeling=1")
    click.echo("`valact annotate collect` brings what was settled")


def disputes(params: settings.Params) -> list[Dispute]:
    """Of the judgements in annotations/rounds/ that count, what is disputed, in the order of the queue."""
    import polars as pl

    from pipeline.annotation import rounds
    from pipeline.annotation.exchange import SEND, asked, outgoing
    from pipeline.collect.judgements import judgements
    from pipeline.tables import Items, Options, read_table
    from pipeline.verdict import judged

    out, items = outgoing(), read_table(Items, SEND / "items.parquet")
    found, _ = judgements(rounds.all_rounds(), out.all_tasks, out.config, asked(params))
    options = read_table(Options, "data/assemble/options.parquet")
    answers = judged.join(items, found, options, params.values, source="judgements").answers
    by_item = {
        str(item): mine
        for (item,), mine in answers.filter(~pl.col("distractor"))
        .partition_by("item_id", as_dict=True)
        .items()
    }
    disputed = []
    for task in out.all_tasks:
        mine = by_item.get(task["data"]["item_id"])
        if mine is None or mine.height < 2:
            continue
        most = mine["answer"].value_counts()["count"].max()
        if 2 * int(str(most)) > mine.height and not (mine["doubtful"].any() and int(str(most)) < mine.height):
            continue
        names = {choice["alias"]: choice["value"] for choice in task["data"]["choices"]}
        chosen = mine.select(pl.coalesce("value", pl.col("position").cast(pl.String), "verdict"))
        said = Counter(names[one] for one in chosen.to_series().sort())
        comments = tuple(sorted(mine["comment"].drop_nulls()))
        disputed.append(Dispute(task["data"], dict(said.most_common()), comments))
    return disputed


def _send(server: Any, params: settings.Params, found: Iterable[Dispute]) -> Any:
    from pipeline.annotation import sending
    from pipeline.annotation.client import connect
    from pipeline.annotation.exchange import outgoing
    from pipeline.tables.ids import adjudication_round

    out = outgoing()
    tasks = [
        {"data": {**one.data, "raters": 1, "note": " ".join(filter(None, [one.data["note"], one.told()]))}}
        for one in found
    ]
    with connect(server) as client:
        return sending.send(
            client,
            tasks,
            round_=adjudication_round(params.validation.round),
            title=params.validation.label_studio.title,
            config=out.config,
            instructions=out.instructions,
        )


def _report(found: Iterable[Dispute]) -> Iterable[str]:
    yield "# What raters do not agree on\n\nNot for git: comments can say who somebody is.\n"
    for number, one in enumerate(found, start=1):
        shown = (
            f"## {number}. {one.data['question']}",
            one.data["scenario"],
            f"**{one.data['action']}**",
            one.told(),
        )
        yield "\n\n".join(shown) + "\n"
