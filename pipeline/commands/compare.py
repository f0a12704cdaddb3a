"""`valact compare`: two model versions, one respondent in two releases, or one's own beside those of a release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError
from pipeline.core.visible import visible

if TYPE_CHECKING:
    from pipeline.analyse.study import Scored
    from pipeline.compare.sides import Side

SCORED = Path("data/score")
HEADERS = ["measure", "value", "n", "A", "B", "B - A", "interval", "p (Holm)"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a side's answers are: ``kind`` is scored (a folder of the stage score), release or logs; ``name`` is what
    was typed, and ``respondent`` None where all of the place are meant."""

    kind: str
    path: Path
    name: str
    respondent: str | None = None


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--out", type=click.Path(path_type=Path), help="Write the comparison as CSV to this file, too.")
@click.option(
    "--test",
    "kept",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Only the scenarios that the training files in FOLDER kept for the test.",
)
def compare(a: str, b: str, out: Path | None, kept: Path | None) -> None:
    """Compares B with A on the questions that both answered, with intervals.

    A and B are each a respondent of data/score, or a PLACE, or PLACE:RESPONDENT. A PLACE is a folder (that of the stage
    score in another checkout of this repository, or one with its data/score), a release whose config `answers` has
    respondents (a folder, OWNER/NAME or OWNER/NAME@TAG), or logs of a harness on the questions of the other side.

    Two places compare each respondent that is in both; if one is a release or logs, each of the one with each of the
    other.
    """
    import polars as pl

    from pipeline.compare.sides import compare as compared
    from pipeline.compare.sides import on
    from pipeline.training.split import test_scenarios

    params = settings.load()
    found = []
    scenarios = None if kept is None else test_scenarios(kept)
    if scenarios is not None:
        click.echo(f"Only the {len(scenarios):,} scenarios of the test in {kept}")
    for first, second in _sides(a, b):
        if scenarios is not None:
            first, second = (
                replace(side, scored=on(side.scored, scenarios, side.label)) for side in (first, second)
            )
        rows, notes = compared(first, second, params.analysis, params.values, params.seed)
        found.append(rows)
        click.echo(
            visible(
                f"{second.label} against {first.label}: B less A, {params.analysis.confidence:.0%} intervals"
            )
        )
        click.echo(
            "\n" + table(HEADERS, [_line(row) for row in rows.iter_rows(named=True)], right=HEADERS[2:])
        )
        click.echo("\n".join(["", *notes["text"]]))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        pl.concat(found).write_csv(out)
        click.echo(f"written to {out}")


def _line(row: dict[str, Any]) -> list[str]:
    from pipeline.tables import QUESTIONS

    p = row["p"] if row["holm_p"] is None else row["holm_p"]
    return [
        row["measure"].replace("_", " ")
        + ("" if row["instrument"] == QUESTIONS else f" ({row['instrument']})"),
        row["value"],
        f"{row['n']:,}",
        *(_number(row[name]) for name in ("estimate_a", "estimate_b", "difference")),
        "-" if row["low"] is None else f"{_number(row['low'])} to {_number(row['high'])}",
        "-" if p is None else "< .001" if p < 0.001 else f"{p:.3f}",
    ]


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:.3f}"


def _sides(a: str, b: str) -> list[tuple[Side, Side]]:
    """The pairs to compare; InputError where there are none."""
    from pipeline.compare.sides import Side

    places = (_located(a), _located(b))
    scored = _read(places)
    known = [tables.respondents["respondent"].sort().to_list() for tables in scored]
    for place, names in zip(places, known, strict=True):
        if place.respondent is not None and place.respondent not in names:
            raise InputError(
                f"there is no respondent {place.respondent!r}; known are {', '.join(names) or 'none'}",
                where=str(place.path),
                remedy="name a respondent, PLACE:RESPONDENT, or the folder of another run",
            )
    first, second = (
        [place.respondent] if place.respondent is not None else names
        for place, names in zip(places, known, strict=True)
    )
    return [
        (
            Side(_label(places[0], one), one, scored[0]),
            Side(_label(places[1], other), other, scored[1]),
        )
        for one, other in _pairs(places, first, second)
    ]


