"""The report: every figure has its numbers beside it, labels keep apart, and what is missing is said."""

import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.finished_run import finished_run, run_params

from pipeline.release import funnel
from pipeline.report import (
    answer,
    catalogue,
    components,
    contents,
    findings,
    gap_parts,
    likeness,
    populations,
    positions,
    render,
    values,
    wording,
)
from pipeline.report.charts.maps import placed
from pipeline.report.charts.slope import ranks
from pipeline.report.document import between, interval, number, probability
from pipeline.report.figure import SECTIONS
from pipeline.report.figures import FIGURES
from pipeline.report.notes import notes_on
from pipeline.report.order import alike
from pipeline.tables import (
    ANALYSIS_TABLES,
    Confusion,
    JudgedAccuracy,
    Respondents,
    VarianceComponents,
    conform,
)
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
    [],
    {
        "judgements": 0,
        "accuracy": NONE,
        "accuracy_of_raters_in_general": NONE,
        "best_possible": {"value": NONE, "option": NONE},
        "options": {"accuracy": NONE},
        "text_only": WORDS_ALONE,
        "reading": {"recognised": NONE},
    },
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
        [
            {"respondent": name, "kind": "model", "group": "g", "source": "invented"}
            | {"agent": name, "condition": "main"}
            for name in names
        ],
    )
    return results


def build(folder, results):
    drawn = catalogue.write(results, TEN, folder / "figures")
    sections = contents.sections(results, TEN, drawn, [], NOBODY)
    render.write("A title", ["About **it** & <more>"], sections, folder)
    return (folder / "report.html").read_text(), (folder / "report.md").read_text(), drawn


def test_what_makes_answers_differ_is_a_share_for_each_facet():
    rows = [
        ("model", "all", "questions", "respondent", 4, 0.03, 0.75),
        ("model", "all", "questions", "respondent x scenario x wording", 3, 0.01, 0.25),
        ("model", "m", "pvq40", "item", 3, 0.2, 1.0),
        ("human", "p", "pvq40", "item", 3, 0.2, 1.0),
    ]
    found = conform(
        VarianceComponents,
        pl.DataFrame(rows, schema=[*VarianceComponents.columns()], orient="row"),
        where="t",
    )
    empty = {name: schema.create_empty() for name, schema in ANALYSIS_TABLES.items()}
    together, alone = components.section(empty | {"components": found}, TEN).tables
    assert together.header[1] == "respondent"
    assert together.rows == [["models", "75 %", "–", "–", "–", "–", "–", "25 %"]]
    # People stand together only.
    assert [row[0] for row in alone.rows] == ["m, PVQ-40"]
    assert components.section(empty, TEN).empty


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
    # Links lead within the page, or to the explorer beside it; %23 is # in a picture.
    elsewhere = r"""(src|href)=["'](?!data:|#|%23|explore\.html)"""
    assert not re.search(elsewhere, page[: page.index("<script>")])
    assert "default-src 'none'" in page
    assert "About <strong>it</strong> &amp; &lt;more&gt;" in page


@pytest.mark.parametrize("names", [(), ("alone",)])
def test_few_respondents_or_none(tmp_path, names):
    page, markdown, _ = build(tmp_path, tables(names))
    for text in (page, markdown):
        text = re.sub(r"base64,[^\"]*|<script.*?</script>", "", text, flags=re.DOTALL)
        assert "nan" not in text.lower().replace("declared and", "")
        assert "None" not in text.replace(">None</button>", "")
    assert ("Nobody has answered yet" in page) == (not names)


def test_what_cannot_be_computed_is_said_where_it_is_missing(tmp_path):
    notes = [
        {"table": "gaps", "subject": "one", "reason": "no_pvq", "text": "one filled in no questionnaire."}
    ]
    page, markdown, drawn = build(tmp_path, tables(("one",), gaps=[], declared=[], notes=notes))
    assert {*drawn} == {"circle_enacted", "positions"}
    section = page[page.index(">Declared against enacted values</h2>") :]
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


