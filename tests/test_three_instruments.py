"""PVQ-40, PVQ-21 and PVQ-RR chosen in params by name: administered, scored, analysed and reported side by side; and the
instrument of the documentation, which is one file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
import yaml
from services.material import material, write_material
from services.runs import run_params

from pipeline import instruments
from pipeline.administer.respondents.simulated import Settings
from pipeline.administer.step import STEP as ADMINISTER
from pipeline.analyse.step import STEP as ANALYSE
from pipeline.params import PARAMS_FILE, Params, parse
from pipeline.params.analysis import Analysis
from pipeline.params.evaluation import Administer, Given
from pipeline.report.step import STEP as REPORT
from pipeline.score.step import STEP as SCORE
from pipeline.step import Job, Step

NAMES = ("pvq21", "pvq40", "pvq_rr")
TITLES = {"pvq21": "PVQ-21", "pvq40": "PVQ-40", "pvq_rr": "PVQ-RR"}
RESPONDENTS = ("one", "two", "three")


DOCS = Path(__file__).parent.parent / "docs/instruments.md"


def run(step: Step, params: Params, root: Path) -> None:
    for part in step.parts(params):
        step.make(Job(step, params, part, root=root))


def built(root: Path, names: Sequence[str]) -> Path:
    """The tables and the report of three simulated respondents who are given these instruments."""
    write_material(material(12), root / "data/assemble")
    params = run_params(root, {}).model_copy(
        update={
            "respondents": {
                name: Settings(kind="simulated", profile=n, agreement=1, noise=0)
                for n, name in enumerate(RESPONDENTS)
            },
            "administer": Administer(modes=("default",), wordings=2),
            "instruments": {name: Given(shuffles=3) for name in names},
            "analysis": Analysis(draws=200),
        }
    )
    for step in (ADMINISTER, SCORE, ANALYSE, REPORT):
        run(step, params, root)
    return root / "data"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("three"), NAMES)


def table(data: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(data / f"{name}.parquet")


def test_every_item_of_every_instrument_is_asked_and_scored(data: Path) -> None:
    asked = table(data, "score/instrument_answers").group_by("instrument").len()
    assert dict(asked.iter_rows()) == {"pvq21": 3 * 6 * 21, "pvq40": 3 * 6 * 40, "pvq_rr": 3 * 6 * 57}
    scored = table(data, "score/instrument_scores").group_by("instrument").len()
    assert dict(scored.iter_rows()) == {"pvq21": 3 * 6 * 10, "pvq40": 3 * 6 * 10, "pvq_rr": 3 * 6 * 19}


def test_answers_of_the_pvq21_are_coded_the_other_way_and_its_scores_are_not(data: Path) -> None:
    answers = table(data, "score/instrument_answers")
    scores = table(data, "score/instrument_scores").filter(pl.col("excluded").is_null())
    by_name = {}
    for name in ("pvq21", "pvq40"):
        value_of = instruments.load(name).value_of
        raw = answers.filter(instrument=name).with_columns(value=pl.col("item").replace_strict(value_of))
        raw = raw.group_by("respondent", "value").agg(raw=pl.col("answer").mean())
        mean = scores.filter(instrument=name).group_by("respondent", "value").agg(pl.col("mean").mean())
        both = raw.join(mean, on=["respondent", "value"], validate="1:1")
        by_name[name] = both.select(pl.corr("raw", "mean")).item()
    assert by_name["pvq21"] < -0.95
    assert by_name["pvq40"] > 0.95


def test_all_three_find_the_same_values_in_a_respondent(data: Path) -> None:
    """Strengths are one and the same for all: profiles agree, the 19 through the values that they lie within."""
    declared = table(data, "analyse/declared").filter(level="basic")
    ten = declared.filter(pl.col("instrument") != "pvq_rr")
    fine = declared.filter(instrument="pvq_rr")
    inventory = instruments.load("pvq_rr").inventory
    within = {value.slug: value.within for value in inventory.values if value.within}
    coarse = (
        fine.filter(pl.col("value").is_in(list(within)))
        .with_columns(value=pl.col("value").replace_strict(within))
        .group_by("respondent", "instrument", "value")
        .agg(pl.col("mean").mean())
    )
    wide = pl.concat([ten.select(coarse.columns), coarse]).pivot(
        on="instrument", index=["respondent", "value"], values="mean"
    )
    assert wide.height == 3 * 10
    for a, b in (("pvq40", "pvq21"), ("pvq40", "pvq_rr")):
        assert wide.select(pl.corr(a, b)).item() > 0.9, (a, b)


def test_the_gap_is_given_for_each_instrument(data: Path) -> None:
    gaps = table(data, "analyse/gaps")
    assert sorted(gaps.select("respondent", "instrument").iter_rows()) == sorted(
        (respondent, name) for respondent in RESPONDENTS for name in NAMES
    )
    assert set(gaps["values"]) == {10}
    # Declared and enacted strengths are one: whatever the instrument, they are found to go together.
    assert gaps["r"].min() > 0.6
    for name in ("reliability", "cross_correlations", "summaries", "conditional_logit", "missing"):
        assert set(NAMES) <= set(table(data, f"analyse/{name}")["instrument"]), name
    assert set(table(data, "analyse/declared").filter(instrument="pvq_rr", level="basic")["value"]) == set(
        instruments.load("pvq_rr").inventory.slugs
    )


def test_the_report_shows_them_next_to_each_other(data: Path) -> None:
    page = (data / "report/report.md").read_text(encoding="utf-8")
    for title in TITLES.values():
        assert f"Means of the {title}" in page
        assert f"Declared values: {title}" in page
    for word in ("Humility", "Face", "Universal tolerance"):
        assert word in page
    figures = data / "report/figures"
    assert {file.stem for file in figures.glob("circle_declared*.svg")} == {
        "circle_declared",
        "circle_declared-pvq40",
        "circle_declared-pvq_rr",
    }
    # Ranks of 19 values have none of ten beside them.
    assert {file.stem for file in figures.glob("declared_enacted*.svg")} == {
        "declared_enacted",
        "declared_enacted-pvq40",
    }
    assert pl.read_csv(figures / "circle_declared-pvq_rr.csv")["value"].n_unique() == 19


def test_an_instrument_beside_it_changes_no_answer_to_another(data: Path, tmp_path: Path) -> None:
    alone = built(tmp_path, ["pvq40"])
    for name in ("score/instrument_answers", "score/instrument_scores", "analyse/gaps", "analyse/declared"):
        beside = table(data, name).filter(instrument="pvq40")
        assert table(alone, name).equals(beside), name


def test_the_instrument_of_the_documentation_needs_no_other_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = re.search(r"<!-- example: an instrument -->\n```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert example
    added = tmp_path / "instruments"
    added.mkdir()
    (added / "ten_words.yaml").write_text(example[1], encoding="utf-8")
    monkeypatch.setattr(instruments, "__path__", [*instruments.__path__, str(added)])
    assert "ten_words" in instruments.names()
    raw = {"instruments": {"ten_words": {"shuffles": 3}}}
    sample = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
    assert list(parse(sample | raw, where="params.yaml").instruments) == ["ten_words"]

    data = built(tmp_path / "run", ["ten_words"])
    answers = table(data, "score/instrument_answers")
    assert set(answers["answer"]) == set(range(5))
    assert table(data, "analyse/gaps")["instrument"].to_list() == ["ten_words"] * 3
    assert "Means of the Ten Words" in (data / "report/report.md").read_text(encoding="utf-8")
