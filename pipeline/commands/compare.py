"""`valact compare`: two model versions, or one respondent in two releases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError

if TYPE_CHECKING:
    from pipeline.analyse.study import Scored
    from pipeline.compare.sides import Side

SCORED = Path("data/score")
HEADERS = ["measure", "value", "n", "A", "B", "B - A", "interval", "p (Holm)"]


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

    A and B are each a respondent of data/score, FOLDER:RESPONDENT, or a FOLDER: that of the stage score in another
    checkout or release of this repository, or one with its data/score. Two folders compare each respondent that is in
    both.
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
            f"{second.label} against {first.label}: B less A, {params.analysis.confidence:.0%} intervals"
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

    (first, name), (second, other) = _located(a), _located(b)
    scored = {folder: _read(folder) for folder in {first, second}}
    if name is None and other is None:
        names = [set(scored[folder].respondents["respondent"]) for folder in (first, second)]
        both = sorted(names[0] & names[1])
        if not both:
            raise InputError(
                "no respondent is in both", where=f"{first}, {second}", remedy="name them: FOLDER:RESPONDENT"
            )
        pairs = [(one, one) for one in both]
    else:
        pairs = [(name or other, other or name)]
    for folder, place in ((first, 0), (second, 1)):
        known = scored[folder].respondents["respondent"].sort().to_list()
        for pair in pairs:
            if pair[place] not in known:
                raise InputError(
                    f"there is no respondent {pair[place]!r}; known are {', '.join(known) or 'none'}",
                    where=str(folder),
                    remedy="name a respondent, FOLDER:RESPONDENT, or the folder of another run",
                )
    return [
        (Side(_label(first, one), one, scored[first]), Side(_label(second, two), two, scored[second]))
        for one, two in pairs
    ]


def _located(text: str) -> tuple[Path, str | None]:
    """Folder of scored tables and respondent; the respondent is None where the folder is meant as a whole."""
    if (folder := _scored(Path(text))) is not None:
        return folder, None
    before, colon, name = text.rpartition(":")
    if colon and (folder := _scored(Path(before))) is not None:
        return folder, name
    if colon:
        raise InputError(
            "there are no scored answers in this folder", where=before, remedy="run `dvc repro score` there"
        )
    return SCORED, text


def _scored(path: Path) -> Path | None:
    return next((p for p in (path, path / SCORED) if (p / "choices.parquet").exists()), None)


def _read(folder: Path) -> Scored:
    from pipeline.analyse.study import Scored

    return Scored.read(folder)


def _label(folder: Path, respondent: str) -> str:
    return respondent if folder == SCORED else f"{folder}:{respondent}"
