"""`valact release verify`: a sound release passes every check, and each kind of damage is found by name."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services import finished_run
from services.built_release import built_release, seal
from services.finished_run import run_params
from services.folder import valact

from pipeline import verify as verification
from pipeline.core.errors import InputError
from pipeline.release.configs import CONFIGS
from pipeline.release.files import arrow, write_parquet
from pipeline.step import about, canary
from pipeline.verify import checksums

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    return built_release(folder / "run", folder / "valact-15k", run_params())


@pytest.fixture(scope="module")
def withheld(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("withheld")
    params = run_params(source="archive", text="withhold", licence="cc-by-4.0")
    return built_release(folder / "run", folder / "valact-15k", params)


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "valact-15k"))


def failed(folder: Path) -> dict[str, list[str]]:
    return {result.name: result.problems or [] for result in verification.verify(folder) if not result.passed}


def test_a_sound_release_passes_every_check(sound: Path) -> None:
    results = verification.verify(sound)
    assert {result.name: result.problems for result in results} == {name: [] for name in verification.CHECKS}


def test_a_release_bears_its_canary_where_nobody_is_shown_it(copy: Path) -> None:
    line = about.canary(run_params())
    for name in ("README.md", "CODEBOOK.md", "release.json"):
        assert line in (copy / name).read_text(encoding="utf-8"), name
    for file in copy.glob("*/*.parquet"):
        assert pq.read_schema(file).metadata[canary.KEY.encode()].decode() == line
    for config in ("options", "actions", "scenarios"):
        texts = pl.read_parquet(copy / config / "test.parquet")["text"]
        assert not texts.str.contains(canary.WORD, literal=True).any()
    card = copy / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace(line, ""), encoding="utf-8")
    assert failed(copy)["release.json"] == ["the canary that is claimed is not in README.md"]


def test_sealing_anew_changes_nothing_that_is_checked(copy: Path) -> None:
    seal(copy)
    assert failed(copy) == {}


def test_the_command_gives_a_line_a_check_a_verdict_and_an_exit_code(copy: Path) -> None:
    result = valact("release", "verify", str(copy))
    lines = result.stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines[: len(verification.CHECKS)]] == [
        ["ok", name] for name in verification.CHECKS
    ]
    assert lines[-1].startswith(f"Consistent: {len(verification.CHECKS)} checks passed.")
    assert "does not say who made it" in lines[-1]

    edit(copy, "options", lambda table: table.head(-1))
    result = valact("release", "verify", str(copy), fails=True)
    assert result.exit_code == 1
    assert "WRONG       checksums" in result.stdout
    assert "- options/test.parquet is not the file that was released: its hash differs" in result.stdout
    assert "Do not use this copy" in result.stdout


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_byte_in_any_file_is_found(sound: Path, copy: Path, data: st.DataObject) -> None:
    files = sorted(path.relative_to(sound) for path in sound.rglob("*") if path.is_file())
    name = data.draw(st.sampled_from(files))
    content = bytearray((sound / name).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    (copy / name).write_bytes(content)
    try:
        problems = list(checksums.checksums(copy))
    finally:
        shutil.copyfile(sound / name, copy / name)
    assert problems
    assert name.name == "SHA256SUMS" or any(name.as_posix() in problem for problem in problems)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_ends_in_anything_but_a_finding(sound: Path, copy: Path, data: st.DataObject) -> None:
    name = data.draw(
        st.sampled_from(sorted(path.relative_to(sound) for path in sound.rglob("*") if path.is_file()))
    )
    content = bytearray((sound / name).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    junk = data.draw(st.binary(max_size=40))
    content[at : at + data.draw(st.integers(0, 40))] = junk
    (copy / name).write_bytes(content)
    try:
        found = failed(copy)
    finally:
        shutil.copyfile(sound / name, copy / name)
    assert found or bytes(content) == (sound / name).read_bytes()


def edit(folder: Path, config: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = folder / config / "test.parquet"
    write_parquet(arrow(change(pl.read_parquet(path))), path)


def change(config: str, how: Callable[[pl.DataFrame], pl.DataFrame]) -> Damage:
    return lambda folder: edit(folder, config, how)


def exchange(table: pl.DataFrame, column: str, one: int = 0, other: int = 1) -> pl.DataFrame:
    """The table with the values of two rows in one column exchanged."""
    values = table[column].to_list()
    assert values[one] != values[other]
    values[one], values[other] = values[other], values[one]
    return table.with_columns(pl.Series(column, values, dtype=table.schema[column]))


def first(table: pl.DataFrame, column: str, value: Any) -> pl.DataFrame:
    values = [value, *table[column].to_list()[1:]]
    return table.with_columns(pl.Series(column, values, dtype=table.schema[column]))


def replace(file: str, old: str, new: str) -> Damage:
    def damage(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return damage


def turn_options(folder: Path) -> None:
    """Exchanges two positions of one question, in every place where they are told: one of its values then stands
    twice at one position of the scenario."""
    options = pl.read_parquet(folder / "options/test.parquet")
    twin = options.join(options, on=["scenario_id", "value"]).filter(
        pl.col("question_id") != pl.col("question_id_right")
    )
    question, here, there = twin.select("question_id", "position", "position_right").row(0)
    turned = {here: there, there: here}
    mine = pl.col("question_id") == question

    def positions(table: pl.DataFrame, column: str) -> pl.DataFrame:
        return table.with_columns(
            pl.when(mine).then(pl.col(column).replace(turned)).otherwise(pl.col(column))
        )

    def long(table: pl.DataFrame) -> pl.DataFrame:
        table = positions(table, "position").sort("question_id", "position")
        labels = table["position"].cast(pl.Int32).replace_strict({1: "A", 2: "B", 3: "C", 4: "D"})
        return table.with_columns(label=labels)

    edit(folder, "options", long)
    dealt = (
        pl.read_parquet(folder / "options/test.parquet")
        .group_by("question_id", maintain_order=True)
        .agg(options=pl.struct("position", "label", "action_id", "value", "generator", "text"))
    )
    edit(
        folder,
        "questions",
        lambda table: (
            positions(table, "target_position")
            .drop("options")
            .join(dealt, on="question_id")
            .select(table.columns)
        ),
    )


def drop_a_scenario(folder: Path) -> None:
    """Takes out one scenario with all that hangs on it, and counts anew in the card's text."""
    questions = pl.read_parquet(folder / "questions/test.parquet")
    victim = questions.filter(cycle_scenario=1)["scenario_id"][0]
    for name in CONFIGS:
        if "scenario_id" in CONFIGS[name].columns():
            edit(folder, name, lambda table: table.filter(pl.col("scenario_id").ne_missing(victim)))
    counts = {name: pl.read_parquet(folder / name / "test.parquet").height for name in CONFIGS}
    card = (folder / "README.md").read_text()
    for old, new in (
        (
            "**30 questions** about 6 scenarios, with 120 actions",
            "**25 questions** about 5 scenarios, with 100 actions",
        ),
        ("34 votes were cast", f"{counts['filter_votes']} votes were cast"),
    ):
        assert old in card
        card = card.replace(old, new)
    lines = [
        re.sub(r"\| [\d,]+ \|", f"| {counts[name]:,} |", line, count=1) if (name := _config(line)) else line
        for line in card.splitlines()
    ]
    (folder / "README.md").write_text("\n".join(lines) + "\n")


