"""Published results into the tables of any other respondent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.core import progress
from pipeline.core.errors import InputError
from pipeline.instruments import Wording
from pipeline.published import choices, pvq
from pipeline.published.accounts import Table, below, file_rows, problem_rows, respondent_rows, source_rows
from pipeline.published.aggregates import read_tables
from pipeline.published.asked import INSTRUMENT
from pipeline.published.blocks import pvq_blocks, question_blocks
from pipeline.published.compare import Filed, compare, rates
from pipeline.published.faults import find_faults
from pipeline.published.files import Found, Read, ResultFile, find
from pipeline.published.folders import replace
from pipeline.published.lines import Text, Unusable, read_text
from pipeline.published.notebooks import read_subset
from pipeline.published.numbers import published_numbers
from pipeline.published.problems import Log
from pipeline.published.questions import Bank, read_metadata, read_questions
from pipeline.score.scoring import score_instruments
from pipeline.tables import (
    MAIN,
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    Options,
    Ratings,
    Respondents,
    conform,
)
from pipeline.tables.published import (
    PublishedCells,
    PublishedFaults,
    PublishedFiles,
    PublishedNumbers,
    PublishedProblems,
    PublishedScenarios,
    PublishedSources,
)

SCHEMAS: dict[str, type[dy.Schema]] = {
    "respondents": Respondents,
    "choices": Choices,
    "instrument_answers": InstrumentAnswers,
    "ratings": Ratings,
    "options": Options,
    "questions": AskedQuestions,
    "scenarios": PublishedScenarios,
    "sources": PublishedSources,
    "files": PublishedFiles,
    "problems": PublishedProblems,
    "cells": PublishedCells,
    "faults": PublishedFaults,
    "numbers": PublishedNumbers,
}


def import_published(
    folder: Path | str, wordings: Sequence[Wording] = (), name: str = "published"
) -> dict[str, pl.DataFrame]:
    """The tables of ``SCHEMAS`` from all results below ``folder``.

    ``wordings`` are those of the PVQ beside the published ones. Every question and every item that was asked
    gives exactly one row, whatever became of the answer; whatever gives none is a row of ``problems``. Raises
    InputError where there is nothing to read.
    """
    folder = Path(folder)
    found = find(folder)
    logs: list[Log] = []
    for other, reason, detail in found.others:
        logs.append(Log(other))
        logs[-1].add(reason, detail)
    bank = _bank(found, folder, logs)
    subset = _subset(found, folder, logs)
    answers = _read_all(found.results, bank, subset, pvq.known_items(wordings), logs)
    bank.settle()
    if not answers:
        raise InputError(
            f"none of the {len(found.results)} files of results could be read: {_first(logs)}",
            where=str(folder),
            remedy="what was imported before is kept; look at what the files hold",
        )
    aggregates = read_tables(found.tables, folder, logs)

    scenarios, questions, options = bank.tables()
    problems = [*(problem for log in logs for problem in log.problems), *bank.problems()]
    tables = {
        "respondents": respondent_rows([table.read.file for table in answers]),
        "choices": _rows(answers, Choices, of_instrument=False),
        "instrument_answers": _rows(answers, InstrumentAnswers, of_instrument=True),
        "ratings": Ratings.create_empty(),
        "options": options,
        "questions": questions,
        "scenarios": scenarios,
        "sources": source_rows([table.read for table in answers]),
        "files": file_rows(found, folder, answers, aggregates.read_as, problems),
        "problems": problem_rows(problems),
    }
    # From here on a table stands for its rows: those of the files would be a second copy.
    answers = [Table(table.read, table.encoding, table.rows.clear()) for table in answers]
    rows_of = scenarios.filter(pl.col("metadata_row").is_in(subset))["scenario_id"].to_list()
    scores = score_instruments(tables["instrument_answers"])
    excluded = scores.filter(pl.col("excluded").is_not_null())
    recomputed = rates(
        tables["choices"], tables["instrument_answers"], options, _filed(answers), rows_of, excluded
    )
    tables["cells"] = compare(aggregates.frame(), recomputed)
    tables["faults"] = find_faults(tables)
    tables["numbers"] = published_numbers(tables, recomputed, aggregates.test_frame(), name)
    # One after the other in their places: the choices of a whole clone are a gigabyte.
    for table, schema in SCHEMAS.items():
        tables[table] = conform(schema, tables[table], where=f"{folder} ({table})")
    return {table: tables[table] for table in SCHEMAS}


def _first(logs: list[Log]) -> str:
    lost = [
        problem for log in logs for problem in log.problems if problem.effect in ("file", "block", "line")
    ]
    return f"{lost[0].file}: {lost[0].reason}, {lost[0].detail}" if lost else "they are empty"


def _subset(found: Found, folder: Path, logs: list[Log]) -> list[int]:
    """The metadata's rows of the 300 scenarios, by the first notebook that has them."""
    rows: list[int] = []
    for path in found.notebooks:
        logs.append(Log(below(path, folder)))
        rows = rows or read_subset(path, logs[-1]) or []
    return rows


