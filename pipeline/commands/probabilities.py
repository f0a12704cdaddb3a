"""`valact probabilities`: enacted values from the probabilities of the letters, without the noise of sampling."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError

SCORE = Path("data/score")
HEADERS = ["respondent", "value", "questions", "expected share", "interval", "chosen"]


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write the table as CSV to this file, too.")
def probabilities(out: Path | None) -> None:
    """Shows which values respondents enact by the probabilities of the letters A to D in default mode.

    For models whose answers came with log probabilities (`models.NAME.parameters: {logprobs: true, top_logprobs: 10}`).
    Reads recorded answers and asks nobody.
    """
    import polars as pl

    from pipeline.probabilities.measure import measured
    from pipeline.probe.recorded import recorded
    from pipeline.tables import Choices, Options, read_table, scan_table

    params = settings.load()
    choices = (
        scan_table(Choices, SCORE / "choices.parquet")
        .filter(
            pl.col("mode") == "default", pl.col("status") == "answered", pl.col("request_key").is_not_null()
        )
        .collect()
    )
    with recorded(params.responses) as find:
        found = measured(
            choices,
            read_table(Options, SCORE / "options.parquet"),
            find,
            params.values,
            params.analysis.draws,
            params.analysis.confidence,
            params.seed,
        )
    if found.is_empty():
        raise InputError(
            "no recorded answer to a question in default mode came with log probabilities of its letters",
            where=params.responses.store,
            remedy="set `models.NAME.parameters: {logprobs: true, top_logprobs: 10}` where the provider has them; the "
            "questions are then asked anew",
        )
    click.echo(table(HEADERS, [_line(row) for row in found.iter_rows(named=True)], right=HEADERS[2:]))
    for name, r, mass in (
        found.select("respondent", "r_with_chosen", "on_letters").unique(maintain_order=True).iter_rows()
    ):
        said = "-" if r is None else f"{r:.3f}"
        click.echo(
            f"{name}: r of expected with chosen shares {said}; {mass:.1%} of the probability was on letters"
        )
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        found.write_csv(out)
        click.echo(f"written to {out}")


def _line(row: dict[str, object]) -> list[str]:
    low, high = row["low"], row["high"]
    return [
        str(row["respondent"]),
        str(row["value"]),
        f"{row['questions']:,}",
        f"{row['expected']:.3f}",
        "-" if low is None else f"{low:.3f} to {high:.3f}",
        f"{row['chosen']:.3f}",
    ]
