"""Versions of the data set: what changed is counted, what that demands is enforced, and the changelog tells it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.finished_run import SECRET, finished_run
from services.released import build, release_params

from pipeline.core.errors import ParamsError
from pipeline.release import versions
from pipeline.release.changes import ConfigChange, compare
from pipeline.release.versions import Version
from pipeline.withdrawn.register import Takedown


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("run"), release_params())


@pytest.fixture(scope="module")
def first(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(run, release_params(), tmp_path_factory.mktemp("v1") / "valact-15k")


def altered(first: Path, folder: Path, config: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Path:
    """A copy of the release with one config changed."""
    shutil.copytree(first, folder)
    path = folder / config / "test.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    return folder


def of(name: str, first: Path, second: Path) -> ConfigChange:
    return next(config for config in compare(first, second).configs if config.name == name)


def test_the_same_release_has_no_changes(first: Path) -> None:
    changes = compare(first, first)
    assert all(
        (c.added, c.removed, c.changed, c.schema_changed) == (0, 0, 0, False) and c.before == c.after
        for c in changes.configs
    )
    assert "No row changed" in versions.section(changes)


def test_rows_that_went_are_counted_with_their_scenario(first: Path, run: Path, tmp_path: Path) -> None:
    ids = pl.read_parquet(first / "scenarios/test.parquet")["scenario_id"]
    taken = [
        Takedown(f"{n:032x}", dt.date(2026, 1, 2), reason, "scenario")
        for n, reason in enumerate(("deleted", "removed"))
    ]
    params = release_params("1.0.1", first)
    second = build(run, params, tmp_path / "valact-15k", without=ids[:2], takedowns=taken)

    changes = compare(first, second)
    found = {c.name: (c.added, c.removed, c.with_scenario, c.changed) for c in changes.configs}
    assert found["scenarios"] == (0, 2, 2, 0)
    assert found["questions"] == (0, 10, 10, 0)
    assert found["options"] == found["actions"] == (0, 40, 40, 0)
    assert found["filter_votes"] == (0, 4, 4, 0)
    assert versions.demanded(changes) == "patch"

    told = (second / "CHANGELOG.md").read_text()
    assert told.index("## 1.0.1") < told.index("## 1.0.0")
    assert "- `questions`: 10 rows removed (10 of them with their scenario). 30 rows before, 20 now." in told
    assert (
        "- Taken back: 2 scenarios, with all their rows (1 deleted by its author; 1 removed by moderators or "
        "Reddit)." in told
    )
    posts = pl.read_parquet(first / "scenarios/test.parquet")["post_id"]
    assert not any(name in told for name in [*ids, *posts, SECRET]), "it counts and names nothing"


def test_changed_cells_are_counted_by_column_also_in_nested_ones(first: Path, tmp_path: Path) -> None:
    def change(table: pl.DataFrame) -> pl.DataFrame:
        text = pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("new")).otherwise(pl.col("text"))
        options = pl.when(pl.int_range(pl.len()) == 2).then(pl.col("options").list.reverse())
        return table.with_columns(text=text, options=options.otherwise(pl.col("options")))

    second = altered(first, tmp_path / "v", "questions", change)
    found = of("questions", first, second)
    assert (found.changed, found.columns) == (3, {"text": 3, "options": 1})
    assert versions.demanded(compare(first, second)) == "minor"


def test_an_emptied_cell_is_a_change_and_two_empty_ones_are_none(first: Path, tmp_path: Path) -> None:
    second = altered(
        first, tmp_path / "v", "scenarios", lambda t: t.with_columns(text=pl.lit(None, pl.String))
    )
    assert of("scenarios", first, second).columns == {"text": 6}
    assert of("scenarios", second, second).changed == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop("masked"), "columns gone masked"),
        (lambda t: t.with_columns(x=1), "new columns x"),
        (lambda t: t.rename({"masked": "hidden"}), "new columns hidden; columns gone masked"),
        (lambda t: t.with_columns(pl.col("year").cast(pl.Int64)), "columns of another type year"),
        (lambda t: t.rename({"scenario_id": "id"}), "new columns id; columns gone scenario_id"),
    ],
    ids=["gone", "new", "renamed", "retyped", "key"],
)
def test_a_changed_schema_demands_a_major_version(
    first: Path, tmp_path: Path, change: Callable[[pl.DataFrame], pl.DataFrame], said: str
) -> None:
    changes = compare(first, altered(first, tmp_path / "v", "scenarios", change))
    assert versions.demanded(changes) == "major"
    for version in ("1.0.1", "1.1.0"):
        with pytest.raises(ParamsError, match=f"{said}, which demands a major version"):
            versions.check(_as(changes, version))
    versions.check(_as(changes, "2.0.0"))


def test_a_config_that_went_demands_a_major_version_and_a_new_one_a_minor_one(
    first: Path, tmp_path: Path
) -> None:
    less = tmp_path / "less"
    shutil.copytree(first, less)
    shutil.rmtree(less / "filter_votes")
    manifest = json.loads((less / "release.json").read_text())
    del manifest["configs"]["filter_votes"]
    (less / "release.json").write_text(json.dumps(manifest))

    assert versions.demanded(compare(first, less)) == "major"
    assert "the config is gone" in versions.section(compare(first, less))
    assert versions.demanded(compare(less, first)) == "minor"


def test_fields_of_another_meaning_demand_a_major_version(first: Path, tmp_path: Path) -> None:
    other = tmp_path / "v"
    shutil.copytree(first, other)
    manifest = json.loads((other / "release.json").read_text())
    (other / "release.json").write_text(json.dumps(manifest | {"schema_version": 99}))
    assert versions.demanded(compare(first, other)) == "major"


def test_a_release_with_too_low_a_version_is_not_built(first: Path, run: Path, tmp_path: Path) -> None:
    gone = pl.read_parquet(first / "scenarios/test.parquet")["scenario_id"][:1]
    smaller = build(run, release_params("1.0.1", first), tmp_path / "smaller", without=gone)
    folder = tmp_path / "valact-15k"
    with pytest.raises(ParamsError, match=r"1\.0\.2 is not allowed after 1\.0\.1.*demands a minor version"):
        build(run, release_params("1.0.2", smaller), folder)
    assert not folder.exists()
    build(run, release_params("1.1.0", smaller), folder)
    told = (folder / "CHANGELOG.md").read_text()
    assert [line for line in told.splitlines() if line.startswith("## ")] == [
        "## 1.1.0",
        "## 1.0.1",
        "## 1.0.0",
    ]

    with pytest.raises(ParamsError, match=r"1\.0\.0 is not allowed after 1\.0\.0"):
        build(run, release_params("1.0.0", first), tmp_path / "again")


def test_a_previous_folder_that_is_not_there_is_one_error(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="there is no folder"):
        build(run, release_params("1.0.1", tmp_path / "nothing"), tmp_path / "valact-15k")


number = st.builds(Version, *[st.integers(0, 50)] * 3)


@given(number, st.sampled_from(["major", "minor", "patch"]))
def test_the_next_version_is_higher_and_nothing_fits_in_between(old: Version, step: versions.Step) -> None:
    new = old.next(step)
    assert new > old
    assert Version.parse(str(new)) == Version.of_tag(f"v{new}") == new
    assert Version.of_tag(f"{new}") is None


def _as(changes, version: str):
    from dataclasses import replace

    return replace(changes, new=version)
