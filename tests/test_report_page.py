"""The report and the explorer as they are read: in a browser, offline, by mouse and by keyboard, "
"and without scripts."""

from importlib.resources import files

import polars as pl
import pytest
from services.browser import offline_pages
from services.explored import MODELS, explored
from services.finished_run import run_params
from test_report import TEN, tables

from pipeline.explore import page as explorer
from pipeline.report import catalogue, contents, render
from pipeline.report.rows import as_shown

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The corpus of a run, and the folder with its report and its page of questions."""
    params = run_params()
    corpus = explored(tmp_path_factory.mktemp("run"), params)
    folder = tmp_path_factory.mktemp("report")
    results = tables(MODELS)
    share = pl.when(pl.col("respondent") == "model-a").then(0.9).otherwise("share_of_choices")
    results["profiles"] = results["profiles"].with_columns(share_of_choices=share)
    drawn = catalogue.write(results, TEN, folder / "figures")
    sections = contents.sections(results, TEN, drawn, [], None)
    render.write(
        "A report", ["About it"], sections, folder, respondents=as_shown(results), explorer=explorer.NAME
    )
    (folder / explorer.NAME).write_text(explorer.whole(corpus, params.values), encoding="utf-8")
    return corpus, folder


@pytest.fixture
def visit(browser, run):
    """Opens a page of the report."""
    with offline_pages(browser, "file:", "data:") as pages:
        yield lambda name="report.html", query="", **device: pages((run[1] / name).as_uri() + query, **device)


def rows(page, caption):
    found = page.locator(f"table:has(caption:has-text('{caption}')) tbody tr:visible th")
    return found.all_inner_texts()


def test_charts_are_drawn_and_answer_to_the_pointer(visit):
    page = visit()
    chart = page.locator("figure", has_text="Enacted values.").first
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("figure .live svg")
    assert chart.locator("img").is_hidden()
    box = chart.locator(".live svg").bounding_box()
    for step in range(1, 40):
        page.mouse.move(box["x"] + box["width"] * step / 40, box["y"] + box["height"] * 0.6)
        if page.is_visible("#tip"):
            break
    assert "respondent" in page.inner_text("#tip")


def test_tables_are_sorted_and_respondents_chosen_by_keyboard(visit):
    page = visit()
    heading = page.locator("table:has(caption:has-text('Share of choices')) thead button").nth(1)
    heading.focus()
    page.keyboard.press("Enter")
    assert rows(page, "Share of choices") == ["model-b", "model-a"]
    page.keyboard.press("Enter")
    assert rows(page, "Share of choices") == ["model-a", "model-b"]
    page.locator(".choose summary").focus()
    page.keyboard.press("Enter")
    page.locator(".choose input[value='model-b']").focus()
    page.keyboard.press("Space")
    assert rows(page, "Share of choices") == ["model-a"]
    assert "(1 of 2)" in page.inner_text(".choose")


def test_a_number_leads_to_the_questions_behind_it(visit, run):
    corpus, _ = run
    page = visit()
    page.locator("table:has(caption:has-text('Share of choices')) tbody tr td a").first.click()
    wanted = {"respondent": "model-a", "mode": "default", "chose": TEN.slugs[0]}
    found = corpus.matching(wanted)
    assert f"{found.height} questions" in page.inner_text("#count")
    assert page.input_value("select[name=respondent]") == "model-a"


@pytest.mark.parametrize(
    "wanted",
    [
        {"value": "power"},
        {"respondent": "model-b", "status": "refused"},
        {"respondent": "model-a", "chose": "power", "category": "Ethics"},
        {"respondent": "model-b", "letter": "A"},
        {"q": "writer-2 quokka title e"},
        {"verdict": "not_sampled", "panel": "unanimous"},
    ],
)
def test_the_page_finds_what_the_server_finds(visit, run, wanted):
    page = visit(explorer.NAME)
    page.evaluate("(wanted) => { location.hash = new URLSearchParams(wanted).toString(); }", wanted)
    page.wait_for_function(
        "(wanted) => Object.entries(wanted).every(([n, e]) => document.getElementsByName(n)[0].value === e)",
        arg=wanted,
    )
    found = run[0].matching(wanted)
    told = page.inner_text("#count")
    assert told.endswith(f" {found.height} questions") if found.height else told == "Nothing matches."
    assert page.locator("article:visible").count() == min(found.height, 1)


def test_the_explorer_by_keyboard(visit):
    page = visit(explorer.NAME)
    page.locator("input[type=search]").focus()
    page.keyboard.type("quokka title")
    # What was typed stays, although the address, which has no blank at its end, is told of later.
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    assert page.locator("input[type=search]").input_value() == "quokka title"
    page.keyboard.type(" ")
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    assert page.locator("input[type=search]").input_value() == "quokka title "
    assert page.inner_text("#count").startswith("Scenario 1 of 6")
    page.locator("#after").focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#count").startswith("Scenario 2 of 6")
    before = page.locator("article:visible h2").inner_text()
    page.reload()
    assert page.locator("article:visible h2").inner_text() == before


def test_without_scripts_both_pages_are_complete(visit, run):
    page = visit(java_script_enabled=False)
    assert page.locator("figure img:visible").count() == page.locator("figure").count() > 0
    assert page.locator(".choose").is_hidden()
    page = visit(explorer.NAME, java_script_enabled=False)
    assert page.locator("article:visible").count() == run[0].questions["scenario_id"].n_unique()
    assert page.locator("#filters").is_hidden()


@pytest.mark.parametrize("name", ["report.html", explorer.NAME])
@pytest.mark.parametrize("width", [375, 1280])
def test_no_serious_barrier_and_no_page_wider_than_the_screen(visit, name, width):
    page = visit(name, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then((r) => r.violations)")
    serious = [
        (v["id"], v["nodes"][0]["html"][:120]) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