def persons(count=9):
    """People whose numbers differ: the nth has n hundredths more of the first value than the mean, and less of the
    second; with summaries as 80 answers a person give them, whose own interval lies above the mean."""
    names = tuple(f"p{n}" for n in range(count))
    whole = {"mode": "default", "category": "all", "language": "all", "wording": 0}
    off = {name: (n - (count - 1) / 2) / 100 for n, name in enumerate(names)}
    sign = {SLUGS[0]: 1, SLUGS[1]: -1}
    profiles = [
        whole | {"respondent": name, "value": slug, "share_of_choices": 0.1 + sign.get(slug, 0) * off[name]}
        for name in names
        for slug in SLUGS
    ]
    summary = {"kind": "human", "n": count, "min": -0.4, "mean": 0.6, "max": 0.8, "low": 0.606, "high": 0.759}
    summary |= {"value_low": 0.1, "value_high": 0.7, "respondent_low": 0.55, "respondent_high": 0.65}
    both = {"both_low": 0.52, "both_high": 0.68}
    results = tables(
        names,
        profiles=profiles,
        summaries=[
            summary | both | {"statistic": "declared_enacted_r", "instrument": "pvq40"},
            summary | {"statistic": "declared_r", "instrument": "pvq40"},
            summary | both | {"statistic": "enacted_r", "instrument": "questions"},
        ],
        gap_parts=[
            {
                "scope": "group",
                "name": "g",
                "kind": "human",
                "instrument": "pvq40",
                "category": "all",
                "n": count,
            }
            | {"r": 0.6, "low": 0.606, "high": 0.759, "respondent_low": 0.55, "respondent_high": 0.65}
        ],
    )
    for name in ("respondents", "gaps"):
        results[name] = results[name].with_columns(kind=pl.lit("human"))
    return results


def test_people_are_a_sample_with_a_mean_and_a_range():
    section = values.enacted(persons(), TEN)
    (shown,) = section.tables
    assert [row[0] for row in shown.rows] == ["9 people (g), mean", "9 people (g), middle 80 %"]
    mean, middle = shown.rows
    # Numbers 0.06 to 0.14 by hundredths: standard deviation 0.02739, Student's t of eight degrees 2.306.
    assert (mean[1].text, mean[1].note) == ("0.100", interval(0.1 - 0.02105, 0.1 + 0.02105))
    assert (mean[3].text, mean[3].note) == ("0.100", interval(0.1, 0.1))
    assert middle[1:4] == ["0.068 to 0.132", "0.068 to 0.132", "0.100 to 0.100"]
    assert "middle 80 %" in section.text[-1]
    assert "middle 80 %" not in " ".join(values.enacted(tables(), TEN).text)


def test_no_number_of_people_stands_outside_of_its_interval():
    """Their own interval is about people without the noise of short forms: it holds for no number that is shown."""
    made = persons()
    (sentence,) = [text for text in values.gap(made, TEN).text if text.startswith("Mean r of 9 people")]
    assert "0.600 [0.520, 0.680] for others of their kind" in sentence
    assert "the middle 80 % 0.250 to 0.250" in sentence
    rows = likeness.correlations(made, TEN).tables[0].rows
    assert {row[0]: row[6] for row in rows} == {
        "enacted": "[0.520, 0.680]",
        "declared, PVQ-40": "[0.550, 0.650]",
    }
    everything = [
        str(cell)
        for section in (values.gap, likeness.correlations, gap_parts.section)
        for text in (section(made, TEN),)
        for cell in [*text.text, *(c for t in text.tables for row in t.rows for c in row)]
    ]
    assert not [cell for cell in everything if "606" in cell or "759" in cell]


def test_findings_of_people_are_counted_not_named():
    of = {
        "finding": "knowledge_action_gap",
        "scope": "respondent",
        "instrument": "pvq40",
        "verdict": "present",
    }
    rows = [
        of | {"name": name, "kind": "model" if name == "gpt" else "human"} for name in ("gpt", "a1", "a2")
    ]
    rows += [of | {"name": "a3", "kind": "human", "verdict": "absent"}]
    text = " ".join(findings.section(tables(findings=rows)).text)
    assert "Knowledge-action gap, one by one: present for gpt and 2 people and absent for 1 person." in text


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


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=20))
def test_names_on_a_map_do_not_lie_on_each_other(points):
    width, height = 0.2, 0.04
    centres = placed(points, [(width, height)] * len(points), 0.02)
    for n, (x, y) in enumerate(centres):
        for other_x, other_y in centres[:n]:
            assert abs(x - other_x) > width - 1e-9 or abs(y - other_y) > height - 1e-9


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