def _filed(answers: list[Table]) -> dict[str, Filed]:
    return {
        table.read.file.respondent: Filed(table.read.filed, table.read.trials)
        for table in answers
        if table.read.file.instrument == INSTRUMENT.name
    }


def write(tables: dict[str, pl.DataFrame], out: Path) -> None:
    """Writes the tables of ``SCHEMAS`` into ``out``, all or none: they replace what was there in one move."""
    replace(tables, SCHEMAS, out)


def _bank(found: Found, folder: Path, logs: list[Log]) -> Bank:
    """What the metadata and the files of questions say of scenarios."""
    bank = Bank()
    for path in found.metadata:
        log = Log(below(path, folder))
        logs.append(log)
        if bank.metadata:
            log.add("read_already", f"metadata, beside {below(found.metadata[0], folder)}")
        else:
            bank.metadata = read_metadata(path, log)
    for path in found.questions:
        logs.append(Log(below(path, folder)))
        read_questions(path, logs[-1], bank)
    return bank


def _read_all(
    results: list[ResultFile], bank: Bank, subset: list[int], items: dict[str, int], logs: list[Log]
) -> list[Table]:
    tables = []
    with progress.track("published results", unit="blocks") as bar:
        for file in results:
            bar.advance(0, note=file.name)
            log = Log(file.name)
            logs.append(log)
            for word in file.named.others:
                log.add("name_says_more", word, subject=word)
            try:
                text = read_text(file.path)
            except Unusable as problem:
                log.add(problem.reason, problem.detail)
                continue
            if text.encoding != "utf-8":
                log.add("encoding", text.encoding)
            table = _read(file, text, bank, subset, items, log, bar)
            if table.read.blocks:
                tables.append(table)
            else:
                log.add("no_blocks", f"{text.count():,} lines")
    return tables


def _read(
    file: ResultFile,
    text: Text,
    bank: Bank,
    subset: list[int],
    items: dict[str, int],
    log: Log,
    bar: progress.Bar,
) -> Table:
    read = Read(file)
    if file.instrument == INSTRUMENT.name:
        pvq.read_pvq(read, pvq_blocks(text.lines(), log), items, log, bar.advance)
        return Table(read, text.encoding, _frame(read, pvq.COLUMNS, InstrumentAnswers))
    choices.read_choices(read, question_blocks(text.lines(), log), bank, log, bar.advance)
    # A file over all posts is in the order of the metadata; that of a subset says nothing about rows.
    if bank.metadata and read.blocks == len(bank.metadata):
        for row, scenario_id in enumerate(read.scenarios):
            if scenario_id:
                bank.place(scenario_id, row)
    elif subset and read.blocks == len(subset):
        for row, scenario_id in zip(subset, read.scenarios, strict=True):
            if scenario_id:
                bank.place_by_list(scenario_id, row, main=file.condition == MAIN)
    return Table(read, text.encoding, _frame(read, choices.COLUMNS, Choices))


def _frame(read: Read, columns: list[str], schema: type[dy.Schema]) -> pl.DataFrame:
    """The rows as a table of the schema; as tuples those of all files would take a gigabyte."""
    types = schema.create_empty().schema
    table = pl.DataFrame(
        read.rows, schema={name: types[name] for name in columns}, orient="row"
    ).with_columns(
        respondent=pl.lit(read.file.respondent),
        instrument=pl.lit(INSTRUMENT.name),
        request_key=pl.lit(None, dtype=pl.String),
        origin=pl.lit(None, dtype=pl.String),
        content_sha256=pl.lit(None, dtype=pl.String),
    )
    read.rows.clear()
    return table.select(list(types))


def _rows(answers: list[Table], schema: type[dy.Schema], *, of_instrument: bool) -> pl.DataFrame:
    tables = [
        table.rows for table in answers if (table.read.file.instrument == INSTRUMENT.name) == of_instrument
    ]
    return pl.concat(tables) if tables else schema.create_empty()
