"""Questionnaires of the lens, for `valact forms --recipe lens`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.forms.design import FormSet
    from pipeline.forms.texts import Texts
    from pipeline.params.people import Consent, LensForms


def make(
    count: int, minutes: float | None, check: Callable[[Consent], None]
) -> tuple[FormSet, Texts, LensForms]:
    """Forms of the pairs that the stage assemble has made, the texts around them, and their params. ``check``: raises
    where people are not told enough."""
    from pipeline.forms import texts
    from pipeline.forms.cells import make_forms, most_cells
    from pipeline.forms.fitting import fitting
    from pipeline.lens import params as settings
    from pipeline.lens import places
    from pipeline.lens.administer.requests import Material
    from pipeline.tables import read_table

    params = settings.load()
    check(params.forms.consent)
    tables = [read_table(p.schema, p.path()) for p in (places.SCENARIOS, places.PAIRS, places.ACTIONS)]
    material = Material.of(*tables)
    words = texts.load_cells(params.forms.texts, params.forms.family)

    def of(cells: int) -> FormSet:
        chosen = params.forms.model_copy(update={"cells": cells})
        return make_forms(count, material, words, chosen, params)

    if minutes := minutes or params.forms.minutes:
        return fitting(minutes, of, 1, most_cells(material, params.forms, params)), words, params.forms
    return of(params.forms.cells), words, params.forms


def evenness(made: FormSet) -> list[str]:
    """What is even within the forms, and over them."""
    within = {name.removesuffix("_shown_differ_by"): n for name, n in made.even.items() if "shown" in name}
    told = ", ".join(f"{name} {number}" for name, number in within.items())
    return [
        f"Within a form, the numbers of times shown differ by at most: {told}",
        f"Over all forms, the uses of cells differ by up to {made.even['uses_of_cells_differ_by']}",
    ]
