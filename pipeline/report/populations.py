"""Whose results stand in one report: simulated respondents have a report of their own, unless params ask otherwise."""

from __future__ import annotations

import polars as pl

from pipeline.report.figure import Tables

SIMULATED = "simulated"


def split(tables: Tables) -> tuple[Tables, Tables | None]:
    """What models, published models and people answered; and what simulated respondents did, where both are there."""
    who = tables["respondents"]
    simulated = who.filter(kind=SIMULATED)["respondent"].to_list()
    others = who.filter(pl.col("kind") != SIMULATED)["respondent"].to_list()
    if not simulated or not others:
        return tables, None
    return without(tables, simulated), without(tables, others)


def without(tables: Tables, names: list[str]) -> dict[str, pl.DataFrame]:
    """The tables without any row about these respondents, or about kinds that only they are of."""
    who = tables["respondents"]
    kinds = set(who["kind"]) - set(who.filter(~pl.col("respondent").is_in(names))["kind"])
    gone = [*names, *kinds]
    left = {name: _rows(table, gone) for name, table in tables.items()}
    if "equal_length" in left and not {"model", "published"} & set(left["respondents"]["kind"]):
        left["equal_length"] = left["equal_length"].clear()  # of people beside those who are gone
    return left


def _rows(table: pl.DataFrame, gone: list[str]) -> pl.DataFrame:
    of = {"respondent", "a", "b", "kind", "subject", "name"} & set(table.columns)
    if {"point", "name"} <= set(table.columns):  # a map, whose values have names too
        return table.filter((pl.col("point") != "respondent") | ~pl.col("name").is_in(gone))
    for column in of:
        table = table.filter(~pl.col(column).is_in(gone))
    return table
