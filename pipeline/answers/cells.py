"""Raw cells as columns of the contract: what does not fit takes its row out, and says so."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from pipeline.answers.contract import NEEDED, Column
from pipeline.answers.reader import ROW
from pipeline.core.errors import InputError
from pipeline.people.records import Note

EMPTY = ("", "NA", "N/A", "NaN", "nan", "null", "None")


@dataclass(slots=True)
class Ledger:
    """What did not become a row, or not as it came."""

    notes: list[Note] = field(default_factory=list)

    def leave_out(self, rows: pl.DataFrame, file: str, reason: str, detail: pl.Expr | str) -> None:
        """A note a row; ``detail`` is a sentence or an expression over the rows."""
        text = pl.lit(detail) if isinstance(detail, str) else detail
        for row, said in rows.select(ROW, text.alias("detail")).iter_rows():
            self.notes.append(Note("left_out", reason, said, file, row))

    def note(self, file: str, reason: str, detail: str, *, row: int = 0, effect: str = "noted") -> None:
        self.notes.append(Note(effect, reason, detail, file, row))


def taken(raw: pl.DataFrame, columns: dict[str, Column], file: str, ledger: Ledger) -> pl.DataFrame:
    """ROW and the columns of the contract, cast, defaults in place. InputError where a needed column is missing."""
    if lacking := [name for name, c in columns.items() if c.default is NEEDED and name not in raw.columns]:
        raise InputError(
            f"the table has no column {lacking[0]!r}; it has {', '.join(raw.columns[1:])}",
            where=file,
            remedy="docs/extending.md says which columns are needed",
        )
    table = raw.with_columns(_cleaned(raw, name, column) for name, column in columns.items())
    for name, column in columns.items():
        given = _given(raw, name)
        wrong = given & pl.col(name).is_null()
        if column.known:
            wrong |= pl.col(name).is_not_null() & ~pl.col(name).is_in(column.known)
        if column.default is NEEDED:
            wrong |= pl.col(name).is_null()
        bad = table.filter(wrong)
        if bad.height:
            shown = (
                raw.filter(pl.col(ROW).is_in(bad[ROW].implode()))[name]
                .cast(pl.String)
                .fill_null("")
                .head(1)[0]
            )
            ledger.leave_out(bad, file, "cell_unreadable", f"column {name}, such as {shown[:40]!r}")
            table = table.filter(~wrong)
            raw = raw.join(table.select(ROW), on=ROW, how="semi")
        if column.default is not NEEDED and column.default is not None:
            table = table.with_columns(pl.col(name).fill_null(pl.lit(column.default)))
    return table.select(ROW, *columns)


def once(table: pl.DataFrame, key: list[str], file: str, ledger: Ledger) -> pl.DataFrame:
    """The first row of each key; the others are left out."""
    first = table.unique(key, keep="first", maintain_order=True)
    ledger.leave_out(
        table.join(first, on=ROW, how="anti"), file, "twice", f"another row has its {', '.join(key)}"
    )
    return first


def _given(raw: pl.DataFrame, name: str) -> pl.Expr:
    if name not in raw.columns:
        return pl.lit(value=False)
    text = pl.Series(raw[name].cast(pl.String, strict=False).fill_null("").str.strip_chars())
    given = dict(zip(raw[ROW].to_list(), (~text.is_in(EMPTY)).to_list(), strict=True))
    return pl.col(ROW).replace_strict(given, default=False, return_dtype=pl.Boolean)


def _cleaned(raw: pl.DataFrame, name: str, column: Column) -> pl.Expr:
    if name not in raw.columns:
        return pl.lit(None, column.kind).alias(name)
    text = pl.col(name).cast(pl.String, strict=False).str.strip_chars()
    text = pl.when(~text.is_in(EMPTY)).then(text)
    if column.kind == pl.Int64():
        number = text.cast(pl.Float64, strict=False)
        # 3, "3" and "3.0" are 3, and 3.5 is none.
        whole = number.round().cast(pl.Int64, strict=False)
        return pl.when(number == whole).then(whole).alias(name)
    if column.kind == pl.Float64():
        number = text.cast(pl.Float64, strict=False)
        return pl.when(number.is_finite()).then(number).alias(name)
    return text.alias(name)
