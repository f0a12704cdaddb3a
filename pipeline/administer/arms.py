"""Adoption asked otherwise, beside plain role-play: what an arm shows in the place of, or beside, the target value.

An arm is a folder of prompts, ``pipeline/prompts/administer/arms/NAME``, in the wordings of plain adoption:
few_shot (choices that people with the value made elsewhere), reasoning (a few sentences before the choice), definition
(no statements of people), profile (how a person who puts the value first has answered a questionnaire).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from pipeline.core.documents import read_yaml
from pipeline.core.errors import InputError, ParamsError
from pipeline.core.seeding import seeded_hash
from pipeline.instruments import Instrument
from pipeline.prompts import FOLDER
from pipeline.values import Inventory

FEW_SHOT, REASONING, PROFILE = "few_shot", "reasoning", "profile"
EXAMPLES = FOLDER / "administer/arms/examples.yaml"
# Beside the wordings of instruments, which are the user's own too.
PROFILES = Path("data/wordings/profiles.csv")
_REMEDY = (
    "a row for each person: column `person`, and one for each value with its mean on the instrument's scale"
)


def prompt_of(mode: str, arm: str | None) -> str:
    """The folder of prompts in which a mode is asked."""
    return f"arms/{arm}" if arm and mode == "adoption" else mode


def examples(value: str, language: str) -> str:
    """Choices of people who put the value first, one a line; ParamsError where there are none."""
    try:
        return "\n".join(f"- {one[language]}" for one in _examples()[value])
    except KeyError:
        raise ParamsError(
            f"the arm few_shot has no examples for {value!r} in {language!r}",
            where=str(EXAMPLES),
            remedy="add them there, or leave the arm out",
        ) from None


@cache
def _examples() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = read_yaml(EXAMPLES)
    return found


class Persons:
    """People's profiles of values, by the value that each puts first (one that ties with another is no first)."""

    def __init__(self, inventory: Inventory, instrument: Instrument, path: Path = PROFILES) -> None:
        self._inventory, self._path = inventory, path
        self._by_first: dict[str, list[dict[str, float]]] = {slug: [] for slug in inventory.slugs}
        for profile in _read(path, inventory, instrument):
            first = max(profile.values())
            if sum(mean == first for mean in profile.values()) == 1:
                self._by_first[max(profile, key=profile.__getitem__)].append(profile)

    def of(self, value: str, question: str, language: str, seed: int) -> str:
        """The profile of one of those who put the value first, drawn by the question; InputError where nobody does."""
        those = self._by_first[value]
        if not those:
            raise InputError(
                f"nobody in it puts {value} before all other values",
                where=str(self._path),
                remedy="add somebody who does",
            )
        profile = those[seeded_hash(seed, f"person for {value}", question) % len(those)]
        named = self._inventory.texts(language)
        return "\n".join(f"- {named[slug][0]}: {mean:.2f}" for slug, mean in profile.items())


def _read(path: Path, inventory: Inventory, instrument: Instrument) -> list[dict[str, float]]:
    if not path.exists():
        raise InputError("the arm profile needs people's profiles", where=str(path), remedy=_REMEDY)
    try:
        table = pl.read_csv(path, schema_overrides=dict.fromkeys(inventory.slugs, pl.Float64))
    except pl.exceptions.PolarsError as error:
        raise InputError(f"no readable table ({error})"[:300], where=str(path), remedy=_REMEDY) from None
    if lacking := [name for name in ("person", *inventory.slugs) if name not in table.columns]:
        raise InputError(f"columns are missing: {', '.join(lacking)}", where=str(path), remedy=_REMEDY)
    found = []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        for slug in inventory.slugs:
            if row[slug] is None or not instrument.low <= row[slug] <= instrument.high:
                raise InputError(
                    f"row {number}, {slug}: {row[slug]!r} is not between {instrument.low} and {instrument.high}",
                    where=str(path),
                    remedy=_REMEDY,
                )
        found.append({slug: row[slug] for slug in inventory.slugs})
    return found
