"""The quality of the questions, and whether several ways to ask for values find the same ones."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.instruments import load
from pipeline.report import kinds
from pipeline.report.document import Cell, Section, Table, between, count, interval, number, percent
from pipeline.report.figure import Tables
from pipeline.report.notes import notes_on
from pipeline.tables import QUESTIONS
from pipeline.values import Inventory

WORST = 20
WHY = {
    "everybody_agrees": "nearly all choose one action",
    "does_not_discriminate": "does not go with preferences elsewhere",
    "against_the_instrument": "people choose against what they declare",
    "differs_between_people_and_models": "people and models of equal preference differ",
}
STATISTICS = {
    "chosen_less_others": "rating of the value chosen less that of the others",
    "abstained_less_answered": "rating of the options where it abstains less where it answers",
    "abstentions": "share abstained from",
}


def items(tables: Tables, inventory: Inventory) -> Section:
    """How many questions are kept and in doubt, and those in doubt."""
    found = tables["item_quality"]
    doubt = found.filter(verdict="doubt").sort("discrimination", "question_id", nulls_last=True)
    rows: list[list[str | Cell]] = [
        [
            row["question_id"],
            ", ".join(WHY[why] for why in row["why"].split(", ")),
            count(row["respondents"]),
            percent(row["popular"]),
            number(row["discrimination"], 2),
            Cell(
                number(row["instrument_agreement"], 2),
                interval(row["agreement_low"], row["agreement_high"], 2),
            ),
        ]
        for row in doubt.head(WORST).iter_rows(named=True)
    ]
    header = ["question", "why", "respondents", "most popular", "discrimination", "agrees with instrument"]
    return Section(
        "Quality of the questions",
        list(_summary(found)),
        [Table("Questions in doubt", header, rows, "data/analyse/item_quality.parquet", wide=True)]
        if rows
        else [],
        missing=notes_on(tables["notes"], "item_quality"),
    )


def _summary(found: pl.DataFrame) -> Iterator[str]:
    if found.is_empty():
        return
    told = dict(found["verdict"].value_counts().iter_rows())
    yield (
        f"Of {count(found.height)} questions answered in default mode {count(told.get('keep', 0))} are kept, "
        f"{count(told.get('doubt', 0))} in doubt, and of {count(told.get('cannot_be_told', 0))} too few answers tell "
        "(analysis.items). Discrimination: do those choose an action who choose its value more than others do in other "
        "scenarios? These answers judge the questions; they change no release."
    )
    if known := found["discrimination"].drop_nulls().to_list():
        yield f"Mean discrimination: {number(sum(known) / len(known), 2)}."
    asked = found.filter(pl.col("people") > 0)
    if asked.height:
        share = float((asked["instrument_agreement"] * asked["people"]).sum()) / float(asked["people"].sum())
        yield f"People chose the option whose value they declare most in {percent(share)} of their answers."


def methods(tables: Tables, inventory: Inventory) -> Section:
    """Correlations between methods, and what ratings and abstentions say."""
    people = tables["respondents"].filter(kind="human")["respondent"].implode()
    found = tables["methods"].filter((pl.col("scope") != "respondent") | ~pl.col("name").is_in(people))
    scopes = {"respondent": "", "same_value": ", same value", "other_value": ", different values"}
    rows: list[list[str | Cell]] = [
        [
            (row["name"] if row["scope"] == "respondent" else kinds.many(row["name"])) + scopes[row["scope"]],
            _method(row["method_a"], row["instrument"]),
            row["method_b"],
            count(row["n"]),
            number(row["r"]),
            between(row["low"], row["high"], 2),
        ]
        for row in found.iter_rows(named=True)
    ]
    rated: list[list[str | Cell]] = [
        [
            row["respondent"],
            STATISTICS[row["statistic"]],
            count(row["questions"]),
            Cell(number(row["estimate"]), interval(row["low"], row["high"])),
        ]
        for row in tables["applicability"].filter(~pl.col("respondent").is_in(people)).iter_rows(named=True)
    ]
    text = [
        "Traits are the values, methods the ways to ask for them (Campbell and Fiske 1959). Of one respondent r is "
        "over the values, with the values as a sample; of a kind the mean r over its respondents, of the same value by "
        "both ways and of different values. Ways that find the same values have a high r of the same and a low one of "
        "different values."
    ]
    shown = [
        Table(caption, header, of, f"data/analyse/{name}.parquet", wide=True)
        for caption, header, of, name in (
            (
                "Ways to ask, two by two",
                ["of whom", "one way", "other way", "n", "r", "for values in general"],
                rows,
                "methods",
            ),
            (
                "What applies, what is chosen, where one abstains",
                ["respondent", "number", "questions", "estimate"],
                rated,
                "applicability",
            ),
        )
        if of
    ]
    return Section(
        "Several ways to ask for values",
        text if rows else [],
        shown,
        missing=notes_on(tables["notes"], "methods", "applicability"),
    )


def _method(name: str, instrument: str) -> str:
    return name if instrument == QUESTIONS else f"{name}, {load(instrument).title}"
