"""A track's folder: ``track.json`` says whom, what and how; ``DATE.parquet`` holds the answers of a date (table
Choices).

Files of dates are added and never changed. ``series.csv`` and ``series.svg`` are made of them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import polars as pl
import pydantic
from pydantic import Field

from pipeline.core.atomic import write_text
from pipeline.core.documents import first_fault, read_json
from pipeline.core.errors import InputError
from pipeline.params.base import Section
from pipeline.tables import Choices, read_table, write_table

HOME = Path("tracks")
MARK, SERVED = "track.json", "served.json"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Track(Section):
    """``questions``: the hash of what each id named when the track began. ``baseline``: the first dates, of which one
    at least is compared with the first. ``arl``: dates after them until a false alarm, on average, or more."""

    respondent: str
    wordings: Annotated[int, Field(ge=1, le=5)]
    baseline: Annotated[int, Field(ge=2)]
    arl: Annotated[int, Field(ge=10)]
    questions: dict[str, str]


def check_is_free(folder: Path) -> None:
    """InputError where a track has begun there."""
    if (folder / MARK).exists():
        raise InputError("a track has begun there", where=str(folder), remedy="give it another name")


def begin(folder: Path, track: Track) -> None:
    """Writes track.json; InputError where a track has begun there."""
    check_is_free(folder)
    _write(folder, track)


def read(folder: Path) -> Track:
    """InputError where there is no track, or none that can be read."""
    path = folder / MARK
    found = read_json(path, missing="`valact track begin` begins one")
    try:
        return Track.model_validate(found)
    except pydantic.ValidationError as error:
        raise InputError(first_fault(error), where=str(path), remedy="take it from git again") from None


def dates(folder: Path) -> list[dt.date]:
    """The dates on which it was asked, in order."""
    names = (path.stem for path in folder.glob("*.parquet"))
    return sorted(dt.date.fromisoformat(name) for name in names if _DATE.fullmatch(name))


def add(folder: Path, day: dt.date, choices: pl.DataFrame, served: str) -> None:
    """Keeps the answers of a date, with the model ids that gave them; InputError for a date that is there."""
    path = folder / f"{day}.parquet"
    if path.exists():
        raise InputError("this date was asked", where=str(path), remedy="ask on another day")
    known = served_models(folder) | {str(day): served}
    write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", folder / SERVED)
    write_table(Choices, choices, path)


def without_questions(home: Path, gone: Callable[[str], bool]) -> None:
    """Takes questions out of what the tracks below ``home`` ask; their rows of the dates are those of tables."""
    for mark in sorted(home.glob(f"*/{MARK}")):
        track = read(mark.parent)
        kept = {name: content for name, content in track.questions.items() if not gone(name)}
        if len(kept) < len(track.questions):
            _write(mark.parent, track.model_copy(update={"questions": kept}))


def _write(folder: Path, track: Track) -> None:
    write_text(json.dumps(track.model_dump(mode="json"), indent=1) + "\n", folder / MARK)


def served_models(folder: Path) -> dict[str, str]:
    """By date, the ids of the models that answered, as the provider gave them."""
    path = folder / SERVED
    if not path.exists():
        return {}
    found = read_json(path, remedy="take it from git again")
    return {str(day): str(model) for day, model in found.items()}


def answers(folder: Path) -> pl.DataFrame:
    """All dates' choices with the column ``date``; InputError where none was asked."""
    days = dates(folder)
    if not days:
        raise InputError("it was never asked", where=str(folder), remedy="`valact track run` asks")
    return pl.concat(
        read_table(Choices, folder / f"{day}.parquet").with_columns(date=pl.lit(day)) for day in days
    )
