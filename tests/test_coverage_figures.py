"""The coverage that docs/statistics.md states is that which the benchmarks measured."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from services.project import ROOT

sys.path.insert(0, str(ROOT))
from benchmarks import cluster, planted, scale


def test_figures_of_the_docs_are_those_of_the_benchmark(root: Path) -> None:
    measured = json.loads((root / "benchmarks/results/foreign.json").read_text())
    docs = (root / "docs/statistics.md").read_text().split("## Other generators")[1]
    stated = re.findall(r"(\d?\.\d{3}) ± (\d?\.\d{3})", docs)
    known = {
        (f"{figures['share']:.3f}".removeprefix("0"), f"{figures['standard_error']:.3f}".removeprefix("0"))
        for part in ("coverage", "rejections")
        for of in measured[part].values()
        for figures in of.values()
    }
    assert len(stated) > 40
    assert set(stated) <= known


def test_hours_and_money_of_a_full_archive_are_computed_from_measured_rates(root: Path) -> None:
    docs = (root / "docs/scale.md").read_text(encoding="utf-8")
    assert f"\n{scale.table()}\n" in docs
    large = json.loads((root / "benchmarks/results/duplicates.json").read_text())["large"]
    assert large["posts"] == 1_000_000
    assert f"posts took {large['megabytes']} MB above the posts" in docs


def test_planted_effects_are_found_as_the_docs_say_and_nothing_where_nothing_was_planted(root: Path) -> None:
    assert f"\n{planted.table()}\n" in (root / "docs/questions.md").read_text(encoding="utf-8")
    text = " ".join((root / "docs/questions.md").read_text(encoding="utf-8").split())
    sizes = planted.SCENARIOS, planted.OF_LANGUAGES, planted.OF_TRAINING, planted.ADMINISTRATIONS
    said = "A study has {} scenarios, on languages {}, on training {} and {} administrations of the questionnaire."
    assert said.format(*sizes) in text
    rows = json.loads(planted.RESULTS.read_text(encoding="utf-8"))
    assert {row["question"] for row in rows} == set(planted.QUESTIONS)
    for row in rows:
        assert row["runs"] >= 400
        assert row["found"] > 0.8 if row["planted"] else row["found"] <= 0.07, row
        # A track gives no interval, and bounds false alarms from above.
        if row["question"].startswith("track"):
            assert row["covers"] is None
        else:
            assert 0.92 < row["covers"] < 0.98, row
            assert row["planted"] or row["found"] >= 0.03, row


def test_what_a_cluster_was_measured_at_is_in_its_page(root: Path) -> None:
    results = json.loads((root / "benchmarks/results/cluster.json").read_text())
    docs = (root / "docs/scale.md").read_text(encoding="utf-8")
    assert cluster.told(results) in docs
    assert results["bytes"]["sha256"] == results["bytes"]["sha256_local"]
    assert all(not found["differ"] for found in results["kills"].values() if isinstance(found, dict))
