"""The report: every figure has its numbers beside it, labels keep apart, and what is missing is said."""

import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.finished_run import finished_run, run_params

from pipeline.release import funnel
from pipeline.report import catalogue, contents, render, wording
from pipeline.report.charts.maps import APART, spread
from pipeline.report.charts.slope import ranks
from pipeline.report.document import between, number, probability
from pipeline.report.figure import SECTIONS
from pipeline.report.figures import FIGURES
from pipeline.tables import ANALYSIS_TABLES, Confusion, JudgedAccuracy, Respondents
from pipeline.validate import plots as validation_plots
from pipeline.values import load as load_inventory
from pipeline.verdict.gate import Verdict

TEN = load_inventory("schwartz10")
SLUGS = TEN.slugs
NONE = {"estimate": None, "low": None, "high": None, "n": 0, "why": "nothing was judged"}
ALONE = {"estimate": 0.889, "low": 0.88, "high": 0.9, "n": 6000}
WORDS_ALONE = {
    "values": ALONE,
    "options": ALONE | {"estimate": 0.977},
    "by_chance": {"values": 0.1, "options": 0.25},
    "words": {"power": ["influence", "assert"]},
}
NOBODY = Verdict(
    "first",
    "trial",
    [],
    {"judgements": 0, "accuracy": NONE, "options": {"accuracy": NONE}, "text_only": WORDS_ALONE},
)


def table(schema, rows):
    """Rows as a table of the schema; what they leave out is empty, counts are 100."""
    empty = schema.create_empty()
    if not rows:
        return empty
    frame = pl.DataFrame(rows)
    return frame.select(
        pl.col(name).cast(kind)
        if name in frame.columns
        else pl.lit(100 if kind.is_integer() else None, kind).alias(name)
        for name, kind in empty.schema.items()
    )


def tables(names=("one", "two"), **rows):
    """Results of respondents ``names`` whose nth value has the share and the mean that n gives."""
    whole = {"mode": "default", "category": "all", "language": "all", "wording": 0}
    share = {slug: (n + 1) / 55 for n, slug in enumerate(SLUGS)}
    made = {
        "profiles": [
            whole
            | {
                "respondent": name,
                "value": slug,
                "share_of_choices": s,
                "low": s - 0.01,
                "high": s + 0.01,
                "wording": 0,
            }
            for name in names
            for slug, s in share.items()
        ],
        "declared": [
            {
                "respondent": name,
                "value": slug,
                "instrument": "pvq40",
                "level": "basic",
                "mean": 1 + n / 2,
                "low": 1.0,
                "high": 6.0,
            }
            for name in names
            for n, slug in enumerate(SLUGS)
        ],
        "gaps": [
            {
                "respondent": name,
                "instrument": "pvq40",
                "kind": "model",
                "r": 0.25,
                "low": 0.2,
                "high": 0.3,
                "fisher_low": -0.4,
                "fisher_high": 0.8,
            }
            for name in names
        ],
        "positions": [
            {"respondent": name, "mode": "default", "letter": letter, "share": 0.25, "low": 0.2, "high": 0.3}
            for name in names
            for letter in "ABCD"
        ],
    } | rows
    results = {name: table(schema, made.get(name, [])) for name, schema in ANALYSIS_TABLES.items()}
    results["respondents"] = table(
        Respondents,
        [{"respondent": name, "kind": "model", "group": "g", "source": "invented"} for name in names],
    )
    return results


def build(folder, results):
    drawn = catalogue.write(results, TEN, folder / "figures")
    sections = contents.sections(results, TEN, drawn, [], NOBODY)
    render.write("A title", ["About **it** & <more>"], sections, folder)
    return (folder / "report.html").read_text(), (folder / "report.md").read_text(), drawn


