"""How far a round is: wanted, done and missing judgements, by task and by rater, and agreement so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.annotation import rounds
from pipeline.annotation.client import Server, connect
from pipeline.annotation.exchange import SEND, asked, current_rounds, fetch, outgoing
from pipeline.annotation.site import VALACT, Rated, Site
from pipeline.collect.judgements import OTHER_ROUND, judgements
from pipeline.coordination.training import scores as training_scores
from pipeline.params import Params
from pipeline.params.validation import Validation
from pipeline.send import examples
from pipeline.statistics import agreement
from pipeline.tables import TASKS, Items, Options, read_table
from pipeline.tables.ids import ADJUDICATION, training_round
from pipeline.validate.conduct import Conduct, conduct
from pipeline.verdict import judged


@dataclass(frozen=True)
class Task:
    """One kind of task, or the tasks of a country; ``alpha`` is None where no two raters judged the same items, or all
    said the same."""

    task: str
    items: int
    wanted: int
    done: int
    skipped: int
    missing: int
    alpha: float | None


@dataclass(frozen=True)
class Status:
    """``complaints`` has by rater what the rules of params find, ``training`` test items right, and of how many.
    ``fresh`` judgements are on the server and in no file yet; ``projects`` are titles and addresses there."""

    tasks: tuple[Task, ...]
    raters: tuple[Conduct, ...]
    complaints: Mapping[str, list[str]]
    training: Mapping[str, tuple[int, int]]
    notes: tuple[tuple[str, int], ...]
    fresh: int = 0
    projects: tuple[tuple[str, str], ...] = ()

    @property
    def wanted(self) -> int:
        return sum(task.wanted for task in self.tasks)

    @property
    def done(self) -> int:
        return sum(task.wanted - task.missing for task in self.tasks)


def so_far(
    params: Rated, server: Server | None, site: Site = VALACT
) -> tuple[dict[str, rounds.Round], int, tuple[tuple[str, str], ...]]:
    """The rounds by file with what the server has beyond them, how many judgements that is, and its projects."""
    files = dict(rounds.all_rounds(site.rounds))
    fresh, projects = 0, []
    for round_ in current_rounds(params, site):
        if server is None:
            break
        path = rounds.path_of(round_, site.rounds).as_posix()
        whole = rounds.known(round_, site.rounds)
        with connect(server) as client:
            found_there = fetch(client, server, round_, site)
        for there, new in found_there:
            whole, changed = rounds.merged(whole, new, where=path)
            fresh += changed
            projects.append((there.title, f"{server.url}/projects/{there.id}/data?labeling=1"))
        files[path] = whole
    return files, fresh, tuple(projects)


def look(params: Params, server: Server | None) -> Status:
    """The state of the current round, from the rounds' files and, where one is set, the server; writes nothing."""
    rounds_of, out = asked(params), outgoing()
    files, fresh, projects = so_far(params, server)
    found, ledger = judgements(files.items(), out.all_tasks, out.config, rounds_of)
    items = read_table(Items, SEND / "items.parquet")
    options = read_table(Options, "data/assemble/options.parquet")
    joined = judged.join(items, found, options, params.values, source="judgements")
    everybody = judged.join(items, found, options, params.values, source="judgements", everybody=True)
    people = conduct(everybody)
    training = rounds.known(training_round(params.validation.round))
    scores = training_scores(training, examples.read(params.values).training)
    counted = found.filter(~pl.col("excluded"), ~pl.col("round").str.ends_with(ADJUDICATION))
    return Status(
        tuple(_task(task, items, counted, joined) for task in TASKS),
        tuple(people),
        _complaints(people, scores, params.validation),
        scores,
        tuple(_notes(ledger)),
        fresh,
        projects,
    )


def _notes(ledger: pl.DataFrame) -> Iterable[tuple[str, int]]:
    """What is to be known of judgements, with their number; other rounds have files of their own, which is no news."""
    found = ledger.filter(pl.col("reason") != OTHER_ROUND)["reason"]
    yield from found.value_counts().sort("reason").iter_rows()


def _complaints(
    people: Iterable[Conduct], scores: Mapping[str, tuple[int, int]], rules: Validation
) -> dict[str, list[str]]:
    """By rater who counts: what the rules of params, fixed beforehand, find."""
    found = {}
    for one in people:
        why, (right, of) = one.complaints(rules.careless), scores.get(one.rater, (0, 0))
        if right < rules.training.pass_mark * of:
            why.append(
                f"{right} of {of} right in the training, less than {100 * rules.training.pass_mark:.0f} %"
            )
        if why and not one.excluded:
            found[one.rater] = why
    return found


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
