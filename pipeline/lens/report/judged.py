"""The section on what people say of the actions: read blindly, and told what was meant, by country."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.lens.judged import QUESTIONS, state
from pipeline.lens.params import Params
from pipeline.lens.report.figures import Tables
from pipeline.lens.tables import TOLD
from pipeline.plots.style import save, style
from pipeline.report.charts import forest
from pipeline.report.document import Cell, Picture, Section, Table, count, interval, number
from pipeline.verdict.gate import Verdict

TITLE = "Do people see in the actions what they were written for?"
ALL, FILE = "all", "../validate/figures.parquet"
# Of the blind questions the one that asks for all that was meant; then those of the publication.
SHOWN = ("blind", *TOLD)
# As the panels of the figure are called, which are narrow.
PANELS = dict(
    zip(SHOWN, ("blind", "correct", "harmless", "spans sufficient", "explanation plausible"), strict=True)
)
COEFFICIENTS = {"alpha": "Krippendorff's alpha", "kappa": "Fleiss' kappa", "ac1": "Gwet's AC1"}
TEXT = (
    "**Blind**: a rater chose among a few values and said whether the action is for or against it, before the page "
    "told what was meant; the page asks to leave these answers as they are, and cannot keep them from being changed. "
    "**Told**: yes or no, as the publication asked. The two measure different things: only the first shows that the "
    "value can be found in the action.",
    "Intervals of judgements take the actions as a sample of more; 'raters in general' takes the raters as one as "
    "well, and is wide where few judged. Kappa is low by its nature where nearly all say yes, AC1 is not.",
)


def section(tables: Tables, verdict: Verdict, params: Params, out: Path) -> Section:
    """The section, with its figure in ``out``/figures; a sentence alone where nobody judged. ``tables`` has ``judged``
    (JudgedActions) and ``agreement`` (ValuedAgreement)."""
    said = [state(verdict, params)]
    if not verdict.figures["judgements"]:
        return Section(TITLE, said)
    judged = tables["judged"]
    return Section(
        TITLE,
        [*said, *verdict.missing, *verdict.doubts, *TEXT],
        [_questions(judged, tables["agreement"]), _groups(judged, tables["agreement"])],
        _pictures(judged, out / "figures"),
    )


def _questions(judged: pl.DataFrame, agreement: pl.DataFrame) -> Table:
    lines: list[Sequence[str | Cell]] = []
    for question, name in QUESTIONS.items():
        judgement = _of(judged, question, ALL, ALL)
        majority = _of(judged, question, ALL, ALL, unit="item")
        general = interval(judgement["rater_low"], judgement["rater_high"])
        lines.append(
            [
                name,
                count(int(judgement["n"] or 0)),
                _cell(judgement),
                general or number(None),
                _cell(majority),
                *(_cell(_coefficient(agreement, question, ALL, one)) for one in COEFFICIENTS),
            ]
        )
    header = ["question", "judgements", "as meant, or yes", "raters in general", "actions by majority"]
    return Table("What people say of the actions", [*header, *COEFFICIENTS.values()], lines, FILE, wide=True)


def _groups(judged: pl.DataFrame, agreement: pl.DataFrame) -> Table:
    """A line a country, and one for people of the country and one for those from elsewhere."""
    lines: list[Sequence[str | Cell]] = []
    for grouping in ("country", "raters"):
        rows = judged.filter(question="blind", grouping=grouping, unit="judgement")
        for group, n in rows.select("group", "n").iter_rows():
            alpha = _coefficient(agreement, "blind", group, "alpha")
            cells = [_cell(_of(judged, question, grouping, group)) for question in SHOWN]
            lines.append([group.replace("_", " "), count(n), *cells, _cell(alpha)])
    header = ["group", "judgements", *(QUESTIONS[question] for question in SHOWN), "alpha, both named blind"]
    return Table("By country, and by where raters live", header, lines, FILE, wide=True)


def _pictures(judged: pl.DataFrame, folder: Path) -> list[Picture]:
    rows = judged.filter(
        pl.col("question").is_in(SHOWN), pl.col("grouping").is_in([ALL, "country"]), unit="judgement"
    ).select("question", "group", "estimate", "low", "high", series=pl.lit(""))
    named = rows.with_columns(panel=pl.col("question").replace_strict(PANELS)).sort(
        pl.col("question").replace_strict({question: at for at, question in enumerate(SHOWN)})
    )
    groups = [name for name in named["group"].unique().sort() if name != ALL]
    labels = {name: name for name in groups} | {ALL: "all countries"}
    folder.mkdir(parents=True, exist_ok=True)
    with style():
        figure = forest.draw(
            named, panel="panel", line="group", series="series", labels=labels, axis="share of judgements"
        )
        save(figure, folder / "judged")
    named.drop("series").write_csv(folder / "judged.csv", float_precision=6)
    caption = "Share of judgements that are as meant (blind), or yes, with intervals over actions."
    return [Picture("judged", "What people say, by country", caption, "figures/judged.csv")]


def _of(
    judged: pl.DataFrame, question: str, grouping: str, group: str, unit: str = "judgement"
) -> dict[str, float | None]:
    found = judged.filter(question=question, grouping=grouping, group=group, unit=unit)
    return found.row(0, named=True) if found.height else {}


def _coefficient(
    agreement: pl.DataFrame, question: str, country: str, coefficient: str
) -> dict[str, float | None]:
    found = agreement.filter(question=question, country=country, coefficient=coefficient)
    return found.row(0, named=True) if found.height else {}


def _cell(row: dict[str, float | None]) -> Cell:
    return Cell(number(row.get("estimate")), interval(row.get("low"), row.get("high")))
