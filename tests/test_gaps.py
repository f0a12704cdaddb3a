"""Both gaps of respondents who did both datasets, in one report."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.compare.gaps import SHOWN, both, draw, section
from pipeline.core.errors import InputError
from pipeline.lens import places
from pipeline.tables import read_table


@pytest.fixture
def lens(lens_run):
    place = places.ANALYSIS["alignment"]
    return read_table(place.schema, place.path(lens_run))


def test_each_respondent_of_both_has_a_line_a_dataset_with_its_own_numbers(lens):
    valact = lens.filter(pl.col("respondent") != "simulated-3").with_columns(
        instrument=pl.lit("pvq40"), estimate=pl.col("estimate") / 2
    )
    rows = both(valact, lens)
    assert set(rows["respondent"]) == {"simulated-1", "simulated-2"}
    table = section(rows, []).tables[0]
    assert [line[:3] for line in table.rows] == [
        [name, dataset, instrument]
        for name in ("simulated-1", "simulated-2")
        for dataset, instrument in (("ValAct", "pvq40"), ("lens", "value_ratings"))
    ]
    rate = 3 + SHOWN.index("rate")
    halves = [float(str(line[rate]).split()[0]) for line in table.rows]
    assert halves[0] == pytest.approx(halves[1] / 2, abs=0.001)


def test_nobody_in_both_is_an_error_that_names_who_is_where(lens):
    others = lens.with_columns(respondent=pl.lit("gpt"))
    with pytest.raises(
        InputError, match="gpt did ValAct's, simulated-1, simulated-2 and simulated-3 the lens's"
    ):
        both(others, lens)


@pytest.mark.parametrize("respondents", [2, 12])
def test_the_figure_has_both_papers_gaps_of_each_respondent_on_both_datasets(lens, respondents, tmp_path):
    one = lens.filter(respondent="simulated-1")
    many = pl.concat(one.with_columns(respondent=pl.lit(f"model-{n:02}")) for n in range(respondents))
    two = ("pvq40", "pvq21") if respondents == 2 else ("pvq40",)
    valact = pl.concat(many.with_columns(instrument=pl.lit(name)) for name in two)
    picture = draw(both(valact, many), tmp_path)
    drawn = pl.read_csv(tmp_path / "gaps.csv")
    assert drawn.height == respondents * 2 * (len(two) + 1)
    assert set(drawn["measure"]) == {"r_values", "rate"}
    assert set(drawn["series"]) == {
        "lens",
        *(("ValAct",) if len(two) == 1 else (f"ValAct, {i}" for i in two)),
    }
    svg = (tmp_path / f"{picture.name}.svg").read_text()
    assert all(f"model-{n:02}" in svg for n in range(respondents))
