"""Filling the quotas with complete scenarios: who is lost gives its place to the next in rank.

Categories are asked for in rounds: as many scenarios of each as it lacks, in the order of their ranks. Who comes in a
later round follows from the answers to the earlier ones, and from nothing else; so the same answers give the same
scenarios, and a run that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.engine import Answerer
from pipeline.generate.give_away import Reworded, reword
from pipeline.generate.reading import Reader
from pipeline.generate.work import Case, start
from pipeline.generate.write import Writer
from pipeline.params.build import Generate
from pipeline.repairs.asked import Repair
from pipeline.tables import Actions, Drafts, GenerationLedger, Readings, conform
from pipeline.tables.columns import STANCES
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Generation:
    """Actions of complete scenarios, every draft with its checks, failure and reading; and who was asked about."""

    actions: pl.DataFrame
    drafts: pl.DataFrame
    ledger: pl.DataFrame
    readings: pl.DataFrame
    cases: list[Case]
    reworded: Reworded | None = None

    def count(self, category: str | None = None) -> tuple[int, int, int]:
        """Scenarios of a category, or of all, that are complete, lost, and without an answer."""
        mine = [case for case in self.cases if category in (None, case.category)]
        complete, lost = sum(case.complete for case in mine), sum(case.lost for case in mine)
        return complete, lost, len(mine) - complete - lost


def generate(
    engine: Answerer,
    scenarios: pl.DataFrame,
    settings: Generate,
    values: Inventory,
    per_category: int,
    repairs: Iterable[Repair] = (),
    seed: int = 0,
) -> Generation:
    """An action for each value and generator, for the first ``per_category`` scenarios of each category that get them.

    ``scenarios`` (scenario_id, category, rank, subreddit, text) are taken in rank order. One is lost where a generator
    refuses it, where an action fails its checks to the end, or where too many are misread. ``repairs`` are texts that
    raters rejected; ``seed`` deals the actions to readers.
    """
    writer = Writer(engine, settings, values, tuple(repairs))
    reader = Reader(engine, settings.reading, values, seed)

    def write(cases: Sequence[Case]) -> None:
        writer.write(cases)
        reader.settle(cases, writer)

    cases = fill(
        {
            str(category): [start(row, settings, values) for row in group.sort("rank").iter_rows(named=True)]
            for (category,), group in sorted(scenarios.partition_by("category", as_dict=True).items())
        },
        per_category,
        write,
    )
    # Once all are written, because what words tell is learnt from all; and what raters reject, they rejected of these.
    reworded = reword(cases, writer, reader, settings.rewording, seed)
    writer.replace_rejected(cases)
    reader.look(cases)
    return Generation(
        conform(Actions, [row for case in cases if case.complete for row in _actions(case)], where="actions"),
        conform(Drafts, writer.drafts, where="drafts"),
        conform(GenerationLedger, [row for case in cases for row in _failures(case)], where="ledger"),
        conform(Readings, reader.rows, where="readings"),
        cases,
        reworded,
    )


def fill(
    ranked: dict[str, list[Case]], per_category: int, write: Callable[[Sequence[Case]], None]
) -> list[Case]:
    """Has cases written, by category in their order, until as many are complete; returns those that were.

    A case without an answer keeps its place: it is not lost, and the next run asks for it.
    """
    written: list[Case] = []
    taken = dict.fromkeys(ranked, 0)
    while True:
        wave = []
        for category, cases in ranked.items():
            held = sum(not case.lost for case in cases[: taken[category]])
            more = cases[taken[category] :][: max(per_category - held, 0)]
            taken[category] += len(more)
            wave += more
        if not wave:
            return written
        write(wave)
        written += wave


def _actions(case: Case) -> Iterable[dict[str, object]]:
    """Rows of Actions."""
    for work in case.works:
        for value, row in work.kept.items():
            action = {
                **row,
                "action_id": f"{case.scenario_id}.{value}.{work.generator}",
                "stance": STANCES[0],
            }
            yield {name: action[name] for name in Actions.columns()}


def _failures(case: Case) -> Iterable[dict[str, object]]:
    """Rows of GenerationLedger; those are final for which the scenario has no actions."""
    for work in case.works:
        ended = work.spent and work.wanted and not case.complete
        for row in work.failures:
            yield row | {"final": bool(row["final"] or (ended and row["attempt"] == work.attempts))}
