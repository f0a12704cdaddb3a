"""The page that raters see: it explains itself, works by keyboard alone, fits a laptop and asks nobody else."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import pytest
from services.annotation import annotation_project
from services.folder import valact
from services.label_studio import SKIP, Answer, PageRater
from services.values import TEN

from pipeline.annotation import projects, sending
from pipeline.annotation.client import connect
from pipeline.annotation.exchange import outgoing
from pipeline.coordination import background
from stages import send

pytestmark = pytest.mark.slow
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# A laptop's window at 200 %.
ZOOMED = {"viewport": {"width": 683, "height": 384}, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def sent(studio, tmp_path_factory) -> int:
    """The number of a project with items of all three kinds, on the server."""
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("page"))
    os.environ.update(LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.server.key)
    try:
        annotation_project(Path.cwd(), "page", raters=9)
        send.main()
        with connect(studio.server) as client:
            yield projects.find(client, "page").id
    finally:
        os.environ.pop("LABEL_STUDIO_URL", None)
        os.environ.pop("LABEL_STUDIO_API_KEY", None)
        os.chdir(before)


@pytest.fixture
def rater(studio, browser):
    """Signs raters in, and out at the end."""
    pages = []

    def sign_in(name: str, **device) -> PageRater:
        pages.append(PageRater(browser, studio.url, studio.rater(name).email, **device))
        return pages[-1]

    yield sign_in
    for page in pages:
        page.close()


def test_the_first_page_needs_no_explanation(sent, rater):
    one = rater("dot")
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url))
    one.page.goto(f"{one.url}/projects/{sent}/data?labeling=1")
    guidelines = one.page.locator(".lsf-modal-ls__body")
    guidelines.wait_for()
    text = guidelines.inner_text()
    assert "Ctrl + Enter" in text
    assert all(value.definition in text for value in TEN.values)
    one.page.keyboard.press("Escape")
    guidelines.wait_for(state="detached")
    shown = one.page.locator(".valact").inner_text()
    assert "Ctrl + Enter: submit" in shown
    assert all(url.startswith((one.url, "data:", "blob:")) for url in asked), "a page of ours asked the web"


def test_every_choice_has_its_key_its_definition_and_its_place_on_the_screen(sent, rater):
    one = rater("eli")
    item = one.open(sent)
    kinds = set()
    while item:
        one.shown(item)
        if item["task"] in kinds:
            item = one.give(item, SKIP)
            continue
        kinds.add(item["task"])
        boxes = one.page.locator(".lsf-choice__item")
        assert boxes.count() == len(item["choices"]) + len(item["second_choices"])
        for place, choice in enumerate(item["choices"]):
            text = boxes.nth(place).inner_text()
            assert text.split()[0] == choice["hotkey"]
            assert choice["hint"] in text
            radio = boxes.nth(place).locator("input")
            one.choose(item["choices"], choice["alias"], 0)
            assert radio.is_checked()
        if item["task"] == "value":
            assert item["action"] in one.page.locator(".valact-right").inner_text()
            for choice in item["second_choices"]:
                one.choose(item["second_choices"], choice["alias"], len(item["choices"]))
            # Action, question and all eleven choices are there without scrolling.
            bottom = boxes.nth(10).bounding_box()
            submit = one.page.locator("button", has_text="Submit").first.bounding_box()
            assert bottom["y"] + bottom["height"] < submit["y"]
        item = one.give(item, Answer(item["choices"][-1]["alias"]))
    assert kinds == {"value", "option", "scenario"}


def test_nothing_is_submitted_without_an_answer(sent, rater):
    one = rater("fay")
    item = one.open(sent)
    while item["task"] != "value":
        item = one.give(item, SKIP)
    one.shown(item)
    one.choose(item["second_choices"], item["second_choices"][0]["alias"], len(item["choices"]))
    one.page.keyboard.press("Control+Enter")
    one.page.get_by_text("Choose an answer first, or skip the item.").wait_for()


def test_texts_are_shown_as_they_are_and_others_answers_are_not(sent, rater, studio):
    with connect(studio.server) as client:
        project = projects.find(client, "page")
        task = sending.read_tasks(client, project)[0]
    studio.rater("ada").judge(task, Answer(task["data"]["choices"][0]["alias"], comment="mine alone"))
    one = rater("gus")
    item = one.open(sent)
    seen = []
    while item and item["item_id"] != task["data"]["item_id"]:
        seen.append(item)
        item = one.give(item, SKIP)
    assert item, "the item is asked of everybody"
    one.shown(item)
    text = one.page.locator("body").inner_text()
    assert "$300 & a <b>plan</b>" in text
    assert "for $scenario" in text
    assert "mine alone" not in text
    assert one.page.locator(".lsf-choice__item input:checked").count() == 0


def test_the_page_of_a_block_shows_its_order(sent):
    shown = {
        tuple(choice["alias"] for choice in task["data"]["choices"])
        for task in outgoing().tasks
        if task["data"]["task"] == "value"
    }
    assert len(shown) > 1


def serious(page) -> list:
    """What axe-core calls serious in our part of the page; what Label Studio puts around it is not ours."""
    page.evaluate("window.axe || 0") or page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({include: ['.valact']}).then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html]))"
    )
    return [one for one in found if one[0] in {"serious", "critical"}]


def test_the_page_is_legible_in_both_themes_and_at_200_percent(sent, rater):
    one = rater("hal", **ZOOMED)  # who has not judged yet
    item = one.open(sent)
    while item and item["task"] != "value":
        item = one.give(item, SKIP)
    assert item
    one.shown(item)
    for scheme in ("light", "dark"):
        one.page.evaluate("s => document.documentElement.setAttribute('data-color-scheme', s)", scheme)
        one.page.wait_for_timeout(400)  # colours fade over
        assert serious(one.page) == []
    assert fits(one.page)


def fits(page) -> bool:
    """Whether our part fills the window's width and Submit is on the screen."""
    return page.evaluate(
        """() => {
          const ours = document.querySelector('.valact').getBoundingClientRect()
          const submit = [...document.querySelectorAll('button')].find(one => /Submit/.test(one.innerText))
          const button = submit.getBoundingClientRect()
          const [wide, high] = [visualViewport.width, visualViewport.height]
          return ours.width > 0.8 * wide && ours.right <= wide + 1 && button.right <= wide && button.bottom <= high
        }"""
    )


def test_the_form_of_background_by_keyboard_alone_and_off_the_server_once_it_is_here(
    sent, rater, studio, monkeypatch
):
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.server.key)
    assert "Raters say who they are at" in valact("annotate", "train").output
    with connect(studio.server) as client:
        form = projects.find(client, "page.background")
    one = rater("dot", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    one.open(form.id)
    one.page.get_by_text("What is your highest degree?").wait_for()
    assert serious(one.page) == []
    assert fits(one.page)
    for place in (0, 10, 12, 16):  # the first field, a doctorate, English, and what was read
        box = one.page.locator(".lsf-choice__item input").nth(place)
        box.focus()
        one.page.keyboard.press("Space")
        assert box.is_checked()
    with one.page.expect_response(lambda said: said.request.method == "POST" and "annotations" in said.url):
        one.page.keyboard.press("Control+Enter")
    assert "1 raters said who they are; it is off the server now" in valact("annotate", "background").output
    with connect(studio.server) as client:
        assert [task["annotations"] for task in sending.read_tasks(client, form)] == [[]]
    [said] = background.read("page").raters.values()
    assert said == {
        "field": "Psychology",
        "degree": "Doctorate",
        "first_language": "English",
        "experience": "I have read about them",
    }
