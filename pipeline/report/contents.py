"""The report from its first section to its last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.report import (
    adoption,
    beside_people,
    components,
    contamination,
    findings,
    gap_parts,
    languages,
    likeness,
    missing,
    positions,
    published,
    selection,
    synthetic,
    validity,
    values,
    wording,
)
from pipeline.report.catalogue import Drawn
from pipeline.report.document import Picture, Section
from pipeline.report.figure import SECTIONS, Tables
from pipeline.report.notes import notes_on
from pipeline.values import Inventory
from pipeline.verdict.gate import Verdict

# Each section by the name that figures know it by, in the order of figure.SECTIONS.
ORDER: dict[str, Callable[[Tables, Inventory], Section]] = {
    "respondents": values.respondents,
    "enacted": values.enacted,
    "declared": values.declared,
    "gap": values.gap,
    "gap_parts": gap_parts.section,
    "pooled_gap": values.pooled_gap,
    "conditions": values.conditions,
    "languages": languages.section,
    "correlations": likeness.correlations,
    "agreement": likeness.agreement,
    "selection_adoption": selection.section,
    "adoption_costs": adoption.section,
    "positions": positions.section,
    "equal_length": beside_people.section,
    "contamination": contamination.section,
    "synthetic": synthetic.section,
    "items": validity.items,
    "methods": validity.methods,
    "components": components.section,
    "missing": missing.section,
}


def sections(
    tables: Tables,
    inventory: Inventory,
    drawn: Mapping[str, Drawn],
    built: Sequence[Picture],
    verdict: Verdict | None,
    asked_besides: Sequence[Section] = (),
) -> list[Section]:
    """All sections that have something to say, with the figures ``drawn`` for them; ``built`` are figures of earlier
    stages (funnel, validation), ``verdict`` is what stage validate found, None where that says nothing of them;
    ``asked_besides`` are sections on what commands ask besides the recipe."""
    parts = [findings.section(tables)]
    parts += [
        replace(
            ORDER[section](tables, inventory),
            pictures=[_picture(name, of) for name, of in drawn.items() if of.figure.section == section],
        )
        for section in SECTIONS
    ]
    parts += asked_besides
    parts.append(
        Section(
            "Maps and scaling",
            missing=notes_on(tables["notes"], "maps", "map_fits"),
        )
    )
    if verdict is not None:
        parts.append(wording.section(verdict, inventory))
    parts.append(published.section(tables))
    parts.append(Section("How the questions came about", pictures=built))
    return [part for part in parts if not part.empty]


def _picture(name: str, drawn: Drawn) -> Picture:
    figure = drawn.figure
    source = ", ".join(f"data/analyse/{table}.parquet" for table in figure.source)
    return Picture(name, figure.title, figure.caption, source, drawn.live)


def built_pictures(plots: Path) -> list[Picture]:
    """Figures of the stages before, if they are there: the funnel and the validation of the actions."""
    known = (
        Picture(
            "funnel", "From posts to questions", "What each step left, by category.", "data/plots/funnel.csv"
        ),
        Picture(
            "acceptance",
            "What the judges accepted",
            "Share of each subreddit's judged candidates that the judges accepted; quotas fill a category from "
            "whichever of its subreddits has them.",
            "data/plots/acceptance.csv",
        ),
        Picture(
            "validation_confusion",
            "What raters saw in the actions",
            "Intended value (rows) against the value that raters named (columns), in circle order.",
            "data/plots/validation_confusion.csv",
        ),
        Picture(
            "validation_accuracy",
            "How often raters named the intended value",
            "By value: by judgement with intervals that are bootstrapped over items, by item with Wilson's.",
            "data/plots/validation_accuracy.csv",
        ),
    )
    return [picture for picture in known if (plots / f"{picture.name}.svg").exists()]
