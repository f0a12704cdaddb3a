"""The tables of a run of the lens as they are looked at, by cell: a scenario and a value. What is not made is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from pipeline.lens import places as at
from pipeline.lens.tables import CHECKS
from pipeline.measures.cells import disagrees
from pipeline.tables.places import Place
from pipeline.tables.waist import CELL, TOLERANCE

SEARCH = "q"
FILTERS = (SEARCH, "country", "topic", "value", "respondent", "gap", "action")
KEY = ["scenario_id", "value"]
MARKS = (*CHECKS, "own_to_country")
# What of a respondent's cell is one question: does it do what it states?
GAPS = {
    (False, False): "states it and acts on it",
    (False, True): "states it and acts against it",
    (True, False): "rejects it and acts on it",
    (True, True): "rejects it and acts against it",
}
STATED_ONLY, CHOSEN_ONLY = "only stated", "only chosen"


@dataclass(frozen=True)
class Cells:
    """A run below ``root``, the folder of the repository."""

    root: Path

    def read(self, place: Place) -> pl.DataFrame:
        """A table; one without rows where it was not made yet."""
        path = place.path(self.root)
        return pl.read_parquet(path) if path.exists() else place.schema.create_empty()

    @cached_property
    def scenarios(self) -> pl.DataFrame:
        """scenario_id, country, topic: of this run, and those that others were asked about."""
        own = self.read(at.SCENARIOS).select("scenario_id", "country", "topic")
        asked = self.read(at.SCORED_FACTORS)
        if asked.is_empty():
            return own.sort("country", "topic")
        others = asked.pivot("factor", index="scenario_id", values="level").select(own.columns)
        return pl.concat([own, others]).unique("scenario_id", keep="first").sort("country", "topic")

    @cached_property
    def actions(self) -> pl.DataFrame:
        """ValuedActions with ``failed``: the checks that do not hold, most serious first."""
        actions = self.read(at.ACTIONS)
        failed = pl.concat_list(
            pl.when(~pl.col(mark).fill_null(value=True)).then(pl.lit(mark)) for mark in MARKS
        )
        return actions.with_columns(failed=failed.list.drop_nulls())

    @cached_property
    def gaps(self) -> pl.DataFrame:
        """respondent, scenario_id, value, score (from 0 to 1: held), ratings, expressed, shown, distance, gap."""
        acted = self.read(at.ENACTED)
        both = self.read(at.DECLARED).join(acted, on=CELL, how="full", coalesce=True)
        against = pl.col("expressed") <= pl.col("by_chance") + TOLERANCE
        says = pl.lit(None, pl.String)
        for (stated_no, acted_no), text in GAPS.items():
            fits = (disagrees("score") == stated_no) & (against == acted_no)
            says = pl.when(fits).then(pl.lit(text)).otherwise(says)
        return both.with_columns(
            distance=(pl.col("score") - pl.col("expressed") / pl.col("shown")).abs(),
            gap=pl.when(pl.col("shown").is_null())
            .then(pl.lit(STATED_ONLY))
            .when(pl.col("score").is_null())
            .then(pl.lit(CHOSEN_ONLY))
            .otherwise(says),
        )

    @cached_property
    def missing(self) -> pl.DataFrame:
        """respondent, scenario_id, value, what, status, len: answers that are none."""
        parts = [
            self.read(place)
            .filter(pl.col("status") != "answered")
            .group_by(*CELL, "status")
            .len()
            .with_columns(what=pl.lit(what))
            for place, what in ((at.RATINGS, "ratings"), (at.CHOICES, "choices"))
        ]
        return pl.concat(parts).sort(*CELL, "what", "status")

    @cached_property
    def every(self) -> pl.DataFrame:
        """scenario_id, value, country, topic, distance: all cells, with the largest distance that anybody has there."""
        cells = pl.concat([self.actions.select(KEY), self.gaps.select(KEY)]).unique()
        largest = self.gaps.group_by(KEY).agg(pl.col("distance").max())
        return (
            cells.join(self.scenarios, on="scenario_id")
            .join(largest, on=KEY, how="left")
            .sort("country", "topic", "distance", "value", descending=[False, False, True, False])
        )

    @cached_property
    def entries(self) -> dict[str, list[str]]:
        """What each filter can be, for menus."""
        found = {name: self.every[name].unique().sort().to_list() for name in ("country", "topic", "value")}
        found["respondent"] = self.gaps["respondent"].unique().sort().to_list()
        found["gap"] = self.gaps["gap"].unique().drop_nulls().sort().to_list()
        statuses = self.actions["status"].unique().sort().to_list()
        failed = self.actions["failed"].explode().drop_nulls().unique().sort().to_list()
        found["action"] = [status for status in statuses if status != "ok"] + failed
        return {name: entries for name, entries in found.items() if entries}

    def matching(self, wanted: Mapping[str, str]) -> pl.DataFrame:
        """The cells for which all of ``wanted`` holds, in their order."""
        found = self.every
        for name in ("country", "topic", "value"):
            if entry := wanted.get(name):
                found = found.filter(pl.col(name) == entry)
        of_respondents = {name: wanted[name] for name in ("respondent", "gap") if wanted.get(name)}
        if of_respondents:
            found = found.join(self.gaps.filter(**of_respondents), on=KEY, how="semi")
        if entry := wanted.get("action"):
            having = (pl.col("status") == entry) | pl.col("failed").list.contains(entry)
            found = found.join(self.actions.filter(having), on=KEY, how="semi")
        if words := wanted.get(SEARCH, "").lower().split():
            said = self.actions.group_by(KEY).agg(said=pl.col("text").fill_null("").str.join(" "))
            text = pl.concat_str("scenario_id", "said", separator=" ").str.to_lowercase()
            holds = pl.all_horizontal(text.str.contains(word, literal=True) for word in words)
            found = found.join(said.filter(holds), on=KEY, how="semi")
        return found
