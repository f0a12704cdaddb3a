"""The explorer of the lens shows each cell: both actions, and what each respondent states and chooses."""

from __future__ import annotations

import re
from contextlib import chdir

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.lens import places
from pipeline.lens.explore.cells import GAPS, Cells
from pipeline.lens.explore.page import one
from pipeline.tables import read_table
from pipeline.values import load

VALUES = load("schwartz10")


@pytest.fixture(scope="module")
def cells(lens_run):
    return Cells(lens_run)


def test_every_cell_is_there_and_counts_are_those_of_the_analysis(cells, lens_run):
    assert cells.every.height == 40
    assert cells.every["scenario_id"].n_unique() == 4
    counted = read_table(
        places.ANALYSIS["mismatches"].schema, places.ANALYSIS["mismatches"].path(lens_run)
    ).filter(factor="overall")
    columns = ("both_agree", "states_agrees_acts_against", "states_against_acts_for", "both_disagree")
    for who in ("simulated-1", "simulated-2", "simulated-3"):
        row = counted.filter(respondent=who).row(0, named=True)
        for text, column in zip(GAPS.values(), columns, strict=True):
            assert cells.gaps.filter(respondent=who, gap=text).height == row[column], (who, text)
    # The two values of which an action was refused were rated, and not asked.
    assert cells.gaps.filter(gap="only stated").height == 3 * 2
    assert cells.matching({"action": "refused"}).height == 2


def test_filters_are_about_one_respondent_and_words_are_in_an_action(cells):
    wanted = {"respondent": "simulated-1", "gap": "states it and acts against it"}
    mine = cells.gaps.filter(**wanted)
    assert cells.matching(wanted).height == mine.height > 0
    action = cells.actions.filter(status="ok").row(3, named=True)
    found = cells.matching({"q": action["text"][:30].upper()})
    assert (action["scenario_id"], action["value"]) in found.select("scenario_id", "value").rows()
    assert found.height < 5
    assert cells.matching({"country": "Uganda", "value": "power"}).height == 2
    assert cells.matching({"q": "no such words anywhere"}).is_empty()


def test_a_page_has_a_scenarios_cells_with_marked_spans_and_every_respondent(cells):
    page = one(cells, VALUES, {"country": "Germany", "strange": "x"}, 1)
    assert "Scenario 1 of 2, 20 cells" in page
    assert page.count('<section class="question"') == 10
    spans = cells.actions.filter(status="ok")["spans"].explode().drop_nulls()
    marked = set(re.findall(r"<mark>([^<&]+)</mark>", page))
    assert len(marked & set(spans)) > 10
    assert page.count('<th scope="row">simulated-2</th>') == 10
    assert 'href="explore.html?country=Germany&amp;at=2"' in page
    assert "Nothing matches." in one(cells, VALUES, {"q": "<script>alert(1)</script>"}, 7)
    assert "<script>" not in one(cells, VALUES, {"q": "<script>alert(1)</script>"}, 7)
    alone = one(cells, VALUES, {"respondent": "simulated-3"}, 99)
    assert "simulated-1</th>" not in alone
    assert "Scenario 4 of 4" in alone


def test_a_run_without_anything_says_what_to_do(root, tmp_path):
    (tmp_path / "lens").mkdir()
    (tmp_path / "lens/params.yaml").write_bytes((root / "lens/profiles/sample.yaml").read_bytes())
    with chdir(tmp_path):
        said = CliRunner().invoke(main, ["explore", "--recipe", "lens"])
    assert said.exit_code == 1
    assert "there are no cells yet" in said.output
    assert "dvc repro lens/dvc.yaml" in said.output
