"""The release folder: what the tools that read it see, that it is whole, true and the same each time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlcroissant as mlc
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from services import released
from services.finished_run import SECRET, finished_run, run_params
from services.raters import Rater
from services.results import answers, item_quality, results
from services.validated_run import validate_run
from services.values import VALUES

from pipeline import release
from pipeline.core.errors import InputError, ParamsError, ValActError
from pipeline.params import Params
from pipeline.release import checks, funnel, vocabulary
from pipeline.release.configs import CONFIGS
from pipeline.release.dealt import Dealt
from pipeline.release.fields import fields
from pipeline.tables import (
    ACTION_CHECKS,
    RESPONSE_STATUSES,
    Actions,
    Questions,
    read_table,
    write_table,
)
from pipeline.verdict import gate

ROWS = {
    "questions": 30,
    "authored": 30,
    "benchmark": 30,
    "options": 120,
    "scenarios": 6,
    "actions": 120,
    "filter_votes": 34,
    "validation": 369,
    "results": 13,
    "answers": 60,
    "item_quality": 30,
}
# Of invented scenarios only.
INVENTED = ("authored", "benchmark")
NAMES = [
    *("CHANGELOG.md", "CODEBOOK.md", "LICENSE", "README.md", "SHA256SUMS", "croissant.json", "release.json"),
    "eval.yaml",
    *("figures/values.png", "leaderboard/README.md", "leaderboard/index.html"),
    *("README.md", "inspect_tasks.py", "valact.py", "valact.yaml", "valact_default.yaml"),
    *("valact_authored_default.yaml", "valact_authored_selection.yaml"),
    *("valact_selection.yaml", "valact_selection_mc.yaml", "values.json"),
]


def build(data: Path, params: Params, folder: Path) -> Path:
    questions = read_table(Questions, data / "assemble/questions.parquet")
    tables = {"answers": answers(questions), "item_quality": item_quality(questions)}
    return released.build(data, params, folder, results=results(), **tables)


@pytest.fixture(scope="module")
def params() -> Params:
    return run_params()


@pytest.fixture(scope="module")
def withholding() -> Params:
    return run_params(source="archive", text="withhold", licence="cc-by-4.0")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, params: Params) -> Path:
    folder = finished_run(tmp_path_factory.mktemp("run"), params)
    validate_run(folder, params, [Rater(0.9), Rater(0.8, skips=0.1), Rater(0.7, attention=0.5)])
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, data: Path, params: Params) -> Path:
    return build(data, params, tmp_path_factory.mktemp("release") / "valact-15k")


@pytest.fixture(scope="module")
def withheld(tmp_path_factory: pytest.TempPathFactory, data: Path, withholding: Params) -> Path:
    return build(data, withholding, tmp_path_factory.mktemp("withheld") / "valact-15k")


@pytest.fixture(scope="module")
def loaded(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a fresh process with ``datasets``, offline, makes of the folder."""
    script = """
import json
from datasets import get_dataset_config_names, load_dataset, load_dataset_builder
names = get_dataset_config_names("valact-15k")
out = {"default": load_dataset("valact-15k", split="test")[0], "names": names, "configs": {}}
for name in names:
    dataset = load_dataset("valact-15k", name)
    streamed = load_dataset("valact-15k", name, split="test", streaming=True)
    out["configs"][name] = {
        "splits": list(dataset),
        "rows": dataset["test"].num_rows,
        "streamed": sum(1 for _ in streamed),
        "columns": dataset["test"].column_names,
        "bytes": dataset["test"].info.splits["test"].num_bytes,
        "as_claimed": dataset["test"].features == load_dataset_builder("valact-15k", name).info.features,
    }
print(json.dumps(out))
"""
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path_factory.mktemp("hf")),
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def front_matter(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def test_load_dataset_reads_every_config_by_name_and_streaming(loaded: dict[str, Any]) -> None:
    assert sorted(loaded["names"]) == sorted(CONFIGS)
    for name, found in loaded["configs"].items():
        assert found["splits"] == ["test"]
        assert (found["rows"], found["streamed"]) == (ROWS[name], ROWS[name])
        assert found["columns"] == list(CONFIGS[name].columns())
        assert found["as_claimed"]


def test_sizes_in_the_card_are_those_that_datasets_counts(folder: Path, loaded: dict[str, Any]) -> None:
    claimed = {
        info["config_name"]: info["splits"][0]["num_bytes"] for info in front_matter(folder)["dataset_info"]
    }
    assert claimed == {name: found["bytes"] for name, found in loaded["configs"].items()}


def test_the_default_config_has_the_whole_question(loaded: dict[str, Any]) -> None:
    question = loaded["default"]
    options = question["options"]
    assert [option["label"] for option in options] == list("ABCD")
    assert [option["position"] for option in options] == [1, 2, 3, 4]
    assert SECRET in question["text"]
    target = options[question["target_position"] - 1]
    assert (target["value"], target["action_id"]) == (
        question["target_value"],
        question["target_action_id"],
    )


def test_polars_reads_every_config_and_the_joins_hold(folder: Path) -> None:
    tables = {name: pl.read_parquet(folder / name / "test.parquet") for name in CONFIGS}
    assert {name: table.height for name, table in tables.items()} == ROWS

    options = tables["options"]
    nested = tables["questions"].select("question_id", "options").explode("options").unnest("options")
    assert nested.sort("question_id", "position").equals(options.select(nested.columns))
    with_action = options.join(
        tables["actions"], on=["action_id", "scenario_id", "value", "generator", "text"], how="inner"
    )
    assert with_action.height == options.height
    votes = tables["filter_votes"]
    assert set(votes.drop_nulls("scenario_id")["scenario_id"]) == set(tables["scenarios"]["scenario_id"])
    assert votes["scenario_id"].null_count() > 0


def test_neither_exact_times_nor_request_keys_nor_scores_are_released(folder: Path) -> None:
    columns = {name: set(pl.read_parquet_schema(folder / name / "test.parquet")) for name in CONFIGS}
    for found in columns.values():
        assert not found & {"author", "created_at", "score", "title", "request_key"}
    for name in CONFIGS:
        kinds = pl.read_parquet_schema(folder / name / "test.parquet").values()
        assert not any(kind.is_temporal() for kind in kinds)


def test_two_builds_give_the_same_bytes(data: Path, params: Params, folder: Path, tmp_path: Path) -> None:
    again = build(data, params, tmp_path / "elsewhere" / "valact-15k")

    assert read_all(again) == read_all(folder)


def test_the_folder_holds_what_it_should_and_nothing_else(folder: Path) -> None:
    found = [name.removeprefix("evaluators/") for name in read_all(folder)]
    assert sorted(found) == sorted([*NAMES, *(f"{name}/test.parquet" for name in CONFIGS)])
    assert [path.name for path in folder.parent.iterdir()] == ["valact-15k"]


def test_checksums_cover_every_other_file(folder: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    named = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert named == set(read_all(folder)) - {"SHA256SUMS"}


@pytest.mark.parametrize("kind", ["folder", "withheld"])
def test_croissant_is_valid_and_its_records_are_readable(kind: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(kind)
    dataset = mlc.Dataset(jsonld=folder / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors

    for name, schema in CONFIGS.items():
        records = list(dataset.records(name))
        # The sample is invented; where its texts are withheld all the same, no question may be asked without them.
        assert len(records) == (0 if kind == "withheld" and name in INVENTED else ROWS[name])
        columns = [column for column in schema.columns() if column not in ("options", "choices")]
        assert all(list(record) == [f"{name}/{column}" for column in columns] for record in records)
        table = pl.read_parquet(folder / name / "test.parquet")
        read = [tuple(_plain(value) for value in record.values()) for record in records]
        assert sorted(read, key=repr) == sorted(table.select(columns).rows(), key=repr)


def test_croissant_has_a_hash_of_every_file_and_rai_fields(folder: Path) -> None:
    croissant = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))

    hashes = {file["contentUrl"]: file["sha256"] for file in croissant["distribution"]}
    written_later = {"croissant.json", "SHA256SUMS"}
    assert hashes == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in read_all(folder).items()
        if name not in written_later
    }
    for name in (
        "dataCollection",
        "dataBiases",
        "personalSensitiveInformation",
        "dataUseCases",
        "dataLimitations",
        "annotationsPerItem",
        "dataSocialImpact",
    ):
        assert croissant[f"rai:{name}"]


def test_the_card_counts_what_the_files_hold(folder: Path) -> None:
    card = front_matter(folder)
    infos = {info["config_name"]: info for info in card["dataset_info"]}
    assert [config["config_name"] for config in card["configs"] if config.get("default")] == ["questions"]
    for name, info in infos.items():
        file = folder / name / "test.parquet"
        (split,) = info["splits"]
        assert split["num_examples"] == pq.read_metadata(file).num_rows == ROWS[name]
        assert split["num_bytes"] == info["dataset_size"] == pq.read_table(file).nbytes
        assert info["download_size"] == file.stat().st_size
    body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    assert "**30 questions** about 6 scenarios, with 120 actions" in body
    assert "| **All** | 6 | 30 |" in (folder / "CODEBOOK.md").read_text(encoding="utf-8")
    assert "$" not in body


def test_the_card_speaks_of_the_sample_only_for_the_sample(folder: Path, withheld: Path) -> None:
    sample, real = ((f / "README.md").read_text(encoding="utf-8") for f in (folder, withheld))

    assert "not Reddit posts" in sample.split("## Load it")[0]
    assert "CC0 1.0" in sample.split("## Load it")[0]
    for text in (real, (withheld / "croissant.json").read_text(), (withheld / "LICENSE").read_text()):
        assert "built-in sample" not in text.lower()
        assert "demonstration" not in text.lower()
        assert "by the authors of the ValAct" not in text
    assert "withheld" in real
    assert "withheld" not in sample
    assert front_matter(withheld)["license"] == "cc-by-4.0"


def test_withheld_text_is_nowhere(withheld: Path) -> None:
    for name, content in read_all(withheld).items():
        assert SECRET.encode() not in content, name
    # Parquet compresses: look at the values too.
    for name in CONFIGS:
        table = pl.read_parquet(withheld / name / "test.parquet")
        assert SECRET not in table.write_json()
    for name in ("questions", "scenarios"):
        table = pl.read_parquet(withheld / name / "test.parquet")
        assert table.schema["text"] == pl.String
        assert table["text"].null_count() == table.height
    scenarios = pl.read_parquet(withheld / "scenarios/test.parquet")
    assert (
        scenarios.select("post_id", "source_sha256", "text_sha256").null_count().sum_horizontal().item() == 0
    )


def test_included_text_is_the_text_that_was_hashed(folder: Path) -> None:
    scenarios = pl.read_parquet(folder / "scenarios/test.parquet")
    for text, digest in scenarios.select("text", "text_sha256").iter_rows():
        assert hashlib.sha256(text.encode()).hexdigest() == digest


@pytest.mark.parametrize("source", ["archive", "praw"])
def test_text_of_real_posts_cannot_be_included(source: str, data: Path, tmp_path: Path) -> None:
    params = run_params(source=source, text="include")

    with pytest.raises(ParamsError, match=r"release\.text: 'include' is not allowed") as error:
        build(data, params, tmp_path / "valact-15k")

    assert error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_real_posts_cannot_pass_for_the_sample(tmp_path: Path) -> None:
    pl.DataFrame({"post_id": ["valactc01", "hx2k9a"]}).write_parquet(tmp_path / "posts.parquet")

    with pytest.raises(InputError, match="1 posts are not the sample's, such as 'hx2k9a'"):
        checks.posts_are_the_samples(tmp_path / "posts.parquet")


def test_an_unknown_licence_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"release\.licence: 'wtf' is not known; known are cc0"):
        build(data, run_params(licence="wtf"), tmp_path / "valact-15k")


