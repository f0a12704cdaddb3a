"""The tables of a run as they are looked at: by scenario, and by what questions are searched for.

Everything is read lazily, and what was not made yet is empty. A text that may not be shown is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from pipeline.tables import places as at
from pipeline.tables import scan_table
from pipeline.tables.flags import FLAGS
from pipeline.tables.generate import ACTION_CHECKS
from pipeline.tables.places import Place
from pipeline.verdict.readings import read_as

# What an answer must be, all of it in one row of Choices: the name of a filter and the column that it is about.
OF_ANSWERS = {
    "respondent": "respondent",
    "mode": "mode",
    "status": "status",
    "letter": "letter",
    "chose": "value",
}
# What a question or its scenario must have.
OF_QUESTIONS = ("category", "flag", "value", "generator", "target", "verdict", "reading", "check", "panel")
SEARCH = "q"
FILTERS = (SEARCH, *OF_QUESTIONS, *OF_ANSWERS)


@dataclass(frozen=True)
class Corpus:
    """A run below ``root``, the folder of params.yaml; ``texts`` whether the scenarios' texts may be shown."""

    root: Path
    texts: bool

    def scan(self, place: Place) -> pl.LazyFrame:
        """A table; one without rows where it was not made yet."""
        path = place.path(self.root)
        return scan_table(place.schema, path) if path.exists() else place.schema.create_empty().lazy()

    @cached_property
    def questions(self) -> pl.DataFrame:
        """question_id, scenario_id, category, target_value: those of the run, and those that others were asked."""
        scenarios = self.scan(at.SCENARIOS).select("scenario_id", "category")
        own = (
            self.scan(at.QUESTIONS)
            .select("question_id", "scenario_id", "target_value")
            .join(scenarios, on="scenario_id", how="left")
        )
        asked = self.scan(at.SCORED_QUESTIONS).select("question_id", "scenario_id", "category")
        others = asked.join(own, on="question_id", how="anti")
        return (
            pl.concat([own, others], how="diagonal").sort("category", "scenario_id", "question_id").collect()
        )

    @cached_property
    def options(self) -> pl.DataFrame:
        """Options with the texts of their actions, where those are known."""
        own = self.scan(at.OPTIONS)
        others = self.scan(at.SCORED_OPTIONS).join(own, on="question_id", how="anti")
        texts = self.scan(at.ACTIONS).select("action_id", "text")
        every = pl.concat([own, others.select(own.collect_schema().names())])
        return every.join(texts, on="action_id", how="left").sort("question_id", "position").collect()

    @cached_property
    def scenarios(self) -> pl.DataFrame:
        """Scenarios of the run, without their texts where those are withheld."""
        found = self.scan(at.SCENARIOS)
        return (found if self.texts else found.with_columns(text=pl.lit(None, pl.String))).collect()

    @cached_property
    def checks(self) -> pl.DataFrame:
        """scenario_id, generator, value, attempt, check: every check that a draft failed."""
        drafts = self.scan(at.DRAFTS).select("scenario_id", "generator", "value", "attempt", *ACTION_CHECKS)
        keys = ["scenario_id", "generator", "value", "attempt"]
        long = drafts.unpivot(list(ACTION_CHECKS), index=keys, variable_name="check", value_name="passed")
        return long.filter(~pl.col("passed")).drop("passed").collect()

    @cached_property
    def readings(self) -> pl.DataFrame:
        """action_id, value, read_as, readers, recognised, reading: what models that read the actions blindly saw."""
        actions = self.scan(at.ACTIONS).collect()
        read = read_as(actions, self.scan(at.READINGS).collect()).filter(pl.col("readers") > 0)
        return read.join(actions.select("action_id", "value"), on="action_id").with_columns(
            reading=pl.when(pl.col("read_as") == pl.col("value"))
            .then(pl.lit("as intended"))
            .when(pl.col("read_as").is_null())
            .then(pl.lit("disputed"))
            .otherwise(pl.lit("otherwise"))
        )

    @cached_property
    def facets(self) -> pl.DataFrame:
        """question_id, facet, entry: what can be asked of a question, each entry once."""
        of = self.questions.select("question_id", "scenario_id")
        values = self.options.select("question_id", "action_id", "value", "generator")
        verdicts = self.scan(at.ACTION_VERDICTS).select("action_id", "status").collect()
        votes = self.scan(at.VOTES).join(self.scan(at.JUDGED_SCENARIOS), on="post_id").collect()
        disputed = votes.group_by("scenario_id").agg(
            panel=pl.when(pl.col("vote").n_unique() > 1)
            .then(pl.lit("disputed"))
            .otherwise(pl.lit("unanimous"))
        )
        checks = of.join(self.checks, on="scenario_id").join(
            values, on=["question_id", "value", "generator"], how="semi"
        )
        parts = {
            "category": self.questions.select("question_id", entry="category"),
            "target": self.questions.select("question_id", entry="target_value"),
            "value": values.select("question_id", entry="value"),
            "generator": values.select("question_id", entry="generator"),
            "verdict": values.join(verdicts, on="action_id").select("question_id", entry="status"),
            "reading": values.join(self.readings, on="action_id").select("question_id", entry="reading"),
            "check": checks.select("question_id", entry="check"),
            "panel": of.join(disputed, on="scenario_id").select("question_id", entry="panel"),
            "flag": of.join(self._flags(), on="scenario_id").select("question_id", entry="flag"),
        }
        return pl.concat(
            part.drop_nulls().unique().select("question_id", pl.lit(facet).alias("facet"), "entry")
            for facet, part in parts.items()
        ).sort("question_id", "facet", "entry")

    def _flags(self) -> pl.DataFrame:
        """scenario_id, flag: what judges said that a post holds."""
        long = self.scenarios.select("scenario_id", *FLAGS).unpivot(
            list(FLAGS), index="scenario_id", variable_name="flag", value_name="raised"
        )
        return long.filter("raised").drop("raised")

    @cached_property
    def entries(self) -> dict[str, list[str]]:
        """What each filter can be, for menus."""
        found = {
            str(facet): of["entry"].unique().sort().to_list()
            for (facet,), of in self.facets.partition_by("facet", as_dict=True).items()
        }
        choices = self.scan(at.CHOICES)
        people = self.scan(at.RESPONDENTS).filter(kind="human").select("respondent")
        named = choices.join(people, on="respondent", how="anti")
        for name, column in OF_ANSWERS.items():
            source = named if name == "respondent" else choices
            found[name] = (
                source.select(pl.col(column).unique()).collect()[column].drop_nulls().sort().to_list()
            )
        return {name: found[name] for name in FILTERS if found.get(name)}

    def matching(self, wanted: Mapping[str, str]) -> pl.DataFrame:
        """The questions (question_id, scenario_id) for which all of ``wanted`` holds, in their order."""
        found = self.questions
        for facet in OF_QUESTIONS:
            if entry := wanted.get(facet):
                having = self.facets.filter(facet=facet, entry=entry)
                found = found.join(having, on="question_id", how="semi")
        answer = {column: wanted[name] for name, column in OF_ANSWERS.items() if wanted.get(name)}
        if answer:
            rows = self.scan(at.CHOICES).filter(**answer).select("question_id").unique().collect()
            found = found.join(rows, on="question_id", how="semi")
        if words := wanted.get(SEARCH, "").lower().split():
            found = found.join(self._saying(words), on="question_id", how="semi")
        return found.select("question_id", "scenario_id")

    def _saying(self, words: list[str]) -> pl.DataFrame:
        """Questions that hold each of the words, in the scenario, in an action or as an id."""
        actions = self.options.group_by("question_id").agg(pl.col("text").fill_null("").str.join(" "))
        of = (
            self.questions.select("question_id", "scenario_id")
            .join(self.scenarios.select("scenario_id", said="text"), on="scenario_id", how="left")
            .join(actions, on="question_id", how="left")
        )
        said = pl.concat_str(pl.col("question_id"), pl.col("said", "text").fill_null(""), separator=" ")
        said = said.str.to_lowercase()
        return of.filter(pl.all_horizontal(said.str.contains(word, literal=True) for word in words))
