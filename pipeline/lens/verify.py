"""Verifying a release of the lens: what anybody who downloaded one can check, one named check after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from pipeline.core.documents import read_json, read_text
from pipeline.core.errors import InputError
from pipeline.lens.release import manifest as manifests
from pipeline.lens.release import tasks
from pipeline.lens.release.configs import CONFIGS, DEFAULT
from pipeline.recipe import LENS
from pipeline.release import tasks as shared
from pipeline.release.manifest import FILE
from pipeline.tables.columns import STANCES
from pipeline.tables.ids import scenario_of
from pipeline.tables.send import NONE
from pipeline.values import load, names
from pipeline.verify import Result, Tables, problems_of
from pipeline.verify.checksums import checksums
from pipeline.verify.contents import breaches, named, readable
from pipeline.verify.documents import carried, claims, croissant, head

_SUMMARY = re.compile(r"\*\*([\d,]+) pairs\*\* of ([\d,]+) scenarios, with ([\d,]+) actions")


def is_lens(folder: Path) -> bool:
    """Whether the folder says that it is a release of the lens."""
    try:
        found = read_json(folder / FILE)
    except InputError:
        return False
    return isinstance(found, dict) and found.get("dataset") == LENS.name


def verify(folder: Path) -> list[Result]:
    """Every check of the release in ``folder``; those of the tables only where all of these can be read."""
    results = [
        Result("checksums", problems_of(checksums(folder))),
        Result("schemas", problems_of(breaches(folder, CONFIGS))),
    ]
    tables = readable(folder, CONFIGS)
    if tables is None:
        return results + [Result(name, None) for name in (*OF_TABLES, *OF_BOTH)]
    results += [Result(name, problems_of(check(tables))) for name, check in OF_TABLES.items()]
    return results + [Result(name, problems_of(check(folder, tables))) for name, check in OF_BOTH.items()]


def ids(tables: Tables) -> Iterator[str]:
    """Ids that say what they are of, and actions of both stances for each scenario and value."""
    scenarios, actions = tables["scenarios"], tables["actions"]
    own_ids = [
        scenario_of(country, topic) for country, topic in scenarios.select("country", "topic").iter_rows()
    ]
    other = scenarios.filter(pl.Series(own_ids, dtype=pl.String) != pl.col("scenario_id"))
    yield from named(other, "scenario_id", "is not the id of its country and topic")
    opposing = pl.when(pl.col("stance") == STANCES[1]).then(pl.lit(".opposes")).otherwise(pl.lit(""))
    own = pl.format("{}.{}.{}{}", "scenario_id", "value", "generator", opposing)
    yield from named(
        actions.filter(own != pl.col("action_id")), "action_id", "is not scenario.value.generator"
    )
    lone = (
        actions.group_by("scenario_id", "value").agg(n=pl.col("stance").n_unique()).filter(pl.col("n") != 2)
    )
    yield from named(lone, "scenario_id", "has a value with one stance only")
    for name in ("actions", "pairs", "ratings", "choices", "validation"):
        strays = tables[name].join(scenarios, on="scenario_id", how="anti")
        yield from named(strays, "scenario_id", f"is of no scenario, in config {name}")


def pairs(tables: Tables) -> Iterator[str]:
    """A pair is there exactly where both actions may be shown, with their texts; choices are between pairs."""
    found, shown = tables["pairs"], tables["actions"].filter(pl.col("status") == "ok")
    for stance in STANCES:
        mine = shown.filter(pl.col("stance") == stance).select(
            "scenario_id", "value", pl.col("action_id").alias(f"{stance}_id"), pl.col("text").alias(stance)
        )
        other = found.join(mine, on=mine.columns, how="anti")
        yield from named(
            other, "scenario_id", f"has a pair whose action that {stance} is none that may be shown"
        )
    both = shown.group_by("scenario_id", "value").len().filter(pl.col("len") == 2)
    left = both.join(found, on=["scenario_id", "value"], how="anti")
    yield from named(left, "scenario_id", "has two actions of a value, and no pair")
    strays = tables["choices"].join(found, on=["scenario_id", "value"], how="anti")
    yield from named(strays, "scenario_id", "has a choice between actions that are no pair")


def judgements(tables: Tables) -> Iterator[str]:
    """Judgements are of actions of the release, with the value and stance that these were written for, and name a value
    that was offered."""
    found, of = tables["validation"], tables["actions"].filter(pl.col("status") == "ok")
    meant = of.select("action_id", "scenario_id", intended="value", intended_stance="stance")
    strays = found.join(meant, on=meant.columns, how="anti")
    yield from named(strays, "action_id", "was judged, and is no action with that value and stance")
    others = found.filter(
        pl.col("value").is_not_null() & (pl.col("value") != NONE) & ~pl.col("value").is_in(pl.col("offered"))
    )
    yield from named(others, "action_id", "has a judgement with a value that was not offered")
    absent = found.filter(~pl.col("intended").is_in(pl.col("offered")))
    yield from named(absent, "action_id", "was judged without its value among those offered")


def card(folder: Path, tables: Tables) -> Iterator[str]:
    """Sizes in the card's head, and counts in its text, are those of the data."""
    yield from head(folder, tables, DEFAULT)
    told = _SUMMARY.search(" ".join(read_text(folder / "README.md").split()))
    claimed = tuple(int(number.replace(",", "")) for number in told.groups()) if told else ()
    counted = tuple(tables[name].height for name in (DEFAULT, "scenarios", "actions"))
    if claimed != counted:
        yield f"the card's summary counts {claimed}, the data hold {counted} pairs, scenarios and actions"


def manifest(folder: Path, tables: Tables) -> Iterator[str]:
    """release.json has the rows and hashes of the configs, and the axes that they have."""
    found = manifests.read(folder)
    yield from claims(folder, found, tables)
    held = {
        "countries": set(tables["scenarios"]["country"]),
        "topics": set(tables["scenarios"]["topic"]),
        "values": set(tables["actions"]["value"]),
    }
    for axis, levels in held.items():
        if differing := levels ^ set(getattr(found, axis)):
            yield f"{axis}: release.json and the data differ in {', '.join(sorted(differing)[:3])}"


def evaluators(folder: Path, tables: Tables) -> Iterator[str]:
    """The code of the tasks is the one that this version of the software writes, with the definitions of an inventory
    that it has."""
    values = set(tables["actions"]["value"])
    for inventory in map(load, names()):
        if values <= set(inventory.slugs):
            asked = [slug for slug in inventory.slugs if slug in values]
            ours = tasks.code(asked) | {shared.VALUES: shared.definitions(inventory, asked)}
            yield from carried(folder, ours)
            return
    yield f"{', '.join(sorted(values)[:3])} ... are of no inventory that this version of the software has"


OF_TABLES: dict[str, Callable[[Tables], Iterator[str]]] = {
    "keys and joins": ids,
    "pairs and actions": pairs,
    "judgements": judgements,
}
OF_BOTH: dict[str, Callable[[Path, Tables], Iterator[str]]] = {
    "card": card,
    "croissant": croissant,
    "evaluators": evaluators,
    "release.json": manifest,
}
