"""What changed between two versions of the release, row by row and by key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.core.documents import read_json
from pipeline.core.errors import InputError
from pipeline.release import tombstones
from pipeline.release.configs import SPLIT
from pipeline.release.dataset import VALACT, Dataset
from pipeline.release.facts import FactChange
from pipeline.tables import bounded
from pipeline.withdrawn.register import Takedown


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """One config in two versions.

    Rows are the same if their keys are. ``columns`` counts the changed rows by column; ``with_scenario`` of the
    removed rows belong to a scenario that is no longer there, ``taken`` went with a post that was taken back. ``new``
    and ``gone`` tell of whole configs; ``columns_*`` compare the schemas of a config that is in both. ``contents``:
    rows whose id names another thing than before, so that answers to them do not carry over.
    """

    name: str
    before: int
    after: int
    new: bool = False
    gone: bool = False
    added: int = 0
    removed: int = 0
    with_scenario: int = 0
    taken: int = 0
    changed: int = 0
    contents: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_retyped: tuple[str, ...] = ()

    @property
    def schema_changed(self) -> bool:
        """Whether there is another schema than before; a new config changes none."""
        return bool(self.gone or self.columns_added or self.columns_removed or self.columns_retyped)

    @property
    def breaks(self) -> bool:
        """Whether somebody who read it before cannot read it as before: what came breaks nobody."""
        return bool(self.gone or self.columns_removed or self.columns_retyped)

    @property
    def lost(self) -> int:
        """Rows that went although no post was taken back."""
        return self.removed - self.taken

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
    """From version ``old`` to ``new`` of ``dataset``; ``takedowns`` are the tombstones that came in between, ``facts``
    what the two say otherwise of themselves."""

    old: str
    new: str
    configs: list[ConfigChange]
    takedowns: tuple[Takedown, ...]
    facts: tuple[FactChange, ...] = ()
    dataset: Dataset[Any] = VALACT


def compare(old: Path, new: Path, dataset: Dataset[Any] = VALACT) -> Changes:
    """What changed from one release folder of a data set to another; InputError where one is none."""
    before, after = dataset.read(old), dataset.read(new)
    names = [*after.configs, *(name for name in before.configs if name not in after.configs)]
    takedowns = tombstones.since(old, new)
    gone = Gone.between(old, new, takedowns)
    return Changes(
        before.version,
        after.version,
        [_config(name, old, new, gone, dataset) for name in names],
        takedowns,
        tuple(dataset.facts(old, before, new, after)),
        dataset,
    )


@dataclass(frozen=True, slots=True)
class Gone:
    """Scenarios and candidate posts that are no longer there, and whether each of them has a tombstone.

    A tombstone does not say whose it is: there must be as many as things went.
    """

    scenarios: frozenset[str]
    posts: frozenset[str]
    scenarios_are_taken: bool
    posts_are_taken: bool

    @classmethod
    def between(cls, old: Path, new: Path, takedowns: Sequence[Takedown]) -> Gone:
        scenarios = _ids(old, "scenarios", "scenario_id") - _ids(new, "scenarios", "scenario_id")
        shown = pl.col("scenario_id").is_null()
        posts = _ids(old, "filter_votes", "post_id", shown) - _ids(new, "filter_votes", "post_id")
        buried = Counter(entry.what for entry in takedowns)
        return cls(
            frozenset(scenarios),
            frozenset(posts),
            len(scenarios) <= buried["scenario"],
            len(posts) <= buried["candidate"],
        )

    def taken(self, removed: pl.DataFrame) -> int:
        """How many of these rows are about a post that was taken back."""
        of_scenario = [
            pl.col(name).cast(pl.String).str.head(len("s") + 10).is_in(sorted(self.scenarios))
            for name in ("scenario_id", "question_id", "action_id")
            if name in removed.columns and self.scenarios_are_taken
        ]
        of_post = [
            pl.col(name).is_in(sorted(self.posts))
            for name in ("post_id",)
            if name in removed.columns and self.posts_are_taken
        ]
        rules = [rule.fill_null(value=False) for rule in (*of_scenario, *of_post)]
        return removed.filter(pl.any_horizontal(rules)).height if rules else 0


def _config(name: str, old: Path, new: Path, gone: Gone, dataset: Dataset[Any]) -> ConfigChange:
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
    key = _key(name, new, dataset)
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
        with_scenario=len(
            [scenario for scenario in _column(removed, "scenario_id") if scenario in gone.scenarios]
        ),
        taken=gone.taken(removed),
        changed=rows,
        contents=max((n for column, n in columns.items() if column in dataset.contents(name)), default=0),
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


def _ids(folder: Path, config: str, column: str, where: pl.Expr | None = None) -> set[str]:
    """What a column of a config holds; nothing where there is no such file or column."""
    file = folder / config / f"{SPLIT}.parquet"
    table = bounded.read(file) if file.exists() else pl.DataFrame()
    if where is not None and set(where.meta.root_names()) <= set(table.columns):
        table = table.filter(where)
    return set(_column(table, column))


def _column(table: pl.DataFrame, name: str) -> list[str]:
    """Its texts; none where an older schema has no such column."""
    return [value for value in table[name] if isinstance(value, str)] if name in table.columns else []


def _key(name: str, folder: Path, dataset: Dataset[Any]) -> list[str]:
    """The key columns of a config: as this software knows it, else as croissant.json of the release says."""
    if known := dataset.schemas([name]).get(name):
        return known.primary_key()
    path = folder / "croissant.json"
    try:
        for records in read_json(path)["recordSet"]:
            if records["@id"] == name:
                keys = records["key"] if isinstance(records["key"], list) else [records["key"]]
                return [key["@id"].removeprefix(f"{name}/") for key in keys]
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"it does not say what the key of config {name} is", where=str(path)) from None
    return []
