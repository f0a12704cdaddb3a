"""Published numbers beside ours, and which respondents a report is of."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from services.published import NAMES, answer, pvq_lines, question_lines, ratings, workbook, write

from pipeline.analyse.study import Scored, analyse
from pipeline.core.errors import ParamsError
from pipeline.instruments import stand_in
from pipeline.params.analysis import Analysis
from pipeline.published import imports
from pipeline.published.asked import INSTRUMENT, VALUES
from pipeline.report.published import section
from pipeline.score.gather import gather
from pipeline.score.scoring import score_instruments
from pipeline.tables import Options, Questions, Scenarios, write_table

INSTRUMENTS = [stand_in(INSTRUMENT, language) for language in ("en", "zh")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models imported as two studies, and no questions of this run."""
    root = tmp_path_factory.mktemp("project")
    for model, letter in (("4o", "A"), ("grok", "B")):
        clone = root / f"clone-{model}"
        wordings = {1: [answer(letter)] * 4 + [answer("D")], 2: [answer("X")] + [answer("C")] * 4}
        write(
            clone, f"{model}_result_exp_default_reddit.txt", *(question_lines(n, wordings) for n in range(4))
        )
        sat = {item: 1 + item % 6 for item in INSTRUMENT.items}
        write(
            clone,
            f"{model}_result_exp_pvq.txt",
            *(pvq_lines(trial, [ratings(sat)] * 2) for trial in range(2)),
        )
        rows = [["Attribute", model], *([name, 10.0] for name in NAMES)]
        workbook(clone / "default_prompt1_reddit.xlsx", rows)
        tables = imports.import_published(clone, INSTRUMENTS, model)
        respondents = tables["respondents"].with_columns(group=pl.lit(model))
        imports.write(tables | {"respondents": respondents}, root / "imported" / model)
    for name, schema in {"scenarios": Scenarios, "questions": Questions, "options": Options}.items():
        write_table(schema, schema.create_empty(), root / "assemble" / f"{name}.parquet")
    return root


def _gathered(project: Path, *groups: str):
    return gather([], project / "imported", project / "assemble", VALUES, groups)


def test_a_report_is_of_the_groups_that_params_name(project: Path) -> None:
    everybody, one = _gathered(project), _gathered(project, "grok")
    assert everybody.respondents["respondent"].sort().to_list() == ["published-4o", "published-grok"]
    assert one.respondents["respondent"].to_list() == ["published-grok"]
    for table in (one.choices, one.instrument_answers):
        assert set(table["respondent"]) == {"published-grok"}
    with pytest.raises(ParamsError, match="'people'; there are 4o, grok"):
        _gathered(project, "people")


def test_every_published_number_stands_beside_ours(project: Path) -> None:
    found = _gathered(project)
    scored = Scored(
        found.respondents,
        found.choices,
        found.instrument_answers,
        score_instruments(found.instrument_answers),
        found.ratings,
        found.options,
        found.questions,
        found.published,
    )
    tables = analyse(scored, Analysis(draws=200), VALUES, seed=1)
    beside = tables["published"]
    assert beside.height == found.published.height
    cells = beside.filter(study="4o", figure="enacted")
    assert cells.height == 10
    # Where nothing is unreadable both rules give one number, and it has an interval.
    assert (cells["ours"] - cells["recomputed"]).abs().max() < 1e-9
    assert cells["low"].null_count() == cells["high"].null_count() == 0
    assert cells["difference"].to_list() == (cells["ours"] - 10.0).to_list()
    gap = beside.filter(study="4o", figure="declared_enacted_r", respondent="published-4o").row(0, named=True)
    assert gap["published"] == 0.299
    assert gap["basis"] == "answers"
    assert gap["ours"] == tables["gaps"].filter(respondent="published-4o")["r"].item()
    lacking = beside.filter(figure="declared_enacted_r", respondent="published-kimi")
    assert set(lacking["missing"]) == {"kimi_result_exp_default_reddit.txt, kimi_result_exp_pvq.txt"}

    shown = section(tables)
    assert shown.title == "The published numbers"
    assert shown.text
    assert len(shown.tables) == 2
    assert {len(row) for table in shown.tables for row in table.rows} == {len(t.header) for t in shown.tables}


def test_without_published_results_there_is_no_section() -> None:
    from pipeline.tables import PublishedComparison

    assert section({"published": PublishedComparison.create_empty()}).empty
