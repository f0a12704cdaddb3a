"""Whether the tables are what their schemas, their keys, and the design of the questions say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.core.errors import InputError
from pipeline.core.words import count_words
from pipeline.release import authored as invented
from pipeline.release import balance as design
from pipeline.release import benchmark as benchmarks
from pipeline.release import checks, translated
from pipeline.release.configs import LABELS, SPLIT
from pipeline.release.dealt import Dealt, strange_values
from pipeline.release.files import arrow
from pipeline.tables import bounded
from pipeline.tables.content import question_hashes, text_hashes
from pipeline.tables.ids import scenario_id

Tables = dict[str, pl.DataFrame]


Schemas = Mapping[str, type[dy.Schema]]


def readable(folder: Path, schemas: Schemas | None = None) -> Tables | None:
    """All configs (of these schemas, or ValAct's) as tables, or None where one cannot be read or has other columns than
    its schema."""
    schemas = translated.present(folder) if schemas is None else schemas
    tables = {name: _read(folder, name, schema) for name, schema in schemas.items()}
    found = {name: table for name, table in tables.items() if isinstance(table, pl.DataFrame)}
    return found if len(found) == len(schemas) else None


def schemas(folder: Path, dealt: Dealt) -> Iterator[str]:
    """Columns, types, keys and vocabularies of every config."""
    known = translated.present(folder)
    yield from breaches(folder, known)
    for name, schema in known.items():
        table = _read(folder, name, schema)
        if not isinstance(table, str):
            yield from (f"config {name}: {fault}" for fault in strange_values(name, table, dealt.values))


def breaches(folder: Path, known: Schemas) -> Iterator[str]:
    """Where a config is not what its schema says, and tables of no config."""
    for name, schema in known.items():
        table = _read(folder, name, schema)
        if isinstance(table, str):
            yield f"config {name}: {table}"
            continue
        _, failure = schema.filter(table)
        for rule, rows in sorted(failure.counts().items()):
            yield f"config {name}: {rows} rows break the rule {rule!r}"
    for path in sorted(folder.glob("*/*.parquet")):
        if (config := path.parent.name) not in known or path.name != f"{SPLIT}.parquet":
            yield f"{config}/{path.name} is of no config that this version of ValAct knows"


def joins(tables: Tables, dealt: Dealt) -> Iterator[str]:
    """Ids that say what they are of, and rows that find their partners."""
    scenarios, questions, actions = tables["scenarios"], tables["questions"], tables["actions"]
    own = scenarios["post_id"].map_elements(scenario_id, return_dtype=pl.String)
    yield from named(
        scenarios.filter(own != scenarios["scenario_id"]), "scenario_id", "is not the id of its post"
    )
    theirs = pl.format("{}.{}.{}", "scenario_id", "value", "generator")
    yield from named(
        actions.filter(pl.col("action_id") != theirs), "action_id", "is not scenario.value.generator"
    )
    for name in ("questions", "options"):
        strays = tables[name].filter(~pl.col("question_id").str.starts_with(pl.col("scenario_id") + "."))
        yield from named(strays, "question_id", f"is of another scenario in config {name}")
    of_scenario = ["category", "subreddit", "year"]
    other = questions.join(scenarios, on=["scenario_id", *of_scenario], how="anti")
    yield from named(other, "question_id", "has another category, subreddit or year than its scenario")
    known = tables["filter_votes"].drop_nulls("scenario_id")
    yield from named(
        known.join(scenarios, on=["scenario_id", "post_id"], how="anti"),
        "post_id",
        "has a vote under another scenario",
    )
    yield from checks.deal_faults(tables, dealt)


def options(tables: Tables) -> Iterator[str]:
    """The options of a question in both forms, and the actions that they show, are the same."""
    long = tables["options"]
    labels = long["position"].cast(pl.Int32).replace_strict(dict(enumerate(LABELS, 1)), default=None)
    yield from named(
        long.filter(long["label"].ne_missing(labels)), "question_id", "has a label at another position"
    )
    nested = tables["questions"].select("question_id", "options").explode("options").unnest("options")
    shared = nested.columns
    yield from named(
        nested.join(long, on=shared, how="anti"),
        "question_id",
        "has other options in config questions than in options",
    )
    yield from named(
        long.join(nested, on=shared, how="anti"),
        "question_id",
        "has other options in config options than in questions",
    )
    yield from named(
        long.join(tables["actions"], on=["action_id", "text"], how="anti"),
        "action_id",
        "reads differently in options",
    )
    counted = tables["actions"]["text"].map_elements(count_words, return_dtype=pl.Int32)
    miscounted = tables["actions"].filter(counted != tables["actions"]["words"])
    yield from named(miscounted, "action_id", "has another number of words than its text")


def contents(tables: Tables) -> Iterator[str]:
    """The hashes of actions and questions are those of what they name; ``texts`` looks at the scenarios'."""
    actions, scenarios = tables["actions"], tables["scenarios"]
    hashed = actions.with_columns(now=text_hashes(pl.col("text")))
    other = hashed.filter(pl.col("now") != pl.col("text_sha256"))
    yield from named(other, "action_id", "has another text than its hash")
    shown = (
        tables["options"]
        .select("question_id", "position", "scenario_id", "action_id", "value")
        .join(hashed.select("action_id", text_sha256="now"), on="action_id", how="left")
        .join(scenarios.select("scenario_id", scenario_sha256="text_sha256"), on="scenario_id", how="left")
    )
    asked = tables["questions"].join(
        question_hashes(shown).rename({"content_sha256": "now"}), on="question_id", how="left"
    )
    differs = asked.filter(pl.col("now").ne_missing(pl.col("content_sha256")))
    yield from named(differs, "question_id", "has another scenario or other options than its hash")


def authored(tables: Tables) -> Iterator[str]:
    """The questions that need no hydration are about invented scenarios, and have the content that their hash says."""
    table = tables[invented.CONFIG]
    yield from invented.faults(table)
    shown = (
        table.select("question_id", "options", scenario_sha256=text_hashes(pl.col("text")))
        .explode("options")
        .unnest("options")
        .with_columns(text_sha256=text_hashes(pl.col("text")))
    )
    asked = table.join(question_hashes(shown).rename({"content_sha256": "now"}), on="question_id", how="left")
    differs = asked.filter(pl.col("now").ne_missing(pl.col("content_sha256")))
    yield from named(differs, "question_id", "has another content than its hash in config authored")


def benchmark(tables: Tables) -> Iterator[str]:
    """What runners of the Hub ask are the questions about invented scenarios, with their options and targets."""
    yield from benchmarks.faults(tables[benchmarks.CONFIG], tables[invented.CONFIG])


def translations(tables: Tables) -> Iterator[str]:
    """Questions in other languages are those of the release, and have the content that their hashes say."""
    yield from translated.faults(tables)


def respondents(tables: Tables) -> Iterator[str]:
    """What is said of respondents is of this release's questions, their options, and respondents with results."""
    known = tables["results"].select("respondent")
    strangers = tables["answers"].join(known, on="respondent", how="anti")
    yield from named(strangers, "respondent", "has answers and no results")
    for name in ("answers", "item_quality"):
        lost = tables[name].join(tables["questions"], on="question_id", how="anti")
        yield from named(lost, "question_id", f"is in config {name} and no question of this release")
    chosen = tables["answers"].filter(pl.col("position").is_not_null())
    nothing = chosen.join(tables["options"], on=["question_id", "position"], how="anti")
    yield from named(nothing, "question_id", "was answered by an option that it does not have")


def balance(tables: Tables, dealt: Dealt) -> Iterator[str]:
    """Every value as often a scenario as it has actions, and where the design is balanced, every pair and position as
    often as it says.

    How many scenarios may be missing is the tombstones' to say: see ``documents.tombstones_are_sound``.
    """
    yield from checks.uneven_faults(tables["scenarios"], tables["options"], dealt)
    yield from design.problems(tables["questions"], tables["options"], dealt)


def texts(tables: Tables) -> Iterator[str]:
    """Text is all there or all withheld, the same in both configs, and has the hash that goes with it."""
    scenarios = tables["scenarios"]
    if scenarios["text"].null_count() not in (0, scenarios.height):
        yield "some scenarios have their text and others do not"
    hashed = scenarios.drop_nulls("text")
    digests = hashed["text"].map_elements(
        lambda t: hashlib.sha256(t.encode()).hexdigest(), return_dtype=pl.String
    )
    yield from named(
        hashed.filter(digests != hashed["text_sha256"]), "scenario_id", "has another text than its hash"
    )
    unmasked = (pl.col("masked") == 0) != (pl.col("source_sha256") == pl.col("text_sha256"))
    yield from named(
        scenarios.filter(unmasked), "scenario_id", "has hashes that contradict its count of masked spans"
    )
    joined = tables["questions"].join(
        scenarios.select("scenario_id", its="text"), on="scenario_id", how="left"
    )
    yield from named(
        joined.filter(pl.col("text").ne_missing(pl.col("its"))), "question_id", "has another text"
    )
    if hashed.height:
        others = hashed.filter(~pl.col("post_id").str.contains(checks.SAMPLE_POST))
        yield from named(others, "scenario_id", "carries the text of a post that is not the sample's")


def votes(tables: Tables) -> Iterator[str]:
    """Every scenario has two valid votes for it."""
    found = tables["filter_votes"]
    yes = found.filter(vote="yes", status="ok").group_by("post_id").len()
    lacking = tables["scenarios"].join(yes.filter(pl.col("len") >= 2), on="post_id", how="anti")
    yield from named(lacking, "scenario_id", "became a scenario without two votes for it")


def judgements(tables: Tables) -> Iterator[str]:
    """Judgements are of what is in the release, and verdicts rest on them."""
    yield from checks.judgement_faults(tables)


def _read(folder: Path, config: str, schema: type[dy.Schema]) -> pl.DataFrame | str:
    """The config's table, or what is wrong with its file."""
    path = folder / config / f"{SPLIT}.parquet"
    try:
        table = bounded.read(path)
    except InputError as error:
        return error.message
    expected, found = schema.create_empty().schema, table.schema
    if list(found) != list(expected):
        odd = sorted(set(found) ^ set(expected))
        return (
            f"other columns than its schema: {', '.join(odd)}" if odd else "its columns are in another order"
        )
    if arrow(table).schema != arrow(schema.create_empty()).schema:
        kinds = [name for name in expected if found[name] != expected[name]]
        return f"columns of another type than its schema: {', '.join(kinds)}"
    return table


def named(rows: pl.DataFrame, key: str, problem: str) -> Iterator[str]:
    if rows.height:
        more = f" (and {rows.height - 1} more)" if rows.height > 1 else ""
        yield f"{rows[key].sort()[0]} {problem}{more}"