def _config(line: str) -> str | None:
    """The config that a line of the card's table of configs is of."""
    found = re.match(r"\| `(\w+)`(?: \(default\))? \| [\d,]+ \|", line)
    return found[1] if found and found[1] in CONFIGS else None


def json_edit(file: str, how: Callable[[Any], Any]) -> Damage:
    def damage(folder: Path) -> None:
        content = json.loads((folder / file).read_text())
        how(content)
        (folder / file).write_text(json.dumps(content, indent=2) + "\n")

    return damage


def test_options_in_another_order_set_a_whole_cycle_off_balance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finished_run, "POSTS", 14)  # six scenarios a category: a whole cycle
    folder = built_release(tmp_path / "run", tmp_path / "valact-15k", run_params())
    assert failed(folder) == {}
    turn_options(folder)
    seal(folder)
    assert any("times at each position" in problem for problem in failed(folder)["balance"])


def test_a_check_does_not_stop_at_the_first_fault(copy: Path) -> None:
    edit(copy, "questions", lambda t: exchange(t, "target_action_id"))
    edit(copy, "options", lambda t: t.slice(1))
    edit(copy, "actions", lambda t: t.head(-1))
    edit(copy, "validation", lambda t: first(t, "scenario_id", "s-0000000000"))
    seal(copy)
    found = failed(copy)
    for check, faults in {
        "keys and joins": ["four options of four", "20 actions", "exactly once", "another target"],
        "judgements": ["judges a scenario_id", "judges a action_id"],
    }.items():
        for fault in faults:
            assert any(fault in problem for problem in found[check]), (fault, found[check])


