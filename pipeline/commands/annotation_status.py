"""How far a round is: wanted, done and missing judgements, by task and by rater, and agreement so far."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.annotation import rounds
from pipeline.annotation.client import Server, connect
from pipeline.annotation.exchange import SEND, fetch, outgoing
from pipeline.collect.judgements import judgements
from pipeline.params import Params
from pipeline.statistics import agreement
from pipeline.tables import TASKS, Items, Options, read_table
from pipeline.verdict import judged


@dataclass(frozen=True)
class Task:
    """One kind of task; ``alpha`` is None where no two raters judged the same items, or all said the same."""

    task: str
    items: int
    wanted: int
    done: int
    skipped: int
    missing: int
    alpha: float | None


@dataclass(frozen=True)
class Rater:
    """One rater; ``seconds`` is the median time of an answer."""

    rater: str
    judged: int
    skipped: int
    seconds: float | None


@dataclass(frozen=True)
class Status:
    """``fresh`` judgements are on the server and in no file yet; ``project`` and ``address`` are empty without one."""

    tasks: tuple[Task, ...]
    raters: tuple[Rater, ...]
    notes: tuple[tuple[str, int], ...]
    fresh: int = 0
    project: str = ""
    address: str = ""

    @property
    def wanted(self) -> int:
        return sum(task.wanted for task in self.tasks)

    @property
    def done(self) -> int:
        return sum(task.wanted - task.missing for task in self.tasks)


def look(params: Params, server: Server | None) -> Status:
    """The state of the current round, from the rounds' files and, where one is set, the server; writes nothing."""
    out, round_ = outgoing(), params.validation.round
    files = dict(rounds.all_rounds())
    fresh, project, address = 0, "", ""
    if server:
        with connect(server) as client:
            there, new = fetch(client, server, round_)
        path = rounds.path_of(round_).as_posix()
        whole, fresh = rounds.merged(rounds.known(round_), new, where=path)
        files[path] = whole
        project, address = there.title, f"{server.url}/projects/{there.id}/data?labeling=1"
    found, ledger = judgements(files.items(), out.tasks, out.config, round_)
    items = read_table(Items, SEND / "items.parquet")
    options = read_table(Options, "data/assemble/options.parquet")
    joined = judged.join(items, found, options, params.values, source="judgements")
    return Status(
        tuple(_task(task, items, found, joined) for task in TASKS),
        tuple(_raters(found)),
        tuple(ledger["reason"].value_counts().sort("reason").iter_rows()),
        fresh,
        project,
        address,
    )


def _task(task: str, items: pl.DataFrame, found: pl.DataFrame, joined: judged.Judged) -> Task:
    mine, said = items.filter(task=task), found.filter(task=task)
    done = said.filter(status="judged").group_by("item_id").len("done")
    missing = mine.join(done, on="item_id", how="left", validate="1:1").select(
        (pl.col("raters") - pl.col("done").fill_null(0)).clip(lower_bound=0).sum()
    )
    counts = judged.counts(joined.of(task), joined.labels[task])[1]
    paired = counts[counts.sum(axis=1) >= 2]
    return Task(
        task,
        mine.height,
        int(mine["raters"].sum()),
        said.filter(status="judged").height,
        said.filter(status="skipped").height,
        int(missing.item()),
        agreement.krippendorff_alpha(paired) if len(paired) else None,
    )


def _raters(found: pl.DataFrame) -> list[Rater]:
    answered = pl.col("status") == "judged"
    each = found.group_by("rater").agg(
        judged=answered.sum(), skipped=(~answered).sum(), seconds=pl.col("seconds").filter(answered).median()
    )
    return [Rater(**row) for row in each.sort("rater").iter_rows(named=True)]
