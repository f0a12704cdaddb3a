"""What a release says of its validation: nobody judged, a trial, experts; and the manifest that publishing reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import polars as pl
import pytest
from services import released
from services.finished_run import finished_run, run_params
from services.raters import Rater
from services.results import results
from services.validated_run import validate_run
from test_release import build

from pipeline import release
from pipeline.core.errors import InputError, ValActError
from pipeline.params import Params
from pipeline.release import funnel, manifest
from pipeline.release.configs import CONFIGS
from pipeline.release.files import sha256
from pipeline.tables import ACTION_STATUSES

GOOD = [Rater(0.97), Rater(0.96), Rater(0.95)]


def with_kind(params: Params, kind: str) -> Params:
    return params.model_copy(update={"validation": params.validation.model_copy(update={"kind": kind})})


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Folder of the release and of its run, by who judged."""
    found = {}
    for who, params, raters in (
        ("nobody", run_params(), []),
        ("trial", run_params(), GOOD),
        ("experts", with_kind(run_params("archive", "withhold", licence="cc-by-4.0"), "experts"), GOOD),
        ("poor experts", with_kind(run_params("archive", "withhold"), "experts"), [Rater(0.6)] * 2),
    ):
        data = finished_run(tmp_path_factory.mktemp("run"), params)
        validate_run(data, params, raters)
        found[who] = build(data, params, tmp_path_factory.mktemp("release") / "valact-15k"), data, params
    return found


