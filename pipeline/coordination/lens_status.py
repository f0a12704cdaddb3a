"""How far a round of the lens is, by country: judgements of people of the country are wanted."""

from __future__ import annotations

import polars as pl

from pipeline.annotation.client import Server
from pipeline.annotation.exchange import asked, outgoing
from pipeline.collect.judgements import judgements
from pipeline.coordination.status import Status, Task, so_far
from pipeline.lens import places
from pipeline.lens.collect.step import READING
from pipeline.lens.params import Params
from pipeline.lens.send.site import SITE
from pipeline.lens.validate.answers import OF_COUNTRY, Answers, join
from pipeline.statistics.agreement import krippendorff_alpha
from pipeline.tables import read_table
from pipeline.validate.conduct import conduct
from pipeline.verdict.judged import counts


def look(params: Params, server: Server | None) -> Status:
    """As ``status.look``; alpha is that of the blind answers."""
    files, fresh, projects = so_far(params, server, SITE)
    out, items = outgoing(site=SITE), read_table(places.ITEMS.schema, places.ITEMS.path())
    found, ledger = judgements(files.items(), out.all_tasks, out.config, asked(params, site=SITE), READING)
    answers = join(items, found, params.values)
    people = conduct(join(items, found, params.values, everybody=True).judged)
    work = {one.rater: one.complaints(params.validation.careless) for one in people if not one.excluded}
    return Status(
        tuple(_country(name, answers) for name in params.countries if name in set(items["country"])),
        tuple(people),
        {rater: why for rater, why in work.items() if why},
        {},
        tuple(ledger["reason"].value_counts().sort("reason").iter_rows()),
        fresh,
        projects,
    )


def _country(name: str, found: Answers) -> Task:
    items, answers = found.items.filter(country=name), found.answers.filter(country=name)
    there = answers.filter(raters=OF_COUNTRY).group_by("item_id").len("there")
    missing = items.join(there, on="item_id", how="left", validate="1:1").select(
        (pl.col("raters") - pl.col("there").fill_null(0)).clip(lower_bound=0).sum()
    )
    votes = counts(found.of("blind").filter(country=name), found.labels["blind"])[1]
    paired = votes[votes.sum(axis=1) >= 2]
    return Task(
        name,
        items.height,
        int(items["raters"].sum()),
        answers.height,
        found.skipped.filter(country=name).height,
        int(missing.item()),
        krippendorff_alpha(paired) if len(paired) else None,
    )