def test_an_option_without_its_action_is_an_error(data: Path, tmp_path: Path) -> None:
    params = run_params()
    copied = tmp_path / "data"
    shutil.copytree(data, copied)
    path = copied / "assemble/actions.parquet"
    write_table(Actions, read_table(Actions, path).head(-1), path)

    with pytest.raises(InputError, match="release config"):
        released.configs_of(copied, params, results())


Change = Callable[[dict[str, pl.DataFrame]], dict[str, pl.DataFrame]]


def _first(table: pl.DataFrame, **values: Any) -> pl.DataFrame:
    """The table with values of its first row replaced."""
    return (
        table.with_row_index("row")
        .with_columns(
            **{
                name: pl.when(pl.col("row") == 0).then(pl.lit(value)).otherwise(pl.col(name))
                for name, value in values.items()
            }
        )
        .drop("row")
    )


def _swap_actions_of_two_scenarios(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    options = tables["options"]
    one = options.row(0, named=True)
    other = options.filter(
        (pl.col("scenario_id") != one["scenario_id"])
        & (pl.col("value") == one["value"])
        & (pl.col("generator") == one["generator"])
    ).row(0, named=True)
    swapped = {one["action_id"]: other["action_id"], other["action_id"]: one["action_id"]}
    return tables | {"options": options.with_columns(pl.col("action_id").replace(swapped))}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t | {"options": t["options"].head(-1)}, "four options"),
        (lambda t: t | {"questions": t["questions"].head(-1)}, "is in config options only"),
        (lambda t: t | {"actions": t["actions"].head(-1)}, "does not have 20 actions"),
        (lambda t: t | {"scenarios": t["scenarios"].head(-1)}, "is in config questions only"),
        (
            lambda t: t | {"options": _first(t["options"], action_id=t["options"]["action_id"][1])},
            "is not shown exactly once",
        ),
        (
            lambda t: t | {"options": _first(t["options"], value=t["options"]["value"][1])},
            "four options of four different values",
        ),
        (_swap_actions_of_two_scenarios, "under another scenario"),
        (
            lambda t: (
                t
                | {
                    "questions": _first(
                        t["questions"], target_position=t["questions"]["target_position"][0] % 4 + 1
                    )
                }
            ),
            "another target",
        ),
        (lambda t: {name: table.clear() for name, table in t.items()}, "no scenario to release"),
    ],
    ids=["option", "question", "action", "scenario", "twice", "value", "swapped", "target", "empty"],
)
def test_an_unsound_deal_is_refused_and_the_old_release_stays(
    change: Change, message: str, data: Path, params: Params, tmp_path: Path
) -> None:
    folder = tmp_path / "valact-15k"
    folder.mkdir()
    (folder / "README.md").write_text("the last release")

    with pytest.raises(ValActError, match=message):
        release.build(
            change(released.configs_of(data, params, results())),
            funnel.count(data, params),
            params,
            folder,
            verdict=gate.read(data / "validate/gate.json"),
        )

    assert read_all(tmp_path) == {"valact-15k/README.md": b"the last release"}


