"""`valact gaps`: both gaps of the respondents who did both datasets."""

from __future__ import annotations

from pathlib import Path

import click

OUT = Path("lens/data/gaps")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=OUT, help=f"Folder of the report ({OUT}).")
def gaps(out: Path) -> None:
    """Puts both gaps side by side: each paper's measures on both datasets, of the respondents who did both.

    Reads what the stages analyse of both recipes wrote, and writes one report, as a page and as Markdown.
    """
    from pipeline.compare.gaps import both, draw, section
    from pipeline.lens import places as lens
    from pipeline.report import render
    from pipeline.tables import places, read_table

    place, other = places.ANALYSIS["alignment"], lens.ANALYSIS["alignment"]
    rows = both(read_table(place.schema, place.path()), read_table(other.schema, other.path()))
    out.mkdir(parents=True, exist_ok=True)
    rows.write_csv(out / "gaps.csv")
    render.write(
        "What is declared and what is chosen, twice", [], [section(rows, [draw(rows, out / "figures")])], out
    )
    names = rows["respondent"].unique().sort().to_list()
    click.echo(f"{out / 'report.html'}: both gaps of {', '.join(names)}")