def test_every_figure_has_its_numbers_and_both_forms(tmp_path):
    page, markdown, drawn = build(tmp_path, tables())
    names = {*drawn}
    assert {"circle_enacted", "circle_declared", "declared_enacted", "gaps", "positions"} == names
    for name in names:
        for file in (f"{name}.svg", f"png/{name}.png", f"{name}.csv"):
            assert (tmp_path / "figures" / file).stat().st_size > 100
        assert f"figures/{name}.csv" in page
        assert f"](figures/png/{name}.png)" in markdown
    assert pl.read_csv(tmp_path / "figures/circle_enacted.csv").height == 20


def test_what_words_give_away_stands_beside_what_raters_see(tmp_path):
    judged = NOBODY.figures | {"accuracy": ALONE | {"estimate": 0.913}, "judgements": 9}
    for verdict, rows in ((NOBODY, 2), (replace(NOBODY, figures=judged), 3)):
        rates, words = wording.section(verdict, TEN).tables
        assert len(rates.rows) == rows
        assert rates.rows[0][:4] == ("words alone", "one of 10 values", "0.889", "[0.880, 0.900]")
        assert words.rows == [("Power", "influence, assert")]
    assert rates.rows[1][2] == "0.913"


def test_the_report_shows_only_figures_that_are_there(tmp_path):
    """The Markdown names PNG files, which the funnel did not have."""
    params = run_params()
    plots = tmp_path / "plots"
    counts = funnel.count(finished_run(tmp_path / "data", params), params)
    funnel.write(
        counts,
        metrics_file=tmp_path / "funnel.json",
        table_file=plots / "funnel.csv",
        plot_file=plots / "funnel.svg",
    )
    validation_plots.write(
        Confusion.create_empty(), JudgedAccuracy.create_empty(), plots, "Nobody has judged.", TEN
    )
    built = contents.built_pictures(plots)
    render.take_over(built, plots, tmp_path / "figures")
    render.write("Values", [], contents.sections(tables(), TEN, {}, built, NOBODY), tmp_path)
    text = (tmp_path / "report.md").read_text()
    named = re.findall(r"figures/[\w.]+", text)
    assert {"figures/funnel.png", "figures/funnel.csv"} <= set(named)
    assert [name for name in named if not (tmp_path / name).exists()] == []


def test_the_chart_of_accuracies_says_which_intervals_it_shows(tmp_path):
    """By judgement they are bootstrapped; 'Wilson intervals' over both was wrong."""
    validation_plots.write(Confusion.create_empty(), JudgedAccuracy.create_empty(), tmp_path, "", TEN)
    [caption] = [p.caption for p in contents.built_pictures(tmp_path) if p.name == "validation_accuracy"]
    for said in (caption, validation_plots.INTERVALS):
        assert re.search(r"by judgement.* bootstrapped over items, by item.* Wilson's", said)


def test_figures_of_earlier_stages_are_shown_in_a_form_that_they_have(tmp_path):
    plots = tmp_path / "plots"
    plots.mkdir()
    for file in ("funnel.svg", "validation_accuracy.svg", "validation_accuracy.png"):
        (plots / file).write_text("drawn before")
    built = contents.built_pictures(plots)
    render.take_over(built, plots, tmp_path / "figures")
    render.write("A title", [], contents.sections(tables(), TEN, {}, built, NOBODY), tmp_path)
    shown = re.findall(r"\]\(([^)]*)\)", (tmp_path / "report.md").read_text())
    assert shown == ["figures/funnel.svg", "figures/validation_accuracy.png"]
    assert all((tmp_path / file).exists() for file in shown)


def test_every_section_takes_figures_and_a_figure_of_no_section_is_an_error():
    assert tuple(contents.ORDER) == SECTIONS
    one = FIGURES["gaps"]
    with pytest.raises(ValueError, match="'gap_between' is no section of the report; they are respondents, "):
        replace(one, section="gap_between")


