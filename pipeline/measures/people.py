"""People as a sample: the answers of a study's people as those of one respondent, of whom each person is a unit.

A person answers a few cells, too few for figures of their own. So each measure is of all cells of all people, each
compared within its person, |V - A| among them; and its error comes from leaving whole people out. A rate is of the many
values of one scenario by one respondent, which no person has: people have F1 over all cells instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.core.errors import InputError

# Between the scenario and the person who answered in it.
_OF = " of "


def samples(respondents: pl.DataFrame) -> dict[str, str]:
    """Name of the sample of each person of table Respondents: one a study. InputError where somebody has that name."""
    people = respondents.filter(kind="human").select("respondent", sample=pl.format("people-{}", "group"))
    taken = respondents.filter(pl.col("respondent").is_in(people["sample"].implode()))
    if taken.height:
        raise InputError(
            "the people of a study are reported under this name",
            where=f"respondent {taken['respondent'][0]}",
            remedy="rename it, or import the study under another --name",
        )
    return dict(people.iter_rows())


def named(table: pl.DataFrame, people: Mapping[str, str]) -> pl.DataFrame:
    """The table with the sample for the ``respondent``, and who it was as ``person``; others are their own."""
    return table.with_columns(
        person=pl.col("respondent"), respondent=pl.col("respondent").replace(dict(people))
    )


def apart(table: pl.DataFrame, people: Mapping[str, str]) -> pl.DataFrame:
    """The same, with a scenario of each person's own: a sample has no cell twice."""
    rows = named(table, people)
    own = pl.when(pl.col("person") != pl.col("respondent"))
    scenario = own.then(pl.format(f"{{}}{_OF}{{}}", "scenario_id", "person")).otherwise("scenario_id")
    return rows.with_columns(scenario_id=scenario).drop("person")


def by_person(pairs: pl.DataFrame, people: Mapping[str, str]) -> pl.DataFrame:
    """Choices of people, of table PairChoices: the sample as the ``respondent``, the person as the ``scenario_id``, and
    what was shown as the ``value``."""
    theirs = named(pairs.filter(pl.col("respondent").is_in(list(people))), people)
    shown = pl.format("{} {}", "scenario_id", "value")
    return theirs.with_columns(value=shown, scenario_id="person").drop("person")


def split(scenario: str) -> tuple[str, str | None]:
    """The scenario, and the person whose own it is, if any."""
    name, _, person = scenario.partition(_OF)
    return name, person or None
