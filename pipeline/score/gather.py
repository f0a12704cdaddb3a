"""Answers from wherever they came - administered here, imported from people or from publications - as one set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.core.errors import InputError, ParamsError
from pipeline.score.matching import matched, reference
from pipeline.tables import (
    Actions,
    AskedQuestions,
    Choices,
    InstrumentAnswers,
    InstrumentScores,
    Options,
    PublishedNumbers,
    Questions,
    Ratings,
    Respondents,
    Scenarios,
    check_values,
    read_table,
)
from pipeline.tables.answers import Covariates
from pipeline.tables.evaluation import SINCE
from pipeline.tables.translated import hashes, texts
from pipeline.values import Inventory

TABLES = {
    "respondents": Respondents,
    "choices": Choices,
    "instrument_answers": InstrumentAnswers,
    "ratings": Ratings,
}


@dataclass(frozen=True, slots=True)
class Gathered:
    """All answers, with the options and categories of the questions that occur in them; ``ledger`` (ScoreLedger) has
    those to questions that are others by now."""

    respondents: pl.DataFrame
    choices: pl.DataFrame
    instrument_answers: pl.DataFrame
    ratings: pl.DataFrame
    options: pl.DataFrame
    questions: pl.DataFrame
    published: pl.DataFrame
    instrument_scores: pl.DataFrame
    covariates: pl.DataFrame
    ledger: pl.DataFrame


def gather(
    administered: Sequence[Path],
    imported: Path,
    assembled: Path,
    values: Inventory,
    groups: Sequence[str] = (),
    translations: pl.DataFrame | None = None,
) -> Gathered:
    """The answers in the folders ``administered`` and in every folder below ``imported``.

    Questions are those of ``assembled`` (the stage assemble); a folder with options.parquet brings its own, which
    count where ``assembled`` has none of their id. ``translations`` (table Translations) tell whether who answered in
    another language has read these questions. InputError for a respondent that is in two folders, for answers to
    questions that nobody has, and for values that are not of the inventory.
    """
    folders = folders_of(administered, imported)
    tables = together(folders, TABLES, groups)
    asked = tables["choices"].select("question_id").unique()
    options, questions = _questions(folders, assembled, asked)
    if questions.height < asked.height:
        lost = asked.join(questions, on="question_id", how="anti")["question_id"].sort()
        where = next(
            folder
            for folder in folders
            if lost[0] in read_table(Choices, folder / "choices.parquet")["question_id"]
        )
        raise InputError(
            f"answers to {len(lost):,} questions that are not among those of this run, {lost[0]} first",
            where=str(where),
            remedy="score them with the questions that were asked: the same params, posts and recorded answers",
        )
    check_values(
        tables["choices"], ("value", "target_value"), values.slugs, where="choices of all respondents"
    )
    check_values(tables["ratings"], ("value",), values.slugs, where="ratings of all respondents")
    kept = tables["respondents"].select("respondent")
    tables["choices"], ledger = matched(
        tables["choices"],
        options,
        questions,
        None if translations is None else _translated(translations, tables["choices"], assembled),
    )
    options, questions = (
        table.join(tables["choices"].select("question_id").unique(), on="question_id", how="semi")
        for table in (options, questions)
    )
    return Gathered(
        **tables,
        options=options,
        questions=questions,
        published=_published(folders, tables),
        instrument_scores=_beside(folders, "instrument_scores", InstrumentScores).join(
            kept, on="respondent", how="semi"
        ),
        covariates=_beside(folders, "covariates", Covariates).join(kept, on="respondent", how="semi"),
        ledger=ledger,
    )


def _translated(translations: pl.DataFrame, choices: pl.DataFrame, assembled: Path) -> pl.DataFrame:
    """question_id, language and content_sha256 of the questions of ``assembled`` in the languages of the answers."""
    material = [
        read_table(schema, assembled / f"{name}.parquet")
        for name, schema in (("options", Options), ("scenarios", Scenarios), ("actions", Actions))
    ]
    options, scenarios, actions = material
    answered = set(choices["language"].unique())
    return pl.concat(
        [
            hashes(options, *texts(translations, scenarios, actions, language)).with_columns(
                language=pl.lit(language)
            )
            for language in sorted(answered & set(translations["language"].unique()))
        ]
        or [pl.DataFrame(schema=dict.fromkeys(("question_id", "content_sha256", "language"), pl.String))]
    )


def folders_of(administered: Sequence[Path], imported: Path) -> list[Path]:
    """The folders with answers: those that were administered, and every one below ``imported``."""
    return [*administered, *sorted(path for path in imported.glob("*") if path.is_dir())]


def together(
    folders: Sequence[Path], schemas: Mapping[str, type[dy.Schema]], groups: Sequence[str] = ()
) -> dict[str, pl.DataFrame]:
    """Each table, ``respondents`` among them, of all folders as one; of the groups of respondents that are named, all
    where none is. InputError for a respondent that is in two folders, ParamsError for a group that nobody is of."""
    parts = {
        name: [
            (
                folder,
                read_table(schema, folder / f"{name}.parquet", since=SINCE if name == "respondents" else ()),
            )
            for folder in folders
        ]
        for name, schema in schemas.items()
    }
    _check_names(parts["respondents"])
    tables = {
        name: pl.concat([schema.create_empty(), *(table for _, table in parts[name])])
        for name, schema in schemas.items()
    }
    return _of_groups(tables, groups) if groups else tables


def _beside(folders: Sequence[Path], name: str, schema: type[dy.Schema]) -> pl.DataFrame:
    """A table that some folders have: scores without answers behind them, and covariates."""
    files = [folder / f"{name}.parquet" for folder in folders]
    return pl.concat([schema.create_empty(), *(read_table(schema, file) for file in files if file.exists())])


def _of_groups(tables: dict[str, pl.DataFrame], groups: Sequence[str]) -> dict[str, pl.DataFrame]:
    known = tables["respondents"]["group"].unique().sort()
    if unknown := sorted(set(groups) - set(known)):
        raise ParamsError(
            f"no respondent is of the group {unknown[0]!r}; there are {', '.join(known) or 'none'}",
            where="analysis.groups",
            remedy="name groups of table respondents, or none for all",
        )
    kept = tables["respondents"].filter(pl.col("group").is_in(list(groups))).select("respondent")
    return {name: table.join(kept, on="respondent", how="semi") for name, table in tables.items()}


def _published(folders: Sequence[Path], tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """What was published of respondents who are there."""
    numbers = _beside(folders, "numbers", PublishedNumbers)
    return numbers if "published" in set(tables["respondents"]["kind"]) else numbers.clear()


def _questions(
    folders: Sequence[Path], assembled: Path, asked: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    category = read_table(Scenarios, assembled / "scenarios.parquet").select("scenario_id", "category")
    ours = read_table(Questions, assembled / "questions.parquet").join(
        category, on="scenario_id", how="left", validate="m:1"
    )
    sources = [
        (read_table(Options, assembled / "options.parquet"), ours.select(AskedQuestions.column_names()))
    ]
    sources += [
        (
            read_table(Options, folder / "options.parquet"),
            read_table(AskedQuestions, folder / "questions.parquet"),
        )
        for folder in folders
        if (folder / "options.parquet").exists()
    ]
    return reference(sources, asked)


def _check_names(parts: Sequence[tuple[Path, pl.DataFrame]]) -> None:
    seen: dict[str, Path] = {}
    for folder, table in parts:
        for name in table["respondent"]:
            if name in seen:
                raise InputError(
                    f"respondent {name!r} is also in {seen[name]}",
                    where=str(folder),
                    remedy="take one of the two folders away, or import it anew under another name",
                )
            seen[name] = folder
