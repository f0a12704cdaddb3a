"""The page that raters see: it explains itself, works by keyboard alone, fits a laptop and asks nobody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from services.annotation import annotation_project
from services.label_studio import SKIP, Answer, PageRater
from services.values import TEN

from pipeline.annotation import projects, sending
from pipeline.annotation.client import connect
from pipeline.annotation.exchange import outgoing
from stages import send

pytestmark = pytest.mark.slow


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

    def sign_in(name: str) -> PageRater:
        pages.append(PageRater(browser, studio.url, studio.rater(name).email))
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
