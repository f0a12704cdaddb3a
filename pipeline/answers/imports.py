"""Raw tables into the tables of any other respondent, each row held to the contract, each one left out in the ledger.

People get opaque ids, hashes of theirs within the study. Whoever's administration the rules of an instrument exclude
has a row of the ledger too.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline import instruments
from pipeline.answers.cells import Ledger, once, taken
from pipeline.answers.choices import read_choices
from pipeline.answers.contract import TABLES
from pipeline.answers.reader import ROW, Raw
from pipeline.core.errors import InputError
from pipeline.core.seeding import seeded_hash
from pipeline.people.records import Note
from pipeline.score.scoring import score_instruments
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
from pipeline.tables.columns import SCENARIO_ID, STANCES
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
_ADMINISTRATION = ["respondent", "instrument", "administration"]


@dataclass(slots=True)
class _Study:
    raw: Raw
    ledger: Ledger
    name: str
    seed: int
    values: Inventory

    def table(self, name: str) -> pl.DataFrame | None:
        found = self.raw.tables.get(name)
        return None if found is None else taken(found, TABLES[name], self.file(name), self.ledger)

    def file(self, name: str) -> str:
        return self.raw.files.get(name, name)


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
    study = _Study(raw, Ledger(), name, seed, values)
    respondents, covariates, ids = _respondents(study)
    options, questions = _questions(study, ours)
    answers = _instrument_answers(study, ids)
    ratings, texts = _ratings(study, ids)
    tables = {
        "respondents": respondents,
        "choices": _choices(study, ids, options, questions),
        "instrument_answers": answers,
        "instrument_scores": _scores(study, ids, answers),
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
    study.ledger.notes += _excluded(answers)
    tables["ledger"] = _ledger(study.ledger)
    return {
        table: conform(schema, tables[table], where=f"{name} ({table})") for table, schema in SCHEMAS.items()
    }


def turned(raw: pl.DataFrame) -> pl.DataFrame:
    """Answers to instruments in the other direction of their scales; zero is none."""
    if not {"instrument", "answer"} <= set(raw.columns):
        return raw
    named = instruments.names()
    ends = {name: float(sum(_ends(name))) for name in named}
    answer = pl.col("answer").cast(pl.String, strict=False).str.strip_chars().cast(pl.Float64, strict=False)
    both = pl.col("instrument").cast(pl.String).replace_strict(ends, default=None, return_dtype=pl.Float64)
    return raw.with_columns(answer=pl.when(answer != 0).then(both - answer))


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


def _respondents(study: _Study) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
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


def _id(who: str, kind: str, study: _Study) -> str:
    """People's ids are dropped; others keep theirs, which name models."""
    if kind != "human":
        return who
    return f"{study.name}-{seeded_hash(study.seed, 'answers', f'{study.name} {who}'):016x}"


def _covariates(study: _Study, kept: pl.DataFrame, ids: dict[str, str]) -> pl.DataFrame:
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


def _known(study: _Study, name: str, ids: dict[str, str]) -> pl.DataFrame | None:
    """The table with our ids; rows of somebody who is no respondent are left out."""
    table = study.table(name)
    if table is None:
        return None
    strange = ~pl.col("respondent").is_in(list(ids))
    study.ledger.leave_out(
        table.filter(strange), study.file(name), "respondent_not_known", "no row of respondents has its name"
    )
    return table.filter(~strange).with_columns(
        respondent=pl.col("respondent").replace_strict(ids, default=None, return_dtype=pl.String)
    )


def _questions(
    study: _Study, ours: Callable[[], tuple[pl.DataFrame, pl.DataFrame]]
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
    study: _Study, ids: dict[str, str], options: pl.DataFrame, questions: pl.DataFrame
) -> pl.DataFrame:
    table = _known(study, "choices", ids)
    if table is None:
        return Choices.create_empty()
    scenario = questions.select("question_id", "scenario_id")
    known = options.join(scenario, on="question_id", how="inner", validate="m:1")
    strange = pl.col("target_value").is_not_null() & ~pl.col("target_value").is_in(list(study.values.slugs))
    study.ledger.leave_out(
        table.filter(strange), study.file("choices"), "value_not_known", pl.col("target_value")
    )
    table = table.filter(~strange)
    return read_choices(table, known, study.file("choices"), study.ledger).drop(ROW)


def _instrument_answers(study: _Study, ids: dict[str, str]) -> pl.DataFrame:
    table = _known(study, "instrument_answers", ids)
    if table is None:
        return InstrumentAnswers.create_empty()
    file = study.file("instrument_answers")
    table = once(_of_instruments(table, file, study), [*_ADMINISTRATION, "item"], file, study.ledger)
    answered = pl.col("answer").is_not_null()
    return table.with_columns(
        status=pl.when(answered)
        .then(pl.lit("answered"))
        .otherwise(pl.coalesce(pl.col("status").replace("answered", None), pl.lit("failed"))),
        place=pl.coalesce("place", "item"),
        request_key=pl.lit(None, pl.String),
        origin=pl.lit(None, pl.String),
    ).select(InstrumentAnswers.column_names())