# What somebody did before making all hashes and sizes anew, and the check that finds it.
FORGED: dict[str, tuple[Damage, str, str]] = {
    "a question is removed": (
        change("questions", lambda t: t.head(-1)),
        "keys and joins",
        "config options only",
    ),
    "an option is removed": (change("options", lambda t: t.head(-1)), "keys and joins", "four options"),
    "an action is removed": (change("actions", lambda t: t.head(-1)), "keys and joins", "20 actions"),
    "a scenario is removed": (change("scenarios", lambda t: t.head(-1)), "keys and joins", "questions only"),
    "a vote is removed": (
        change("filter_votes", lambda t: t.head(-1)),
        "card",
        "rows of config filter_votes",
    ),
    "a judgement is removed": (
        change("validation", lambda t: t.head(-1)),
        "card",
        "rows of config validation",
    ),
    "a row is doubled": (change("actions", lambda t: pl.concat([t, t.head(1)])), "schemas", "primary_key"),
    "a value is no value": (
        change("options", lambda t: first(t, "value", "courage")),
        "schemas",
        "no value of the release",
    ),
    "a column is missing": (change("actions", lambda t: t.drop("attempt")), "schemas", "attempt"),
    "a column is of another type": (
        change("actions", lambda t: t.with_columns(pl.col("words").cast(pl.Int64))),
        "schemas",
        "another type than its schema: words",
    ),
    "columns are in another order": (
        change("actions", lambda t: t.select(sorted(t.columns))),
        "schemas",
        "order",
    ),
    "labels of two options are swapped": (
        change("options", lambda t: exchange(t, "label")),
        "options and actions",
        "label at another position",
    ),
    "values of two options are swapped": (
        change("options", lambda t: exchange(t, "value")),
        "keys and joins",
        "another scenario, value or generator",
    ),
    "values of two actions are swapped": (
        change("actions", lambda t: exchange(t, "value", 0, 2)),
        "keys and joins",
        "is not scenario.value.generator",
    ),
    "texts of two actions are swapped": (
        change("actions", lambda t: exchange(t, "text")),
        "options and actions",
        "reads differently",
    ),
    "an action is worded anew": (
        change("actions", lambda t: first(t, "text", "Do something shorter.")),
        "options and actions",
        "another number of words",
    ),
    "targets of two questions are swapped": (
        change("questions", lambda t: exchange(t, "target_action_id")),
        "keys and joins",
        "another target",
    ),
    "a question changes its category": (
        change("questions", lambda t: first(t, "category", "Cooking")),
        "keys and joins",
        "another category",
    ),
    "posts of two scenarios are swapped": (
        change("scenarios", lambda t: exchange(t, "post_id")),
        "keys and joins",
        "not the id of its post",
    ),
    "a vote moves to another scenario": (
        change("filter_votes", lambda t: first(t, "scenario_id", t["scenario_id"].drop_nulls()[-1])),
        "keys and joins",
        "a vote under another scenario",
    ),
    "a vote is turned": (
        change(
            "filter_votes",
            lambda t: t.with_columns(
                vote=pl.when(pl.col("scenario_id").is_not_null()).then(pl.lit("no")).otherwise("vote")
            ),
        ),
        "votes",
        "without two votes",
    ),
    "a scenario is worded anew": (
        change("scenarios", lambda t: first(t, "text", "Another story.")),
        "texts and hashes",
        "another text than its hash",
    ),
    "one text is withheld": (
        change("scenarios", lambda t: first(t, "text", None)),
        "texts and hashes",
        "some scenarios have their text",
    ),
    "options are shown in another order": (turn_options, "balance", "twice at one position of a scenario"),
    "a judgement is of no action": (
        change(
            "validation",
            lambda t: t.with_columns(action_id=pl.col("action_id").str.replace("power", "strength")),
        ),
        "judgements",
        "not in config actions",
    ),
    "a verdict is made up": (
        change(
            "actions",
            lambda t: t.with_columns(validation=pl.lit("confirmed")),
        ),
        "judgements",
        "a verdict without judgements",
    ),
    "a scenario is gone without a tombstone": (
        drop_a_scenario,
        "tombstones",
        "1 places in the design are empty",
    ),
    "a tombstone is none": (
        lambda folder: (folder / "tombstones.json").write_text('[{"id": "x"}]'),  # type: ignore[arg-type, return-value]
        "tombstones",
        "not an entry",
    ),
    "the card counts otherwise": (
        replace("README.md", "**30 questions**", "**31 questions**"),
        "card",
        "summary",
    ),
    "the card tells of another config": (
        replace("README.md", "| `actions` | 120 |", "| `actions` | 121 |"),
        "card",
        "121 rows of config actions",
    ),
    "the card has no head": (replace("README.md", "dataset_info:", "dataset_infos:"), "card", "YAML head"),
    "croissant.json forgets a file": (
        json_edit("croissant.json", lambda c: c["distribution"].pop(0)),
        "croissant",
        "not described",
    ),
    "croissant.json is not valid": (
        json_edit("croissant.json", lambda c: c["recordSet"][0]["field"][0]["source"].clear()),
        "croissant",
        "not valid Croissant",
    ),
    "release.json is of another version": (
        json_edit("release.json", lambda c: c.update(version="9.9.9")),
        "release.json",
        "version 9.9.9",
    ),
    "release.json says that text is withheld": (
        json_edit("release.json", lambda c: c.update(text="withhold")),
        "release.json",
        "text is there",
    ),
    "release.json says that posts are real": (
        json_edit("release.json", lambda c: c.update(sample=False)),
        "release.json",
        "the posts say otherwise",
    ),
}