def section(folder, title):
    """A section of the card; of validation also what the code book has."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    found = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    if title != "Validation":
        return found
    book = (folder / "CODEBOOK.md").read_text(encoding="utf-8")
    return found + book.split("\n## Validation, value by value\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("who", "said", "not_said"),
    [
        ("nobody", ["**Unvalidated.** There are no judgements yet", "Nobody has judged yet"], ["Gwet"]),
        (
            "trial",
            [
                "**Unvalidated.** This was a trial, no round of experts. The sample's trial round was judged",
                "Gwet's AC1",
            ],
            ["**Validated"],
        ),
        ("experts", ["**Validated.** The raters were experts", "| Universalism | "], ["missing", "trial"]),
        (
            "poor experts",
            ["**Unvalidated.** The raters were experts", "Accuracy is ", "is needed"],
            ["**Validated"],
        ),
    ],
)
def test_the_card_says_who_judged_and_what_is_missing(releases, who, said, not_said):
    folder, _, _ = releases[who]
    text = section(folder, "Validation")
    for words in said:
        assert words in text
    for words in not_said:
        assert words not in text
    limits = section(folder, "Limits")
    assert ("Validated on a sample" in limits) == (who == "experts")
    assert ("Not validated" in limits) == (who != "experts")
    croissant = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    assert any(limits.splitlines()[1].removeprefix("- ") == line for line in croissant["rai:dataLimitations"])


def test_the_cards_figures_are_those_of_the_validation_config(releases):
    folder, _, _ = releases["experts"]
    rows = pl.read_parquet(folder / "validation/test.parquet")
    regular = rows.filter(
        (pl.col("task") == "value") & ~pl.col("distractor") & (pl.col("status") == "judged")
    )
    share = regular["matches"].mean()
    text = section(folder, "Validation")
    assert f"| accuracy, by judgement | {100 * share:.1f} % |" in text
    assert (
        f"{rows['rater'].n_unique()} raters gave {rows.filter(pl.col('status') == 'judged').height} judgements"
        in text
    )
    for value, (matching, n) in {
        value: (group["matches"].sum(), group.height) for (value,), group in regular.group_by("intended")
    }.items():
        name = value.replace("self_direction", "self-direction").capitalize()
        assert any(
            line.startswith(f"| {name} | {100 * matching / n:.1f} % |") and line.endswith(f"| {n} |")
            for line in text.splitlines()
        ), value
    checks = rows.filter("distractor")
    assert set(checks["intended"]) == {"none"}
    assert set(rows["raters"]) == {"experts"}
    assert rows["matches"].null_count() == rows.filter(pl.col("status") == "skipped").height


def test_each_action_carries_its_status(releases):
    for who, statuses in (("nobody", {"not_sampled"}), ("experts", {"not_sampled", "confirmed"})):
        actions = pl.read_parquet(releases[who][0] / "actions/test.parquet")
        assert statuses <= set(actions["validation"]) <= set(ACTION_STATUSES)
    book = (releases["experts"][0] / "CODEBOOK.md").read_text(encoding="utf-8")
    assert all(f"| `{status}` |" in book for status in ACTION_STATUSES)


def test_nobody_is_told_of_but_by_an_anonymous_id_and_comments_stay_out(releases):
    columns = pl.read_parquet_schema(releases["experts"][0] / "validation/test.parquet")
    assert "comment" not in columns
    assert columns["rater"] == pl.String


def test_a_release_that_nobody_judged_loads_and_holds_an_empty_table(releases, tmp_path):
    folder, _, _ = releases["nobody"]
    empty = pl.read_parquet(folder / "validation/test.parquet")
    assert empty.height == 0
    assert empty.columns == list(CONFIGS["validation"].columns())
    script = (
        "from datasets import get_dataset_config_names as names, load_dataset\n"
        "found = names('valact-15k')\n"
        "print(sorted(found), [load_dataset('valact-15k', n, split='test').num_rows > 0 for n in found])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder.parent,
        env=os.environ | {"HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(sorted(set(CONFIGS) - {"validation"})))
    assert "False" not in done.stdout
    assert "`load_dataset` does not offer it" in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("who", ["nobody", "trial", "experts", "poor experts"])
def test_the_manifest_says_what_publishing_asks(releases, who):
    folder, data, params = releases[who]
    found = manifest.read(folder)
    assert (found.name, found.version, found.schema_version) == (
        "ValAct-15k",
        "0.2.0",
        manifest.SCHEMA_VERSION,
    )
    assert (found.sample, found.text) == (params.scrape.source == "sample", params.release.text)
    assert found.validated == (who == "experts") == (not found.missing)
    assert found.figures == json.loads((data / "validate/gate.json").read_text())["figures"]
    assert set(found.configs) == set(CONFIGS)
    for name, config in found.configs.items():
        file = folder / name / "test.parquet"
        assert (config.rows, config.sha256) == (pl.read_parquet(file).height, sha256(file))
    assert "release.json" in (folder / "SHA256SUMS").read_text()
    assert json.loads((folder / manifest.FILE).read_text()) == json.loads(found.json())


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"name": "x"}'])
def test_a_folder_without_a_readable_manifest_is_one_error(tmp_path, broken):
    with pytest.raises(InputError, match="no release folder"):
        manifest.read(tmp_path)
    (tmp_path / manifest.FILE).write_text(broken)
    with pytest.raises(InputError, match="build the release again"):
        manifest.read(tmp_path)


def _stray(column):
    def change(tables):
        row = pl.int_range(pl.len()) == tables["validation"][column].is_not_null().arg_max()
        stray = {
            "scenario_id": "s0000000000",
            "question_id": "s0000000000.q1",
            "action_id": "s0000000000.power.x",
        }
        changed = pl.when(row).then(pl.lit(stray[column])).otherwise(column).alias(column)
        return tables | {"validation": tables["validation"].with_columns(changed)}

    return change


def _all_confirmed(tables):
    return tables | {"actions": tables["actions"].with_columns(validation=pl.lit("confirmed"))}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_stray("scenario_id"), "scenario_id that is not in config scenarios"),
        (_stray("action_id"), "action_id that is not in config actions"),
        (_stray("question_id"), "question_id that is not in config questions"),
        (_all_confirmed, "verdict without judgements"),
    ],
)
def test_judgements_that_do_not_join_stop_the_release(releases, tmp_path, change, said):
    from pipeline.verdict import gate

    _, data, params = releases["trial"]
    with pytest.raises(ValActError, match=said):
        release.build(
            change(released.configs_of(data, params, results())),
            funnel.count(data, params),
            params,
            tmp_path / "valact-15k",
            verdict=gate.read(data / "validate/gate.json"),
        )
    assert not (tmp_path / "valact-15k").exists()