def _of_instruments(table: pl.DataFrame, file: str, study: _Study) -> pl.DataFrame:
    """Rows of instruments and items that there are; answers beyond the scale are none."""
    named = instruments.names()
    strange = ~pl.col("instrument").is_in(named)
    detail = f"known are {', '.join(named)}"
    study.ledger.leave_out(table.filter(strange), file, "instrument_not_known", detail)
    parts = [table.clear()]
    for (name,), part in sorted(table.filter(~strange).partition_by("instrument", as_dict=True).items()):
        instrument = instruments.load(str(name))
        lost = ~pl.col("item").is_in(list(instrument.items))
        study.ledger.leave_out(
            part.filter(lost), file, "item_not_known", pl.format("item {} of " + name, "item")
        )
        beyond = ~pl.col("answer").is_in(list(instrument.scale))
        for row in part.filter(~lost, beyond)[ROW]:
            text = f"not one of the {len(instrument.scale)} answers"
            study.ledger.note(file, "out_of_range", text, row=row, effect="answer_unused")
        parts.append(
            part.filter(~lost).with_columns(
                status=pl.when(beyond).then(pl.lit("invalid")).otherwise("status"),
                answer=pl.when(~beyond).then("answer"),
            )
        )
    return pl.concat(parts)


def _scores(study: _Study, ids: dict[str, str], answers: pl.DataFrame) -> pl.DataFrame:
    """Scores without answers behind them: of every value of the instrument, or of none."""
    table = _known(study, "scores", ids)
    if table is None:
        return InstrumentScores.create_empty()
    file = study.file("scores")
    named = instruments.names()
    strange = ~pl.col("instrument").is_in(named)
    study.ledger.leave_out(
        table.filter(strange), file, "instrument_not_known", f"known are {', '.join(named)}"
    )
    table = table.filter(~strange)
    of = {name: instruments.load(name).inventory.slugs for name in table["instrument"].unique()}
    pairs = [f"{name} {slug}" for name, slugs in of.items() for slug in slugs]
    lost = ~pl.concat_str("instrument", pl.lit(" "), "value").is_in(pairs)
    study.ledger.leave_out(table.filter(lost), file, "value_not_known", pl.col("value"))
    nothing = pl.col("mean").is_null() & pl.col("centred").is_null()
    study.ledger.leave_out(table.filter(~lost, nothing), file, "no_score", "neither mean nor centred")
    table = once(table.filter(~lost, ~nothing), [*_ADMINISTRATION, "value"], file, study.ledger)
    both = table.join(answers.select(_ADMINISTRATION).unique(), on=_ADMINISTRATION, how="semi")
    study.ledger.leave_out(
        both, file, "answers_there", "the answers behind these scores are there, and count"
    )
    table = table.join(both, on=ROW, how="anti")
    return table.with_columns(items=pl.lit(0), excluded=pl.lit(None, pl.String)).select(
        InstrumentScores.column_names()
    )


def _ratings(study: _Study, ids: dict[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = _known(study, "ratings", ids)
    if table is None:
        return Ratings.create_empty(), Texts.create_empty()
    file = study.file("ratings")
    own = {text: _text_id(text) for text in table["text_id"].unique().sort()}
    table = table.with_columns(
        scenario_id=pl.col("text_id").replace_strict(own, return_dtype=pl.String),
        value=pl.col("value").str.to_lowercase().str.replace_all(r"[\s-]+", "_"),
    )
    strange = ~pl.col("value").is_in(list(study.values.slugs))
    study.ledger.leave_out(table.filter(strange), file, "value_not_known", pl.col("value"))
    table = table.filter(~strange)
    beyond = (pl.col("rating") < 1) | (pl.col("rating") > 6)
    study.ledger.leave_out(table.filter(beyond), file, "out_of_range", "ratings are from 1 to 6")
    table = table.filter(~beyond.fill_null(value=False))
    table = once(
        table, ["respondent", "language", "wording", "repeat", "scenario_id", "value"], file, study.ledger
    )
    ratings = table.with_columns(
        status=pl.when(pl.col("rating").is_not_null())
        .then(pl.lit("answered"))
        .otherwise(pl.coalesce(pl.col("status").replace("answered", None), pl.lit("failed"))),
        request_key=pl.lit(None, pl.String),
        origin=pl.lit(None, pl.String),
    ).select(Ratings.column_names())
    texts = [{"scenario_id": key, "text_id": text} for text, key in own.items() if key != text]
    return ratings, pl.DataFrame(texts, schema=Texts.create_empty().schema)


def _text_id(text: str) -> str:
    """Our own ids as they are, any other one as a hash in their form."""
    return text if re.fullmatch(SCENARIO_ID, text) else f"s{seeded_hash(0, 'rated text', text):016x}"[:11]


def _excluded(answers: pl.DataFrame) -> list[Note]:
    """The instruments' own exclusions: the rows stay, and ``score`` gives them no scores."""
    excluded = score_instruments(answers).filter(pl.col("excluded").is_not_null())
    return [
        Note("no_scores", reason, f"{instrument}, administration {number}", respondent=who)
        for who, instrument, number, reason in excluded.select(*_ADMINISTRATION, "excluded")
        .unique()
        .sort(pl.all())
        .iter_rows()
    ]


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


def _ends(name: str) -> tuple[int, int]:
    instrument = instruments.load(name)
    return instrument.low, instrument.high
