"""Training files: split by scenario, balanced, readable by trainers' loaders, and empty where texts are withheld."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from services.finished_run import SECRET, finished_run
from services.folder import valact, write_params
from services.material import material
from services.released import build, release_params
from services.simulated_study import Truth, study
from services.values import SLUGS, TEN

from pipeline.compare.sides import Side, compare
from pipeline.core.errors import InputError, ParamsError
from pipeline.params.analysis import Analysis
from pipeline.params.evaluation import Given
from pipeline.takedown import places
from pipeline.takedown.pending import Pending
from pipeline.training import folder, preference, split
from pipeline.training.formats import FORMATS
from pipeline.training.source import Source

KINDS = ("sft", "preferences")
SIDES = ("train", "test")


def source(scenarios: int) -> Source:
    """A release of so many scenarios, its texts included."""
    made = material(scenarios)
    tables = {
        "scenarios": made.scenarios.select("scenario_id", "post_id", "text", "text_sha256"),
        "actions": made.actions.with_columns(validation=pl.lit("not_sampled")),
        "options": made.options.with_columns(
            scenario_id=pl.col("question_id").str.split(".").list.first(), text=pl.lit(""), label=pl.lit("A")
        ),
        "questions": made.questions,
    }
    return Source("Made up", "1.0.0", "cc0-1.0", True, False, False, 0, tables)


def how(prefer: str = "target", answer: str = "letter", **changes: object) -> folder.How:
    rule = preference.rule(prefer, TEN)
    mode = "adoption" if rule.targeted else "default"
    return replace(folder.How(rule, mode, answer, 0.25, False), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def params():
    return release_params().model_copy(update={"instruments": {"pvq40": Given(shuffles=0)}})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, params) -> Path:
    out = tmp_path_factory.mktemp("training") / "files"
    folder.write(source(120), how(), params, out)
    return out


def lines(out: Path, trainer: str, name: str) -> list[dict]:
    return [json.loads(line) for line in (out / trainer / f"{name}.jsonl").read_text().splitlines()]


def index(out: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(out / "index" / f"{name}.csv", schema_overrides={"order": pl.String})


def test_no_scenario_is_on_both_sides_and_each_side_is_stable(made: Path) -> None:
    of = {
        side: {scenario for kind in KINDS for scenario in index(made, f"{kind}.{side}")["scenario_id"]}
        for side in SIDES
    }
    assert of["train"]
    assert of["test"]
    assert not of["train"] & of["test"]
    kept = split.test_scenarios(made)
    assert of["test"] <= set(kept)
    # Whatever else a release holds, a scenario stays on its side.
    fewer = split.split(pl.read_csv(made / split.FILE).select("scenario_id").head(60), 0.25, 7)
    assert set(fewer.filter(split="test")["scenario_id"]) == set(kept) & set(fewer["scenario_id"])


@pytest.mark.parametrize("prefer", ["target", "value:power"])
def test_values_pairs_and_generators_are_balanced(tmp_path: Path, params, prefer: str) -> None:
    rows = folder.write(source(120), how(prefer), params, tmp_path / "out")
    for side in SIDES:
        for part, by in (
            (rows[f"sft.{side}"], ["value", "generator"]),
            (rows[f"preferences.{side}"], ["value", "value_rejected"]),
        ):
            each = part.group_by(by).len()["len"]
            assert each.max() - each.min() <= 1
    train = rows["preferences.train"]
    assert train.height > 100 or prefer != "target"
    assert train["value"].n_unique() == (10 if prefer == "target" else 1)
    generators = train.group_by("generator").len()["len"]
    assert generators.max() - generators.min() <= 0.1 * train.height
    assert (train["value"] != train["value_rejected"]).all()


def test_each_line_says_what_its_index_says_in_every_format(made: Path, params) -> None:
    row, options = index(made, "preferences.train").row(0, named=True), source(120).tables["options"]
    trl, axolotl, openai = (lines(made, trainer, "preferences.train")[0] for trainer in FORMATS)
    assert [message["role"] for message in trl["prompt"]] == ["system", "user"]
    assert trl["prompt"] == axolotl["messages"] == openai["input"]["messages"]
    chosen, rejected = trl["chosen"], trl["rejected"]
    assert openai == {"input": openai["input"], "preferred_output": chosen, "non_preferred_output": rejected}
    assert axolotl["chosen"] == chosen[0] == {"role": "assistant", "content": chosen[0]["content"]}
    # The letter stands before the text of the action that the index names.
    for said, name in ((chosen, "action_id"), (rejected, "action_id_rejected")):
        letter = json.loads(said[0]["content"])["answer"]
        assert f"{letter}. Do {row[name]}\n" in trl["prompt"][1]["content"] + "\n"
    target = options.filter(question_id=row["question_id"], is_target=True)["action_id"].item()
    assert row["action_id"] == target
    supervised = lines(made, "trl", "sft.train")[0]
    assert (
        lines(made, "openai", "sft.train")[0]["messages"] == supervised["prompt"] + supervised["completion"]
    )


def test_no_letter_is_right_more_often_than_others(made: Path) -> None:
    said = [
        json.loads(line["completion"][0]["content"])["answer"] for line in lines(made, "trl", "sft.train")
    ]
    counts = pl.Series(said).value_counts()["count"]
    assert len(counts) == 4
    assert counts.min() > 0.15 * len(said)


def test_loaders_read_the_files_as_trainers_do(made: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    from datasets import load_dataset

    found = load_dataset(str(made), "trl_preferences", cache_dir=str(tmp_path))
    assert set(found) == set(SIDES)
    assert set(found["train"].column_names) == {"prompt", "chosen", "rejected"}
    assert found["train"].num_rows == index(made, "preferences.train").height
    supervised = load_dataset(str(made), "trl_sft", cache_dir=str(tmp_path))["train"]
    assert set(supervised.column_names) == {"prompt", "completion"}


def test_what_somebody_declares_decides_and_ties_are_left_out(tmp_path: Path, params) -> None:
    strength = {slug: float(place // 2) for place, slug in enumerate(SLUGS)}
    rule = preference.Rule("declared:her", "what she declares", strength)
    rows = folder.write(source(60), replace(how("value:power", "text"), rule=rule), params, tmp_path / "out")
    part = rows["preferences.train"]
    assert all(strength[a] > strength[b] for a, b in part.select("value", "value_rejected").iter_rows())
    first = lines(tmp_path / "out", "trl", "preferences.train")[0]
    assert first["chosen"][0]["content"] == f"Do {part['action_id'][0]}"
    assert "What should this person do?" in first["prompt"][1]["content"]


def test_a_rule_that_is_none_and_a_respondent_who_declared_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="'value:wealth' is no rule"):
        preference.rule("value:wealth", TEN)
    with pytest.raises(InputError, match="does not exist"):
        preference.rule("declared:nobody", TEN, tmp_path / "scores.parquet")
    with pytest.raises(InputError, match="none of the 2 scenarios is on the side 'test'"):
        split.split(pl.DataFrame({"scenario_id": ["a", "b"]}), 1e-9, 1)


@pytest.mark.parametrize("real", [False, True])
def test_a_release_that_withholds_its_texts_exports_none(
    tmp_path: Path, monkeypatch, params, real: bool
) -> None:
    given = release_params(real=real).model_copy(update={"instruments": params.instruments})
    run = finished_run(tmp_path / "run", given, prefix="x" if real else "valact")
    build(run, given, tmp_path / "release")
    write_params(tmp_path, given)
    monkeypatch.chdir(tmp_path)
    said = valact("export-training", "release", "--out", "out", "--test-share", "0.5").output
    text = "".join(path.read_text() for path in Path("out").rglob("*") if path.is_file())
    assert (SECRET in text) is not real
    assert (tmp_path / "out/trl").exists() is not real
    assert ("withholds" in said) is real
    assert index(tmp_path / "out", "sft.train").height
    assert "cc0-1.0" in (tmp_path / "out/README.md").read_text()
    assert valact("export-training", "release", "--out", "run", fails=True).output.count(
        "holds no training files"
    )
    # A take-down finds the files, and deletes what held the post.
    post = pl.read_csv("out/scenarios.csv")["post_id"][0]
    notes, _ = places.forget(tmp_path, Pending(posts={post}))
    assert (tmp_path / "out").exists() is real
    assert any("training files held these posts" in note for note in notes) is not real


@pytest.fixture(scope="module")
def trained():
    """Before and after a training that turns what is enacted towards what is declared: r rises by far more than .2."""
    rng = np.random.default_rng(5)
    utilities = rng.normal(0, 0.8, 10)
    declared = np.clip(3.8 + 0.2 * utilities + rng.normal(0, 0.7, 10), 1.5, 5.5)
    turned = utilities + 0.9 * (declared - declared.mean())
    what = Truth(np.array([utilities, turned]), np.array([declared, declared]), knows=(0.9, 0.85))
    return study(what, rng, scenarios=200, administrations=10)


def rows_of(scored, *, kept: list[str] | None = None) -> pl.DataFrame:
    from pipeline.compare.sides import on

    sides = [Side(name, name, scored if kept is None else on(scored, kept, name)) for name in ("m00", "m01")]
    return compare(*sides, Analysis(draws=400), TEN, 1)[0]


def test_compare_finds_the_gap_that_a_training_narrowed(trained) -> None:
    row = rows_of(trained).filter(measure="gap").row(0, named=True)
    assert row["estimate_b"] > row["estimate_a"]
    assert row["low"] < row["difference"] < row["high"]
    assert row["low"] > 0
    assert row["p"] < 0.05


def test_compare_keeps_to_the_scenarios_of_the_test(trained, tmp_path: Path) -> None:
    kept = trained.questions["scenario_id"].unique().sort().head(40).to_list()
    rows = rows_of(trained, kept=kept)
    assert rows.filter(measure="gap")["n"].item() == 200
    assert rows.filter(measure="share_of_choices")["n"].max() == 200
    assert rows.filter(measure="adoption_accuracy", value="all")["n"].item() == 200
    with pytest.raises(InputError, match="none of the 1 scenarios of the test was asked about"):
        rows_of(trained, kept=["s0000000fff"])


def test_compare_tells_what_a_training_cost_in_answers(trained) -> None:
    lost = (pl.col("respondent") == "m01") & (pl.col("mode") == "default") & (pl.col("wording") == 1)
    fewer = trained.choices.with_columns(
        status=pl.when(lost).then(pl.lit("refused")).otherwise("status"),
        **{name: pl.when(~lost).then(name) for name in ("letter", "position", "value", "action_id")},
    )
    row = rows_of(replace(trained, choices=fewer)).filter(measure="default_unanswered").row(0, named=True)
    assert (row["estimate_a"], row["estimate_b"]) == (0, 0.5)
    assert rows_of(trained).filter(measure="adoption_unanswered")["difference"].item() == 0
