"""What changed between two versions of the release, row by row and by key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.core.documents import read_json
from pipeline.core.errors import InputError
from pipeline.release import manifest, tombstones
from pipeline.release.configs import CONFIGS, SPLIT
from pipeline.tables import bounded
from pipeline.withdrawn.register import Takedown


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """One config in two versions.

    Rows are the same if their keys are. ``columns`` counts the changed rows by column; ``with_scenario`` of the
    removed rows belong to a scenario that is no longer there. ``new`` and ``gone`` tell of whole configs;
    ``columns_*`` compare the schemas of a config that is in both.
    """

    name: str
    before: int
    after: int
    new: bool = False
    gone: bool = False
    added: int = 0
    removed: int = 0
    with_scenario: int = 0
    changed: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_retyped: tuple[str, ...] = ()

    @property
    def schema_changed(self) -> bool:
        """A new config breaks nobody; all else does."""
        return bool(self.gone or self.columns_added or self.columns_removed or self.columns_retyped)

    def schema_words(self) -> str:
        if self.gone:
            return "the config is gone"
        parts = {
            "new columns": self.columns_added,
            "columns gone": self.columns_removed,
            "columns of another type": self.columns_retyped,
        }
        return "; ".join(f"{words} {', '.join(names)}" for words, names in parts.items() if names)


@dataclass(frozen=True, slots=True)
class Changes:
    """From version ``old`` to ``new``; ``takedowns`` are the tombstones that came in between."""

    old: str
    new: str
    configs: list[ConfigChange]
    takedowns: tuple[Takedown, ...]
    meaning_changed: bool


def compare(old: Path, new: Path) -> Changes:
    """What changed from one release folder to another; InputError where one is no release."""
    before, after = manifest.read(old), manifest.read(new)
    names = [*after.configs, *(name for name in before.configs if name not in after.configs)]
    gone = _scenarios(old) - _scenarios(new)
    return Changes(
        before.version,
        after.version,
        [_config(name, old, new, gone) for name in names],
        tombstones.since(old, new),
        before.schema_version != after.schema_version,
    )


def _config(name: str, old: Path, new: Path, gone: set[str]) -> ConfigChange:
    files = [folder / name / f"{SPLIT}.parquet" for folder in (old, new)]
    if not all(file.exists() for file in files):
        there = next((file for file in files if file.exists()), None)
        if there is None:
            raise InputError(
                f"release.json names config {name}, and no release has its file", where=str(files[1])
            )
        count = bounded.read(there).height
        if files[1].exists():
            return ConfigChange(name, 0, count, new=True, added=count)
        return ConfigChange(name, count, 0, gone=True, removed=count)
    before, after = (bounded.read(file) for file in files)
    types = [{column: str(kind) for column, kind in table.schema.items()} for table in (before, after)]
    common = types[0].keys() & types[1].keys()
    retyped = tuple(
        column for column in types[1] if column in common and types[0][column] != types[1][column]
    )
    key = _key(name, new)
    if key and set(key) <= common - set(retyped):
        for file, table in zip(files, (before, after), strict=True):
            if table.select(key).is_duplicated().any():
                raise InputError(f"two rows of config {name} have one key", where=str(file))
        removed, added = before.join(after, on=key, how="anti"), after.join(before, on=key, how="anti")
        columns = _changed(
            before, after, key, [c for c in before.columns if c in common and c not in retyped]
        )
    else:  # no row of the one can be told to be a row of the other
        removed, added, columns = before, after, {"": 0}
    rows = columns.pop("")
    return ConfigChange(
        name,
        before.height,
        after.height,
        added=added.height,
        removed=removed.height,
        with_scenario=len([scenario for scenario in _column(removed, "scenario_id") if scenario in gone]),
        changed=rows,
        columns=columns,
        columns_added=tuple(column for column in types[1] if column not in common),
        columns_removed=tuple(column for column in types[0] if column not in common),
        columns_retyped=retyped,
    )


def _changed(
    before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str], columns: Sequence[str]
) -> dict[str, int]:
    """Rows in both that differ, by column where any does; under "" those that differ anywhere."""
    values = [column for column in columns if column not in key]
    both = _flat(before, values).join(
        _flat(after, values), on=key, how="inner", suffix="\x00", validate="1:1", nulls_equal=True
    )
    differs = both.select(pl.col(c).ne_missing(pl.col(f"{c}\x00")).alias(c) for c in values)
    counts = {c: int(differs[c].sum()) for c in values if differs[c].any()}
    return {**counts, "": differs.filter(pl.any_horizontal(pl.all())).height if values else 0}


def _flat(table: pl.DataFrame, values: Sequence[str]) -> pl.DataFrame:
    """Nested columns as JSON, which compares like any text."""
    nested = [column for column in values if table.schema[column].is_nested()]
    texts = [
        pl.Series(
            column, [json.dumps(value, default=str) for value in table[column].to_list()], dtype=pl.String
        )
        for column in nested
    ]
    return table.with_columns(texts)


def _scenarios(folder: Path) -> set[str]:
    file = folder / "scenarios" / f"{SPLIT}.parquet"
    return set(_column(bounded.read(file), "scenario_id")) if file.exists() else set()


def _column(table: pl.DataFrame, name: str) -> list[str]:
    """Its texts; none where an older schema has no such column."""
    return [value for value in table[name] if isinstance(value, str)] if name in table.columns else []


def _key(name: str, folder: Path) -> list[str]:
    """The key columns of a config: as this software knows it, else as croissant.json of the release says."""
    if name in CONFIGS:
        return CONFIGS[name].primary_key()
    path = folder / "croissant.json"
    try:
        for records in read_json(path)["recordSet"]:
            if records["@id"] == name:
                keys = records["key"] if isinstance(records["key"], list) else [records["key"]]
                return [key["@id"].removeprefix(f"{name}/") for key in keys]
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"it does not say what the key of config {name} is", where=str(path)) from None
    return []
