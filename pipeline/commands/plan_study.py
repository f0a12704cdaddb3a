"""`valact plan`: how many scenarios, wordings, people, administrations and raters an interval of some width takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import params as settings
from pipeline.commands.table import table
from pipeline.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from pipeline.analyse.generalizability import Facets

COMPONENTS = Path("data/analyse/components.parquet")
ITEMS, JUDGEMENTS, OPTIONS = (
    Path(f"data/{name}.parquet") for name in ("send/items", "collect/judgements", "assemble/options")
)
WORDINGS, PEOPLE, RATERS = (1, 2, 3, 5), (5, 10, 20, 50, 100, 200), (2, 3, 5, 10, 20)
MOST = 1_000_000
NEVER = "never"


@click.command(name="plan")
@click.option(
    "--width",
    default=0.02,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Width of the interval of a share.",
)
@click.option(
    "--points",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Width of the interval of a declared mean, in points of the instrument's scale.",
)
def plan_study(width: float, points: float) -> None:
    """Turns the variance components of the last analysis round: what would the next study take?"""
    from pipeline.tables import VarianceComponents, read_table

    params = settings.load()
    if not COMPONENTS.exists():
        raise InputError(
            "there are no variance components to plan with",
            where=str(COMPONENTS),
            remedy="run `dvc repro analyse`, on a first small study or on the sample",
        )
    found, confidence = read_table(VarianceComponents, COMPONENTS), params.analysis.confidence
    _show(
        f"Scenarios for a share of choices within {width:g}: one respondent, these wordings, scenarios in general",
        ["kind", *(f"{n} wordings" for n in WORDINGS)],
        _one_respondent(found, width, confidence),
    )
    _show(
        f"Scenarios each for a mean share within {width:g}: respondents and scenarios in general, one wording",
        ["kind", *(f"{n} respondents" for n in PEOPLE)],
        _kinds(found, width, confidence),
    )
    _show(
        f"Administrations for a declared mean within {points:g} points: one respondent, these items",
        ["kind and instrument", "administrations"],
        _declared(found, points, confidence),
    )
    rated = _rated(params.values) if all(path.exists() for path in (ITEMS, JUDGEMENTS, OPTIONS)) else None
    if rated is not None:
        _show(
            f"Items for raters' accuracy within {width:g}: raters and items in general, each rater judges all",
            [f"{n} raters" for n in RATERS],
            [[_needed(rated, {"rater": n}, "item", ("rater", "item"), width, confidence) for n in RATERS]],
        )
    click.echo(f"'{NEVER}': no number is enough, since something else is too few.")


def _show(caption: str, headers: list[str], rows: list[list[str]]) -> None:
    if rows:
        click.echo(caption + "\n\n" + table(headers, rows, right=headers[1:]) + "\n")


def _one_respondent(found: pl.DataFrame, width: float, confidence: float) -> list[list[str]]:
    return [
        [
            kind,
            *(_needed(of, {"wording": n}, "scenario", ("scenario",), width, confidence) for n in WORDINGS),
        ]
        for (kind, _), of in _means(found, ("scenario", "wording"), alone=True)
    ]


def _kinds(found: pl.DataFrame, width: float, confidence: float) -> list[list[str]]:
    random = ("respondent", "scenario")
    return [
        [
            kind,
            *(
                _needed(of, {"respondent": n, "wording": 1}, "scenario", random, width, confidence)
                for n in PEOPLE
            ),
        ]
        for (kind, _), of in _means(found, ("respondent", "scenario", "wording"), alone=False)
    ]


def _declared(found: pl.DataFrame, points: float, confidence: float) -> list[list[str]]:
    return [
        [
            f"{kind}, {instrument}",
            _needed(of, {"item": 4}, "administration", ("administration",), points, confidence),
        ]
        for (kind, instrument), of in _means(found, ("administration", "item"), alone=True)
    ]


def _means(
    found: pl.DataFrame, facets: tuple[str, ...], *, alone: bool
) -> Iterator[tuple[tuple[str, str], dict[Facets, float]]]:
    """Components of a kind and instrument: the mean over its respondents, or those of all together."""
    import polars as pl

    from pipeline.analyse.generalizability import ALL, JOIN

    split = pl.col("facet").str.split(JOIN)
    rows = found.filter(
        (pl.col("respondent") != ALL) == alone, split.list.eval(pl.element().is_in(list(facets))).list.all()
    )
    means = rows.group_by("kind", "instrument", "facet", maintain_order=True).agg(pl.col("variance").mean())
    for (kind, instrument), part in means.partition_by(
        "kind", "instrument", as_dict=True, maintain_order=True
    ).items():
        of = {tuple(facet.split(JOIN)): one for facet, one in part.select("facet", "variance").iter_rows()}
        yield (str(kind), str(instrument)), of


def _needed(
    found: Mapping[Facets, float],
    sizes: Mapping[str, int],
    facet: str,
    random: tuple[str, ...],
    width: float,
    confidence: float,
) -> str:
    """The smallest number of a facet, two at least, for an interval no wider."""
    from pipeline.analyse.generalizability import needed

    n = needed(found, sizes, facet, random, width, confidence, most=MOST)
    return NEVER if n is None else f"{n:,}"


def _rated(values: object) -> dict[Facets, float] | None:
    """Components of being right, from the items that every rater judged."""
    import polars as pl

    from pipeline.analyse.generalizability import components
    from pipeline.tables import Items, Judgements, Options, read_table
    from pipeline.values import Inventory
    from pipeline.verdict.judged import join

    if not isinstance(values, Inventory):
        return None
    judged = join(
        read_table(Items, ITEMS),
        read_table(Judgements, JUDGEMENTS),
        read_table(Options, OPTIONS),
        values,
        source=str(JUDGEMENTS),
    ).of("value")
    wide = judged.with_columns(pl.col("matches").cast(pl.Float64)).pivot(
        on="rater", index="item_id", values="matches"
    )
    cells = wide.drop("item_id").drop_nulls().to_numpy()
    if min(cells.shape, default=0) < 2:
        return None
    return components(cells[:, :, None], ("item", "rater"))