def _pairs(places: tuple[Place, Place], first: list[str], second: list[str]) -> list[tuple[str, str]]:
    """Two runs of one study have their respondents in common; whose release it is names them as it likes."""
    if all(place.kind == "scored" for place in places) and any(place.respondent is None for place in places):
        both = [(name, name) for name in first if name in second]
        if not both:
            raise InputError(
                f"no respondent is in both: {', '.join(first)}; {', '.join(second)}",
                where=f"{places[0].path}, {places[1].path}",
                remedy="name them: PLACE:RESPONDENT",
            )
        return both
    return [(one, other) for one in first for other in second]


def _located(text: str) -> Place:
    """The place, and the respondent in it where one is named."""
    if (place := _place(text)) is not None:
        return place
    before, colon, name = text.rpartition(":")
    while before and colon:
        if (place := _place(before)) is not None:
            return Place(place.kind, place.path, place.name, text[len(before) + 1 :])
        before, colon, _ = before.rpartition(":")
    folder, colon, name = text.rpartition(":")
    if colon and Path(folder).exists():
        raise InputError(
            f"there are neither scored answers, nor a release, nor logs of a harness, with a respondent {name!r}",
            where=folder,
            remedy="run `dvc repro score` there",
        )
    return Place("scored", SCORED, "", text)


def _place(text: str) -> Place | None:
    """What the text names as a whole; a repository on the Hub is downloaded."""
    from pipeline.answers.readers import READERS
    from pipeline.compare.released import is_release
    from pipeline.hydrate.source import locate, revision

    path = Path(text)
    if (folder := _scored(path)) is not None:
        return Place("scored", folder, str(folder))
    if is_release(path):
        return Place("release", locate(text), text)
    if any(reader.knows(path) for reader in READERS.all().values()):
        return Place("logs", path, text)
    # Models can be called as repositories are; one that has answered here is meant.
    if text not in _names_here() and not path.exists() and revision(text) is not None:
        return Place("release", locate(text), text)
    return None


def _names_here() -> set[str]:
    from pipeline.analyse.study import Scored

    return set(Scored.read(SCORED).respondents["respondent"]) if _scored(SCORED) else set()


def _scored(path: Path) -> Path | None:
    return next((p for p in (path, path / SCORED) if (p / "choices.parquet").exists()), None)


def _read(places: tuple[Place, Place]) -> tuple[Scored, Scored]:
    """The tables of both; logs are of the other side's questions."""
    from pipeline.compare import released, scored

    def read(place: Place) -> Scored:
        return released.read(place.path) if place.kind == "release" else scored.read(place.path)

    a, b = places
    if a.kind == b.kind == "logs":
        raise InputError(
            "logs say nothing of their questions: one side has to be a release, or respondents of data/score",
            where=f"{a.path}, {b.path}",
            remedy="import one of them (`valact import-answers`), or compare both with a release",
        )
    if a.kind == "logs":
        other = read(b)
        return _logged(a.path, other), other
    first = read(a)
    if b.kind == "logs":
        return first, _logged(b.path, first)
    return first, first if a.path == b.path else read(b)


def _logged(path: Path, other: Scored) -> Scored:
    """What logs hold, as answers to the questions of the other side."""
    from dataclasses import replace

    from pipeline.answers import imports
    from pipeline.answers.readers import READERS
    from pipeline.commands import studies

    params = settings.load()
    reader = next(reader for reader in READERS.all().values() if reader.knows(path))
    tables = imports.import_answers(
        reader.read(path),
        lambda: (other.options, other.questions),
        values=params.values,
        name=path.stem,
        seed=params.seed,
    )
    studies.say_losses(tables["ledger"])
    own = ("respondents", "choices", "instrument_answers", "instrument_scores", "ratings")
    return replace(other, **{name: tables[name] for name in own})


def _label(place: Place, respondent: str) -> str:
    return f"{place.name}:{respondent}" if place.name and place.path != SCORED else respondent
