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
from services.values import TEN

from pipeline import designs
from pipeline.assemble.deal import assemble
from pipeline.core.errors import ParamsError
from pipeline.release import tasks, versions
from pipeline.release.changes import ConfigChange, compare
from pipeline.release.versions import Version
from pipeline.tables import Actions, Options, Questions, Scenarios, read_table, write_table
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
    assert versions.demanded(compare(first, second)) == "major"


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
        (lambda t: t.rename({"masked": "hidden"}), "new columns hidden; columns gone masked"),
        (lambda t: t.with_columns(pl.col("year").cast(pl.Int64)), "columns of another type year"),
        (lambda t: t.rename({"scenario_id": "id"}), "new columns id; columns gone scenario_id"),
    ],
    ids=["gone", "renamed", "retyped", "key"],
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


def test_a_new_column_demands_a_minor_version(first: Path, tmp_path: Path) -> None:
    changes = compare(first, altered(first, tmp_path / "v", "scenarios", lambda t: t.with_columns(x=1)))
    assert versions.demanded(changes) == "minor"
    assert "- `scenarios`: new columns x." in versions.section(changes)


def test_rows_that_went_without_a_tombstone_demand_a_major_version(
    first: Path, run: Path, tmp_path: Path
) -> None:
    ids = pl.read_parquet(first / "scenarios/test.parquet")["scenario_id"]
    one = [Takedown(f"{1:032x}", dt.date(2026, 1, 2), "gone", "scenario")]
    with pytest.raises(ParamsError, match=r"lost \d+ rows of no post that was taken back.* major version"):
        build(run, release_params("1.1.0", first), tmp_path / "valact-15k", without=ids[:2], takedowns=one)


def test_another_seed_demands_a_major_version(first: Path, tmp_path: Path) -> None:
    params = release_params("2.0.0", first).model_copy(update={"seed": 8})
    second = build(finished_run(tmp_path / "run", params), params, tmp_path / "valact-15k")
    found = of("questions", first, second)
    assert (found.added, found.removed) == (0, 0), "ids are those of before"
    assert found.contents > found.before / 2
    assert found.contents == found.columns["content_sha256"]
    assert versions.demanded(compare(first, second)) == "major"
    told = (second / "CHANGELOG.md").read_text()
    assert f"{found.contents} ids name another content, and answers to it do not carry over" in told
    with pytest.raises(ParamsError, match=r"config questions has \d+ changed rows, which demands a major"):
        versions.check(_as(compare(first, second), "1.1.0"))


def test_a_repaired_action_demands_a_major_version(first: Path, run: Path, tmp_path: Path) -> None:
    params = release_params("2.0.0", first)
    repaired = Path(shutil.copytree(run, tmp_path / "run"))
    path = repaired / "assemble/actions.parquet"
    actions = read_table(Actions, path)
    text = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("Write it down")).otherwise(pl.col("text"))
    actions = actions.with_columns(
        text=text, words=pl.when(pl.int_range(pl.len()) == 0).then(3).otherwise("words")
    )
    write_table(Actions, actions, path)
    questions, options = assemble(
        read_table(Scenarios, repaired / "assemble/scenarios.parquet"),
        actions,
        mode=params.assemble.mode,
        seed=params.seed,
        generators=params.generate.generators,
        design=designs.load(params.assemble.design),
        values=params.values.slugs,
    )
    write_table(Questions, questions, repaired / "assemble/questions.parquet")
    there = read_table(Options, run / "assemble/options.parquet")
    assert options.sort("question_id", "position").equals(there)
    second = build(repaired, params, tmp_path / "valact-15k")
    changed = {c.name: (c.changed, c.contents) for c in compare(first, second).configs if c.changed}
    assert changed.pop("authored") == changed.pop("benchmark") == (1, 0)
    assert changed == {"questions": (1, 1), "options": (1, 0), "actions": (1, 1)}
    assert versions.demanded(compare(first, second)) == "major"
    told = (second / "CHANGELOG.md").read_text()
    assert (
        "- `actions`: 1 row changed (`text` 1, `text_sha256` 1, `words` 1); 1 id names another content"
        in told
    )


def test_another_licence_demands_a_major_version_and_is_named(first: Path, run: Path, tmp_path: Path) -> None:
    params = release_params("2.0.0", first)
    params = params.model_copy(
        update={"release": params.release.model_copy(update={"licence": "cc-by-nc-4.0"})}
    )
    second = build(run, params, tmp_path / "valact-15k")
    changes = compare(first, second)
    assert versions.demanded(changes) == "major"
    assert versions.section(changes).endswith("- Licence: `cc0-1.0` before, `cc-by-nc-4.0` now.")
    with pytest.raises(ParamsError, match=r"Licence: .* which demands a major version"):
        versions.check(_as(changes, "1.0.1"))
    # A release from before release.json had it: the card's head tells.
    older = Path(shutil.copytree(first, tmp_path / "older"))
    stated(older, licence=None)
    assert "Licence: `cc0-1.0` before" in versions.section(compare(older, second))
    assert not compare(older, first).facts


def test_another_prompt_of_a_task_demands_a_major_version(first: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(first, tmp_path / "v"))
    prompts = json.loads((first / "release.json").read_text())["prompts"]
    assert set(prompts) == {"default", "selection"}
    stated(other, prompts=prompts | {"default": "0" * 64})
    changes = compare(first, other)
    assert versions.demanded(changes) == "major"
    assert "- The prompt of the task `default` changed: results do not compare" in versions.section(changes)
    stated(other, prompts={**prompts, "adoption": "0" * 64})
    assert versions.demanded(compare(first, other)) == "minor"
    assert versions.demanded(compare(other, first)) == "major"


def test_the_hash_of_a_prompt_is_of_the_words_that_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tasks.prompts(TEN, 4)
    assert tasks.prompts(TEN, 4) == before != tasks.prompts(TEN, 5)
    source = tasks.code(TEN.slugs)
    wording = source[tasks.SHARED].replace("most appropriate in the situation", "best")
    assert wording != source[tasks.SHARED]
    monkeypatch.setattr(tasks, "code", lambda slugs: source | {tasks.SHARED: wording})
    after = tasks.prompts(TEN, 4)
    assert {mode for mode in before if after[mode] != before[mode]} == {"default"}


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
    one = [Takedown(f"{1:032x}", dt.date(2026, 1, 2), "gone", "scenario")]
    smaller = build(run, release_params("1.0.1", first), tmp_path / "smaller", without=gone, takedowns=one)
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


def stated(folder: Path, **facts: object) -> None:
    """Makes release.json of the folder say something else."""
    path = folder / "release.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def _as(changes, version: str):
    from dataclasses import replace

    return replace(changes, new=version)