def notes(*rows):
    return pl.DataFrame(rows, schema=["table", "subject", "reason", "text"], orient="row")


def test_a_note_on_many_respondents_is_one_sentence():
    many = [("gaps", f"m{n}", "none", f"m{n} has no PVQ, so that there is no gap.") for n in range(27)]
    counted = [("gaps", f"m{n}", "few", f"Only {n + 3} answers of m{n} count.") for n in range(3)]
    one = ("gaps", "x", "other", "x is constant.")
    assert notes_on(notes(*many, *counted, one), "gaps") == [
        "27 respondents have no PVQ, so that there is no gap (m0, m1, m2 and 24 more).",
        "For 3 respondents: only 3 to 5 answers of the respondent count (m0, m1 and m2).",
        "x is constant.",
    ]


def test_simulated_respondents_never_share_a_table_with_others():
    results = tables(("real", "program"))
    results["respondents"] = results["respondents"].with_columns(
        kind=pl.when(pl.col("respondent") == "program").then(pl.lit("simulated")).otherwise("kind")
    )
    shown, simulated = populations.split(results)
    for name in ("profiles", "declared", "positions", "respondents"):
        assert set(shown[name]["respondent"]) == {"real"}
        assert set(simulated[name]["respondent"]) == {"program"}
    alone = tables(("program",))
    alone["respondents"] = alone["respondents"].with_columns(kind=pl.lit("simulated"))
    assert populations.split(alone) == (alone, None)


def test_neighbours_in_a_heat_map_are_alike():
    near = {("a", "c"), ("b", "d")}
    pairs = pl.DataFrame(
        [(x, y, 0.99 if (x, y) in near else 0.1) for x in "abcd" for y in "abcd" if x < y],
        schema=["a", "b", "r"],
        orient="row",
    )
    order = alike(pairs)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset("ac"), frozenset("bd")}


def test_text_is_text_in_markdown_and_on_the_page(tmp_path):
    bad = "<img src=x onerror=alert(1)>_`[a](b)"
    page, markdown, _ = build(tmp_path, tables((bad,)))
    assert "<img src=x" not in markdown
    assert "<img src=x" not in re.sub("<script.*?</script>", "", page, flags=re.DOTALL)


def test_the_first_answers_say_what_the_tables_hold():
    drop = {"value": "all", "selection": 0.9, "adoption": 0.87, "drop": 0.03, "low": 0.01, "high": 0.05}
    results = tables(
        drops=[drop | {"respondent": name} for name in ("one", "two")],
        summaries=[
            {"statistic": "enacted_r", "instrument": "questions", "kind": "model", "n": 1}
            | {"min": 0.99, "mean": 0.99, "max": 0.99}
        ],
        likeness=[
            {"kind": "model", "a": "one", "b": "two", "r": 0.99, "value_only_r": 0.985, "distinctive_r": 0.1}
            | {"agreement": 0.75, "value_only_agreement": 0.36}
        ],
    )
    alike, gap, cost = answer.answers(results, TEN)
    assert alike.short == "In profile, no more than value weights explain; in action, more."
    assert "75 % of the questions; such choosers would in 36 %" in alike.sentences[0]
    assert gap.short == "Weakly: r = 0.25 for models."
    assert cost.short == "Yes, by 3.0 points on average."
    assert [a.short for a in answer.answers(tables(()), TEN)] == ["Cannot be said."] * 3


def test_the_r_of_wordings_is_not_shown_where_profiles_are_flat_by_design():
    pair = {"language_a": "en", "wording_a": 1, "language_b": "en", "wording_b": 2, "respondent": "one"}
    same = {"share": 0.9, "profile_r": -0.4, "shift_value": SLUGS[0], "shift": 0.01}
    results = tables(wordings=[pair | same | {"mode": mode} for mode in ("default", "selection")])
    rows = {row[1]: row[4] for row in positions.section(results, TEN).tables[-1].rows}
    assert rows == {"default": "−0.400", "selection": "–"}
