"""Answers to instruments, and scores that come without any."""

from __future__ import annotations

import polars as pl

from pipeline import instruments
from pipeline.answers.cells import once
from pipeline.answers.reader import ROW
from pipeline.answers.study import Study, known
from pipeline.people.records import Note
from pipeline.score.scoring import score_instruments
from pipeline.tables import InstrumentAnswers, InstrumentScores

ADMINISTRATION = ["respondent", "instrument", "administration"]


def instrument_answers(study: Study, ids: dict[str, str]) -> pl.DataFrame:
    table = known(study, "instrument_answers", ids)
    if table is None:
        return InstrumentAnswers.create_empty()
    file = study.file("instrument_answers")
    table = once(_of_instruments(table, file, study), [*ADMINISTRATION, "item"], file, study.ledger)
    answered = pl.col("answer").is_not_null()
    return table.with_columns(
        status=pl.when(answered)
        .then(pl.lit("answered"))
        .otherwise(pl.coalesce(pl.col("status").replace("answered", None), pl.lit("failed"))),
        place=pl.coalesce("place", "item"),
        request_key=pl.lit(None, pl.String),
        origin=pl.lit(None, pl.String),
    ).select(InstrumentAnswers.column_names())


def _of_instruments(table: pl.DataFrame, file: str, study: Study) -> pl.DataFrame:
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


def scores(study: Study, ids: dict[str, str], answers: pl.DataFrame) -> pl.DataFrame:
    """Scores without answers behind them: of every value of the instrument, or of none."""
    table = known(study, "scores", ids)
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
    table = once(table.filter(~lost, ~nothing), [*ADMINISTRATION, "value"], file, study.ledger)
    both = table.join(answers.select(ADMINISTRATION).unique(), on=ADMINISTRATION, how="semi")
    study.ledger.leave_out(
        both, file, "answers_there", "the answers behind these scores are there, and count"
    )
    table = table.join(both, on=ROW, how="anti")
    return table.with_columns(items=pl.lit(0), excluded=pl.lit(None, pl.String)).select(
        InstrumentScores.column_names()
    )


def excluded(answers: pl.DataFrame) -> list[Note]:
    """The instruments' own exclusions: the rows stay, and ``score`` gives them no scores."""
    excluded = score_instruments(answers).filter(pl.col("excluded").is_not_null())
    return [
        Note("no_scores", reason, f"{instrument}, administration {number}", respondent=who)
        for who, instrument, number, reason in excluded.select(*ADMINISTRATION, "excluded")
        .unique()
        .sort(pl.all())
        .iter_rows()
    ]


def turned(raw: pl.DataFrame) -> pl.DataFrame:
    """Answers to instruments in the other direction of their scales; zero is none."""
    if not {"instrument", "answer"} <= set(raw.columns):
        return raw
    named = instruments.names()
    ends = {name: float(sum(_ends(name))) for name in named}
    answer = pl.col("answer").cast(pl.String, strict=False).str.strip_chars().cast(pl.Float64, strict=False)
    both = pl.col("instrument").cast(pl.String).replace_strict(ends, default=None, return_dtype=pl.Float64)
    return raw.with_columns(answer=pl.when(answer != 0).then(both - answer))


def _ends(name: str) -> tuple[int, int]:
    instrument = instruments.load(name)
    return instrument.low, instrument.high
