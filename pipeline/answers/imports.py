"""Raw tables into the tables of any other respondent, each row held to the contract, each one left out in the ledger.

People get opaque ids, hashes of theirs within the study. Whoever's administration the rules of an instrument exclude
has a row of the ledger too.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.answers.cells import Ledger, once
from pipeline.answers.choices import read_choices
from pipeline.answers.contract import TABLES
from pipeline.answers.ratings import ratings as read_ratings
from pipeline.answers.reader import ROW, Raw
from pipeline.answers.scales import excluded, instrument_answers, scores
from pipeline.answers.study import Study, known
from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.people.records import Note
from pipeline.tables import (
    MAIN,
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Options,
    Ratings,
    Respondents,
    conform,
    write_table,
)
from pipeline.tables.answers import Covariates, Texts
from pipeline.tables.columns import STANCES
from pipeline.tables.people import PeopleLedger
from pipeline.values import Inventory

SCHEMAS: dict[str, type[dy.Schema]] = {
    "respondents": Respondents,
    "choices": Choices,
    "instrument_answers": InstrumentAnswers,
    "instrument_scores": InstrumentScores,
    "ratings": Ratings,
    "options": Options,
    "questions": AskedQuestions,
    "covariates": Covariates,
    "texts": Texts,
    "ledger": PeopleLedger,
}


def import_answers(
    raw: Raw,
    ours: Callable[[], tuple[pl.DataFrame, pl.DataFrame]],
    *,
    values: Inventory,
    name: str,
    seed: int,
) -> dict[str, pl.DataFrame]:
    """The tables of ``SCHEMAS``. ``ours`` reads options and questions of this run, if choices are of these; ``values``
    are those that choices and ratings may hold.

    InputError where nobody is left, or where a column that is needed is missing.
    """
    study = Study(raw, Ledger(), name, seed, values)
    respondents, covariates, ids = _respondents(study)
    options, questions = _questions(study, ours)
    answers = instrument_answers(study, ids)
    ratings, texts = read_ratings(study, ids)
    tables = {
        "respondents": respondents,
        "choices": _choices(study, ids, options, questions),
        "instrument_answers": answers,
        "instrument_scores": scores(study, ids, answers),
        "ratings": ratings,
        "options": options,
        "questions": questions,
        "covariates": covariates,
        "texts": texts,
    }
    asked = tables["choices"].select("question_id").unique()
    for table in ("options", "questions"):
        own = tables[table] if table in raw.tables else tables[table].clear()
        tables[table] = own.join(asked, on="question_id", how="semi")
    study.ledger.notes += excluded(answers)
    tables["ledger"] = _ledger(study.ledger)
    return {
        table: conform(schema, tables[table], where=f"{name} ({table})") for table, schema in SCHEMAS.items()
    }


def write(tables: dict[str, pl.DataFrame], out: Path) -> None:
    """Writes the folder, all of it or nothing: it replaces what was there in one move."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".answers-", dir=out.parent.parent) as temporary:
        fresh = Path(temporary) / out.name
        for name, schema in SCHEMAS.items():
            # Without questions of their own, answers are to those of this run.
            if tables[name].height or name not in ("options", "questions"):
                write_table(schema, tables[name], fresh / f"{name}.parquet")
        for name in ("options", "questions"):
            if (fresh / f"{name}.parquet").exists() and not (fresh / "options.parquet").exists():
                raise InputError("questions need their options", where=f"{name}.parquet")
        if out.exists():
            shutil.move(out, Path(temporary) / "replaced")
        shutil.move(fresh, out)


