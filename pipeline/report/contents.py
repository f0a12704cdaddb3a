"""The report from its first section to its last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.report import choices, values
from pipeline.report.document import Picture, Section, notes_on
from pipeline.report.figures.catalogue import Entry
from pipeline.report.values import Tables
from pipeline.values import Inventory

# Each section with the figures that belong to it, by the names of the catalogue.
ORDER = (
    (values.respondents, ()),
    (values.enacted, ("circle_enacted", "categories")),
    (values.declared, ("circle_declared",)),
    (values.gap, ("declared_enacted", "gaps")),
    (values.pooled_gap, ()),
    (choices.correlations, ("correlations", "map_enacted", "map_declared", "scaling")),
    (choices.agreement, ()),
    (choices.selection_adoption, ("accuracy", "drops")),
    (choices.positions, ("positions",)),
    (choices.equal_length, ()),
    (choices.missing, ()),
)


def sections(
    tables: Tables, inventory: Inventory, drawn: Iterable[Entry], built: Sequence[Picture]
) -> list[Section]:
    """All sections that have something to say; ``built`` are figures of earlier stages (funnel, validation)."""
    pictures = {
        entry.name: Picture(
            entry.name,
            entry.title,
            entry.caption,
            ", ".join(f"data/analyse/{name.strip()}.parquet" for name in entry.source.split(",")),
        )
        for entry in drawn
    }
    parts = []
    for section, names in ORDER:
        part = section(tables, inventory)
        shown = [
            picture for name in names for key, picture in pictures.items() if key.partition("-")[0] == name
        ]
        parts.append(replace(part, pictures=shown))
    parts.append(
        Section(
            "Maps and scaling",
            missing=notes_on(tables["notes"], "maps", "map_fits"),
        )
    )
    parts.append(Section("How the questions came about", pictures=built))
    return [part for part in parts if not part.empty]


def built_pictures(plots: Path) -> list[Picture]:
    """Figures of the stages before, if they are there: the funnel and the validation of the actions."""
    known = (
        Picture(
            "funnel", "From posts to questions", "What each step left, by category.", "data/plots/funnel.csv"
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
            "By value, with Wilson intervals.",
            "data/plots/validation_accuracy.csv",
        ),
    )
    return [picture for picture in known if (plots / f"{picture.name}.svg").exists()]