def test_the_same_tables_give_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        build(tmp_path / folder, tables())
    for path in sorted((tmp_path / "a").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes(), (
            path.name
        )


def test_the_page_needs_nothing_else(tmp_path):
    page, _, _ = build(tmp_path, tables())
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "default-src 'none'" in page
    assert "About <strong>it</strong> &amp; &lt;more&gt;" in page


@pytest.mark.parametrize("names", [(), ("alone",)])
def test_few_respondents_or_none(tmp_path, names):
    page, markdown, _ = build(tmp_path, tables(names))
    for text in (page, markdown):
        assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().replace("declared and", "")
        assert "None" not in re.sub(r"base64,[^\"]*", "", text)
    assert ("Nobody has answered yet" in page) == (not names)


def test_what_cannot_be_computed_is_said_where_it_is_missing(tmp_path):
    notes = [
        {"table": "gaps", "subject": "one", "reason": "no_pvq", "text": "one filled in no questionnaire."}
    ]
    page, markdown, drawn = build(tmp_path, tables(("one",), gaps=[], declared=[], notes=notes))
    assert {*drawn} == {"circle_enacted", "positions"}
    section = page[page.index(">The knowledge-action gap</h2>") :]
    assert "one filled in no questionnaire." in section[: section.index("</section>")]
    assert "> one filled in no questionnaire." in markdown


def test_many_people_are_one_panel(tmp_path):
    names = tuple(f"p{n}" for n in range(9))
    results = tables(names)
    results["respondents"] = results["respondents"].with_columns(kind=pl.lit("human"))
    build(tmp_path, results)
    shown = pl.read_csv(tmp_path / "figures/circle_enacted.csv")
    assert shown["respondent"].unique().to_list() == ["people (n = 9)"]
    assert shown["estimate"].to_list() == pytest.approx([(n + 1) / 55 for n in range(10)], abs=1e-6)


def test_every_series_is_explained_though_the_first_panel_lacks_it(tmp_path):
    from pipeline.plots.style import style
    from pipeline.report.charts import forest

    rows = pl.DataFrame(
        [
            {"respondent": name, "letter": "A", "mode": mode, "estimate": 0.25, "low": 0.2, "high": 0.3}
            for name, mode in (("one", "default"), ("two", "default"), ("two", "abstain"))
        ]
    )
    with style():
        figure = forest.draw(
            rows, panel="respondent", line="letter", series="mode", labels={"A": "A"}, axis="share"
        )
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["default", "abstain"]


def test_a_circle_with_a_hole_is_not_drawn(tmp_path):
    results = tables()
    results["profiles"] = results["profiles"].filter(
        (pl.col("respondent") == "one") | (pl.col("value") != "power")
    )
    build(tmp_path, results)
    assert pl.read_csv(tmp_path / "figures/circle_enacted.csv")["respondent"].unique().to_list() == ["one"]


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=10))
def test_labels_around_a_circle_keep_apart_and_in_order(angles):
    placed = spread(angles)
    ordered = sorted(placed)
    gaps = [b - a for a, b in zip(ordered, [*ordered[1:], ordered[0] + 360], strict=True)]
    assert len(angles) == 1 or min(gaps) > APART - 0.5
    assert [placed[n] for n in sorted(range(len(angles)), key=lambda n: angles[n])] == sorted(placed)


@given(st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_ranks_are_places_without_ties(numbers):
    values = dict(zip(SLUGS, map(float, numbers), strict=True))
    places = ranks(values, TEN)
    assert sorted(places.values()) == list(range(1, 11))
    for a in SLUGS:
        for b in SLUGS:
            if values[a] > values[b]:
                assert places[a] < places[b]


def test_numbers_for_people():
    assert [number(x) for x in (0.12345, -0.5, -0.0001, None, float("nan"))] == [
        "0.123",
        "−0.500",
        "0.000",
        "–",
        "–",
    ]
    assert between(-0.1, 0.2, 1) == "[−0.1, 0.2]"
    assert between(None, 0.2) == "–"
    assert [probability(p) for p in (0.0, 0.0004, 0.0314, 1.0, None)] == [
        "< .001",
        "< .001",
        ".031",
        "1.000",
        "–",
    ]