def _respondents(study: Study) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Tables Respondents and Covariates, and the id of each respondent by its name in the files."""
    table = study.table("respondents")
    if table is None:
        raise InputError(
            "there is no table of respondents",
            where=study.name,
            remedy="respondents.csv or .parquet with a column `respondent`: docs/extending.md",
        )
    file = study.file("respondents")
    table = once(table, ["respondent"], file, study.ledger)
    if table.is_empty():
        raise InputError("no row of it can be read", where=file)
    ids = {who: _id(who, kind, study) for who, kind in table.select("respondent", "kind").iter_rows()}
    named = table.with_columns(respondent=pl.col("respondent").replace_strict(ids, return_dtype=pl.String))
    human = pl.col("kind") == "human"
    rows = named.with_columns(
        group=pl.coalesce("group", pl.lit(study.name)),
        source=pl.coalesce("source", pl.lit(f"tables of {study.name}")),
        agent=pl.when(human).then("respondent").otherwise(pl.coalesce("agent", "model", "respondent")),
        condition=pl.coalesce("condition", pl.lit(MAIN)),
        served_model=pl.lit(None, pl.String),
    ).select(Respondents.column_names())
    return rows, _covariates(study, table, ids), ids


def _id(who: str, kind: str, study: Study) -> str:
    """People's ids are dropped; others keep theirs, which name models."""
    if kind != "human":
        return who
    return f"{study.name}-{seeded_hash(study.seed, 'answers', f'{study.name} {who}'):016x}"


def _covariates(study: Study, kept: pl.DataFrame, ids: dict[str, str]) -> pl.DataFrame:
    raw = study.raw.tables["respondents"].join(kept.select(ROW), on=ROW, how="semi")
    columns = [name for name in raw.columns if name != ROW and name not in TABLES["respondents"]]
    parts: list[pl.DataFrame] = [Covariates.create_empty()]
    who = raw["respondent"].cast(pl.String).str.strip_chars().replace_strict(ids, return_dtype=pl.String)
    for name in columns:
        values = raw[name].cast(pl.String, strict=False).str.strip_chars()
        part = pl.DataFrame({"respondent": who, "covariate": name, "value": values}).filter(
            pl.col("value").is_not_null() & (pl.col("value") != "")
        )
        number = part["value"].cast(pl.Float64, strict=False)
        every = part.height > 0 and number.is_finite().fill_null(value=False).all()
        parts.append(part.with_columns(number=number if every else pl.lit(None, pl.Float64)))
    return pl.concat(parts)


def _questions(
    study: Study, ours: Callable[[], tuple[pl.DataFrame, pl.DataFrame]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    options, questions = study.table("options"), study.table("questions")
    if (options is None) != (questions is None):
        raise InputError(
            "options and questions come together", where=study.name, remedy="give both tables, or neither"
        )
    if options is None or questions is None:
        return (
            ours()
            if "choices" in study.raw.tables
            else (Options.create_empty(), AskedQuestions.create_empty())
        )
    options = once(options, ["question_id", "position"], study.file("options"), study.ledger).with_columns(
        stance=pl.lit(STANCES[0]), generator=pl.lit("unknown"), is_target=pl.lit(value=False)
    )
    questions = once(questions, ["question_id"], study.file("questions"), study.ledger)
    return (
        conform(Options, options.select(Options.column_names()), where=study.file("options")),
        conform(
            AskedQuestions, questions.select(AskedQuestions.column_names()), where=study.file("questions")
        ),
    )


def _choices(
    study: Study, ids: dict[str, str], options: pl.DataFrame, questions: pl.DataFrame
) -> pl.DataFrame:
    table = known(study, "choices", ids)
    if table is None:
        return Choices.create_empty()
    scenario = questions.select("question_id", "scenario_id", "content_sha256")
    asked = options.join(scenario, on="question_id", how="inner", validate="m:1")
    strange = pl.col("target_value").is_not_null() & ~pl.col("target_value").is_in(list(study.values.slugs))
    study.ledger.leave_out(
        table.filter(strange), study.file("choices"), "value_not_known", pl.col("target_value")
    )
    table = table.filter(~strange)
    return read_choices(table, asked, study.file("choices"), study.ledger).drop(ROW)


def _ledger(ledger: Ledger) -> pl.DataFrame:
    def order(note: Note) -> tuple[str, str, int, str]:
        return note.respondent or "", note.file or "", note.row or 0, note.reason

    rows = [
        {
            "number": number,
            "file": note.file,
            "row": note.row,
            "respondent": note.respondent,
            "item": note.item,
            "effect": note.effect,
            "reason": note.reason,
            "detail": note.detail,
        }
        for number, note in enumerate(sorted(ledger.notes, key=order), start=1)
    ]
    return conform(PeopleLedger, rows, where="ledger of answers")
