"""The lens's release: load_dataset loads it, and `valact release verify` finds what somebody changed."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.lens import places
from pipeline.lens.release.configs import CONFIGS
from pipeline.lens.release.step import FOLDER
from pipeline.lens.verify import is_lens, verify
from pipeline.release.files import write_checksums
from pipeline.tables import read_table


@pytest.fixture
def copy(lens_run, tmp_path):
    return shutil.copytree(lens_run / FOLDER, tmp_path / "copy")


def problems(folder):
    return {result.name: result.problems for result in verify(folder) if not result.passed}


def test_load_dataset_loads_every_config(lens_run, tmp_path, monkeypatch):
    from datasets import load_dataset

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = str(lens_run / FOLDER)
    rows = {
        name: load_dataset(folder, name, split="test", cache_dir=str(tmp_path)).num_rows for name in CONFIGS
    }
    assert rows == {
        "pairs": 38,
        "actions": 80,
        "scenarios": 4,
        "ratings": 1920,
        "choices": 456,
        "validation": 60,
    }
    pair = load_dataset(folder, split="test", cache_dir=str(tmp_path))[0]
    texts = dict(
        read_table(places.ACTIONS.schema, places.ACTIONS.path(lens_run))
        .select("action_id", "text")
        .iter_rows()
    )
    assert (pair["expresses"], pair["opposes"]) == (texts[pair["expresses_id"]], texts[pair["opposes_id"]])


def test_the_release_passes_its_checks_and_the_command_says_so(copy):
    assert is_lens(copy)
    assert problems(copy) == {}
    said = CliRunner().invoke(main, ["release", "verify", str(copy)])
    assert said.exit_code == 0, said.output
    assert "ok          pairs and actions" in said.output


def test_no_refusal_is_in_a_pair_and_the_card_counts_them(copy):
    shown = pl.read_parquet(copy / "pairs/test.parquet")
    refused = pl.read_parquet(copy / "actions/test.parquet").filter(pl.col("status") == "refused")[
        "action_id"
    ]
    assert refused.len() == 2
    assert not set(refused) & {*shown["expresses_id"], *shown["opposes_id"]}
    card = (copy / "README.md").read_text()
    assert "| refused | opposes | 2 |" in card
    assert "**38 pairs** of 4 scenarios, with 80 actions" in card


def rewritten(folder, config, change):
    """Changes a table, with checksums that say nothing of it."""
    path = folder / config / "test.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    write_checksums(folder)


@pytest.mark.parametrize(
    ("config", "change", "check", "said"),
    [
        ("pairs", lambda t: t.with_columns(opposes=pl.lit("I do nothing.")), "pairs and actions", "opposes"),
        ("pairs", lambda t: t.head(30), "pairs and actions", "has two actions of a value, and no pair"),
        (
            "scenarios",
            lambda t: t.with_columns(country=pl.lit("Peru")),
            "keys and joins",
            "country and topic",
        ),
        ("actions", lambda t: t.filter(pl.col("status") == "ok"), "keys and joins", "with one stance only"),
        ("choices", lambda t: t.with_columns(status=pl.lit("maybe")), "schemas", "config choices"),
        ("ratings", lambda t: t.drop("raw"), "schemas", "config ratings: other columns than its schema: raw"),
    ],
)
def test_a_changed_table_is_found(copy, config, change, check, said):
    rewritten(copy, config, change)
    found = problems(copy)
    assert any(said in problem for problem in found[check])


def test_other_axes_counts_and_files_are_found(copy):
    manifest = json.loads((copy / "release.json").read_text())
    (copy / "release.json").write_text(json.dumps(manifest | {"countries": ["Germany", "Peru"]}))
    card = (copy / "README.md").read_text()
    (copy / "README.md").write_text(card.replace("**38 pairs**", "**39 pairs**"))
    (copy / "more").mkdir()
    (copy / "more/test.parquet").write_bytes(b"")
    found = problems(copy)
    assert set(found) == {"checksums", "schemas", "card", "croissant", "release.json"}
    assert "countries: release.json and the data differ in Peru, Uganda" in found["release.json"]
    assert CliRunner().invoke(main, ["release", "verify", str(copy)]).exit_code == 1