def test_every_value_twice_a_scenario_is_checked(data: Path, params: Params) -> None:
    tables = released.configs_of(data, params, results())
    options = tables["options"]
    # Exchange the values of two options such that every question keeps four different ones.
    home = options.filter(pl.col("scenario_id") == options["scenario_id"][0])
    question = home.filter(pl.col("question_id") == home["question_id"][0])
    absent = next(v.slug for v in VALUES if v.slug not in question["value"].to_list())
    changed = _first(options, value=absent)

    with pytest.raises(ValActError, match="every value twice"):
        checks.must_hold(checks.deal_faults(tables | {"options": changed}, Dealt.of(params)))


def test_a_card_that_does_not_fit_the_files_is_refused(folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "valact-15k"
    shutil.copytree(folder, copied)
    assert list(checks.card_faults(copied)) == []
    card = copied / "README.md"
    card.write_text(card.read_text().replace("num_examples: 30\n", "num_examples: 31\n"))

    with pytest.raises(ValActError, match="config questions: the card claims"):
        checks.must_hold(checks.card_faults(copied))


def test_a_stop_in_the_middle_leaves_the_old_release(
    data: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(data, params, tmp_path / "valact-15k")
    before = read_all(tmp_path)

    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(release, "croissant", stop)
    with pytest.raises(KeyboardInterrupt):
        build(data, params, folder)

    assert read_all(tmp_path) == before


def test_what_a_killed_run_left_is_cleared_and_replaced(data: Path, params: Params, tmp_path: Path) -> None:
    for name in (".valact-15k.new", ".valact-15k.old", "valact-15k"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half.parquet").write_text("half")

    build(data, params, tmp_path / "valact-15k")

    assert [path.name for path in tmp_path.iterdir()] == ["valact-15k"]
    assert "valact-15k/half.parquet" not in read_all(tmp_path)


def test_the_code_book_describes_every_field_value_and_code(folder: Path) -> None:
    book = (folder / "CODEBOOK.md").read_text(encoding="utf-8")

    for name in CONFIGS:
        assert f"### `{name}`" in book
        for field in fields(name):
            assert f"| `{field.name}` |" in book
            assert field.description
    for value in VALUES:
        assert f"| `{value.slug}` | {value.name} |" in book
        assert value.definition in book
    assert set(vocabulary.STATUSES) == set(RESPONSE_STATUSES)
    assert set(vocabulary.CHECKS) == set(ACTION_CHECKS)
    assert vocabulary.UNKNOWN not in book
    assert "| filter | `too_short` | fewer words than the limit | 4 |" in book


def test_a_code_that_nobody_described_is_still_listed(
    data: Path, params: Params, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(vocabulary.REASONS["filter"], "too_short")

    book = (build(data, params, tmp_path / "valact-15k") / "CODEBOOK.md").read_text(encoding="utf-8")

    assert f"| filter | `too_short` | {vocabulary.UNKNOWN} | 4 |" in book


def read_all(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
