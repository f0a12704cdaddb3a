"""The key of a set of forms: what its items stand for. It stays with the researcher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.core.documents import read_json
from pipeline.core.errors import InputError
from pipeline.instruments import load as load_instrument
from pipeline.lens.tables import CellItems, ShownPairs
from pipeline.recipe import LENS, VALACT
from pipeline.tables import AskedQuestions, Factors, Options, read_table
from pipeline.tables.people import FormItems

# The tables of a key, by recipe; the first is that of its items.
KEYS: Mapping[str, Mapping[str, type[dy.Schema]]] = {
    VALACT.name: {"key": FormItems, "options": Options, "questions": AskedQuestions},
    LENS.name: {"key": CellItems, "pairs": ShownPairs, "factors": Factors},
}
_KEPT = "put back the key as `valact forms` wrote it: only that one reads the answers"


@dataclass(frozen=True, slots=True)
class Key:
    """What the items of a set of forms stand for, with what they showed as it was when it was made (``tables``, by the
    names of ``KEYS``). ``scale``: the codes of the answers to statements. ``consent`` is the hash of what people had to
    agree to, None for forms that did not ask."""

    recipe: str
    design: str
    scale: range
    wording: str
    asks: str
    consent: str | None
    items: pl.DataFrame
    tables: Mapping[str, pl.DataFrame]


def read_key(folder: Path) -> Key:
    """The key in a folder of forms, or in its key/."""
    place = folder / "key" if (folder / "key").is_dir() else folder
    file = place / "design.json"
    if not file.exists():
        raise InputError(
            "there is no key of forms in this folder",
            where=str(folder),
            remedy="give the --out of `valact forms`",
        )
    facts = read_json(file, remedy=_KEPT)
    try:
        recipe = facts.get("recipe", VALACT.name)
        schemas, design, wording = KEYS[recipe], facts["design"], facts["wording"]
        scale = _scale(facts)
    except (AttributeError, KeyError, TypeError):
        raise InputError("the file does not say which design it is", where=str(file), remedy=_KEPT) from None
    tables = {name: read_table(schema, place / f"{name}.parquet") for name, schema in schemas.items()}
    return Key(
        recipe,
        design,
        scale,
        wording,
        facts.get("asks", "most_appropriate"),
        facts.get("consent"),
        items=tables.pop("key"),
        tables=tables,
    )


def _scale(facts: Mapping[str, Any]) -> range:
    """From 1 to the number of answers, or those of the instrument that is named."""
    if "answers" in facts:
        return range(1, facts["answers"] + 1)
    instrument = load_instrument(facts["instrument"])
    return range(instrument.low, instrument.high + 1)
