"""The named findings: what the rules of params make of the numbers, first of all sections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds, people
from pipeline.report.answer import Answer
from pipeline.report.document import Cell, Section, Table, count, counted, interval, listed, number, some_of
from pipeline.report.figure import Tables
from pipeline.tables import QUESTIONS

SOURCE = "data/analyse/findings.parquet"
WORDS = {
    "convergence_of_profiles": "Convergence of profiles beyond shared value weights",
    "convergence_of_choices": "Convergence of choices beyond shared value weights",
    "knowledge_action_gap": "Knowledge-action gap",
    "role_play_cost": "Cost of playing the role",
    "position_bias": "Position bias",
}
RULES = {
    "convergence_of_profiles": "r above that of value-only choosers by more than {}",
    "convergence_of_choices": "equal choices above those of value-only choosers by more than {}",
    "knowledge_action_gap": "r of declared and enacted values below {}",
    "role_play_cost": "selection above adoption by more than {}",
    "position_bias": "a letter further than {} from its fair share",
}
# By the section in which an answer is continued.
OF_SECTION = {
    "Respondents among each other": ("convergence_of_profiles", "convergence_of_choices"),
    "Declared against enacted values": ("knowledge_action_gap",),
    "Selection and adoption": ("role_play_cost",),
}
VERDICTS = {"present": "present", "absent": "absent", "cannot_be_told": "cannot be told"}


def section(tables: Tables) -> Section:
    """A table of the kinds, and a sentence on the respondents of each finding."""
    found = tables["findings"]
    shown = found.filter(scope="kind")
    text = [
        "Rules that params fix beforehand (analysis.findings): a finding is present where the whole interval of its "
        "number lies beyond the least that counts, absent where none of it does, and cannot be told otherwise. The "
        "intervals are for respondents in general, of the gap for values in general."
    ]
    return Section(
        "Findings",
        [*text, *_each(found)] if found.height else [],
        [
            Table(
                "Findings by kind of respondent",
                HEADER,
                [_row(row) for row in shown.iter_rows(named=True)],
                SOURCE,
            )
        ]
        if shown.height
        else [],
    )


HEADER = ["finding", "of whom", "rule", "number", "n", "verdict"]


def beside(answers: Sequence[Answer], tables: Tables) -> list[Answer]:
    """The first answers, each with what the rules say of its findings."""
    return [
        replace(one, sentences=(*one.sentences, *told(tables, *OF_SECTION.get(one.section, ()))))
        for one in answers
    ]


def told(tables: Tables, *findings: str) -> Iterator[str]:
    """What the rules say of these findings, a sentence each."""
    for finding in findings:
        kinds_ = tables["findings"].filter(finding=finding, scope="kind")
        if kinds_.height:
            parts = [f"{VERDICTS[row['verdict']]} ({_who(row)})" for row in kinds_.iter_rows(named=True)]
            yield f"{WORDS[finding]}, by a rule fixed beforehand: {listed(parts)}."


def _row(row: dict[str, Any]) -> list[str | Cell]:
    letter = f"{row['detail']}: " if row["detail"] else ""
    return [
        WORDS[row["finding"]],
        _who(row),
        RULES[row["finding"]].format(number(row["least"], 2)),
        Cell(letter + number(row["estimate"]), interval(row["low"], row["high"])),
        count(row["n"]),
        VERDICTS[row["verdict"]],
    ]


def _who(row: dict[str, Any]) -> str:
    asked = "" if row["instrument"] == QUESTIONS else f", {load(row['instrument']).title}"
    return kinds.many(row["name"]) + asked


def _each(found: pl.DataFrame) -> Iterator[str]:
    alone = found.filter(scope="respondent")
    for finding, name in WORDS.items():
        of = alone.filter(finding=finding).unique("name", keep="first", maintain_order=True)
        if of.is_empty():
            continue
        parts = []
        for verdict, words in VERDICTS.items():
            found_so = of.filter(verdict=verdict)
            names = found_so.filter(pl.col("kind") != people.KIND)["name"].to_list()
            persons = found_so.height - len(names)
            whom = [some_of(names)] if names else []
            whom += [counted(persons, "person", "people")] if persons else []
            if whom:
                parts.append(f"{words} for {' and '.join(whom)}")
        yield f"{name}, one by one: {listed(parts)}."
