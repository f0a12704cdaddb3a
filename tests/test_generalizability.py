"""Variance components of designs that are known, and a plan held against simulated respondents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from services.simulated_study import study, truth

from pipeline.analyse import profiles
from pipeline.analyse.agents import Agents
from pipeline.analyse.answers import encode
from pipeline.analyse.bootstrap import Draws
from pipeline.analyse.generalizability import components, half_width, needed, variance_components
from pipeline.analyse.notes import Notebook
from pipeline.cli import main
from pipeline.tables import VarianceComponents, write_table
from pipeline.values import load as load_inventory

TEN = load_inventory("schwartz10")
FACETS = ("respondent", "scenario", "wording")


def test_components_are_those_that_the_design_was_made_of() -> None:
    rng = np.random.default_rng(1)
    true = {("respondent",): 1.0, ("scenario",): 0.5, ("respondent", "scenario"): 0.8, FACETS: 0.3}
    sizes = dict(zip(FACETS, (30, 40, 3), strict=True))
    cells = np.zeros((*sizes.values(), 20))
    for of, variance in true.items():
        shape = [sizes[facet] if facet in of else 1 for facet in FACETS]
        cells = cells + rng.normal(0, variance**0.5, (*shape, 20))
    found = components(cells, FACETS)
    assert len(found) == 7
    for of, variance in found.items():
        assert variance == pytest.approx(true.get(of, 0), abs=0.12), of


def test_a_balanced_table_by_hand() -> None:
    """Two by two: 1 2 / 3 6. Mean squares 9, 4 and 1: components (9 - 1) / 2, (4 - 1) / 2 and 1."""
    found = components(np.array([[[1.0], [2.0]], [[3.0], [6.0]]]), ("item", "rater"))
    assert found == pytest.approx({("item",): 4.0, ("rater",): 1.5, ("item", "rater"): 1.0})


def test_a_plan_is_what_a_study_of_simulated_respondents_has() -> None:
    """Components of one study say how wide the bootstrap's intervals of another, larger one are."""
    rng = np.random.default_rng(7)
    what = truth(3, rng)
    first, second = (study(what, rng, scenarios=n, wordings=2, modes=("default",)) for n in (120, 240))
    coded = encode(first.choices, first.options, first.questions, TEN)
    table = variance_components(coded, {}, Agents.of(first.respondents))
    alone = table.filter(pl.col("respondent") != "all", pl.col("facet") != "order")
    means = alone.group_by("facet").agg(pl.col("variance").mean()).iter_rows()
    found = {tuple(facet.split(" x ")): variance for facet, variance in means}
    assert found["scenario",] > 0
    expected = half_width(found, {"scenario": 240, "wording": 2}, ("scenario",), 0.95)
    coded = encode(second.choices, second.options, second.questions, TEN)
    rows = profiles.profiles(coded, Draws.of(240, 400, 0.95, 1), Notebook())
    rows = rows.filter(pl.col("category") == "all", pl.col("wording") == 0)
    assert (rows["high"] - rows["low"]).mean() / 2 == pytest.approx(expected, rel=0.12)
    n = needed(found, {"wording": 2}, "scenario", ("scenario",), 2 * expected, 0.95, most=10_000)
    assert n == pytest.approx(240, abs=1)
    assert needed(found, {"wording": 2}, "scenario", ("scenario", "wording"), 1e-6, 0.95, most=10_000) is None


def test_the_plan_on_the_command_line(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params.yaml").write_text((root / "profiles/sample.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["plan"])
    assert done.exit_code == 1
    assert "dvc repro analyse" in done.output
    rows = [
        {
            "kind": "model",
            "respondent": who,
            "instrument": "questions",
            "facet": facet,
            "levels": 9,
            "variance": v,
        }
        for who, facet, v in (
            ("m", "scenario", 0.01),
            ("m", "scenario x wording", 0.01),
            ("all", "respondent", 0.01),
            ("all", "scenario", 0.01),
        )
    ]
    (tmp_path / "data/analyse").mkdir(parents=True)
    write_table(VarianceComponents, rows, tmp_path / "data/analyse/components.parquet")
    done = CliRunner().invoke(main, ["plan", "--width", "0.1"])
    assert done.exit_code == 0, done.output
    # 2 t sqrt(.02 / n) is .1003 for n = 33 and .0987 for 34; for five respondents 2 t sqrt(.01 / 5) is beyond .1.
    assert any(line.split()[:2] == ["model", "34"] for line in done.output.splitlines()), done.output
    assert "never" in done.output