@pytest.mark.parametrize("case", FORGED)
def test_data_that_are_wrong_are_found_although_every_hash_is_made_anew(case: str, copy: Path) -> None:
    damage, check, said = FORGED[case]
    damage(copy)
    if check == "card" and "head" in case:
        # There is nothing to seal in a card without a head.
        assert any(said in problem for problem in failed(copy)["card"])
        return
    seal(copy)
    found = failed(copy)
    assert "checksums" not in found, "the forger was caught by the hashes, not by the data"
    assert any(said in problem for problem in found.get(check, [])), found


UNSEALED: dict[str, tuple[Damage, str]] = {
    "a file is missing": (lambda f: (f / "LICENSE").unlink(), "LICENSE is listed, but not there"),
    "a file is added": (lambda f: (f / "notes.txt").touch(), "notes.txt is there, but not listed"),
    "a line is missing": (
        lambda f: (f / "SHA256SUMS").write_text("\n".join((f / "SHA256SUMS").read_text().splitlines()[1:])),  # type: ignore[func-returns-value, return-value]
        "is there, but not listed",
    ),
    "a line is doubled": (
        lambda f: (f / "SHA256SUMS").write_text(2 * (f / "SHA256SUMS").read_text()),  # type: ignore[func-returns-value, return-value]
        "is listed twice",
    ),
    "the list is no list": (lambda f: (f / "SHA256SUMS").write_text("hello\n"), "not a hash and a file name"),  # type: ignore[func-returns-value, return-value]
    "the list is missing": (lambda f: (f / "SHA256SUMS").unlink(), "is missing"),
}


@pytest.mark.parametrize("case", UNSEALED)
def test_files_that_come_or_go_are_found(case: str, copy: Path) -> None:
    damage, said = UNSEALED[case]
    damage(copy)
    assert any(said in problem for problem in failed(copy)["checksums"])


def test_what_the_hub_adds_is_no_damage(copy: Path) -> None:
    (copy / ".gitattributes").write_text("*.parquet filter=lfs\n")
    (copy / ".cache/huggingface").mkdir(parents=True)
    (copy / ".cache/huggingface/x.metadata").write_text("x")
    assert failed(copy) == {}


def test_a_table_that_cannot_be_read_leaves_the_rest_unchecked_and_says_so(copy: Path) -> None:
    (copy / "actions/test.parquet").write_bytes(b"PAR1 not at all PAR1")
    results = {result.name: result for result in verification.verify(copy)}
    assert results["schemas"].problems == ["config actions: the file is not readable Parquet"]
    assert results["balance"].problems is None
    assert not results["balance"].passed


def test_a_release_without_text_is_sound_and_with_text_of_real_posts_is_not(
    withheld: Path, tmp_path: Path
) -> None:
    assert failed(withheld).keys() <= {"release.json"}, "its posts are the sample's by their ids"
    folder = Path(shutil.copytree(withheld, tmp_path / "valact-15k"))
    edit(
        folder,
        "scenarios",
        lambda t: t.with_columns(
            post_id=pl.format("1real{}", pl.int_range(pl.len())), text=pl.lit("A post.")
        ),
    )
    assert any("not the sample's" in problem for problem in failed(folder)["texts and hashes"])


def test_a_folder_that_is_no_release_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no release folder"):
        verification.verify(tmp_path)
    assert "neither a folder nor a repository" in valact("release", "verify", "no such", fails=True).stderr
