"""The lens's page on a real Label Studio server: what was meant shows after the blind answers only; nothing is lost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from services.label_studio import PageRater

from pipeline.annotation import projects
from pipeline.annotation.client import connect
from pipeline.annotation.exchange import outgoing
from pipeline.lens import params as settings
from pipeline.lens import places
from pipeline.lens.send.site import SITE
from pipeline.recipe import LENS
from pipeline.step.run import carry_out
from pipeline.tables import read_table
from pipeline.verdict import gate

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent


def run(step: str) -> None:
    carry_out(LENS.step(step), settings.load())


class LensRater(PageRater):
    """A rater at the lens's page."""

    def shown(self, item) -> None:
        self.page.locator(".valact-left", has_text=item["action"][:60]).wait_for()
        self.page.locator(".lsf-choice__item").nth(len(item["value_choices"]) + 2).wait_for()

    def blind(self, item, value: str, stance: str) -> None:
        self.choose(item["value_choices"], value, 0)
        self.choose(item["stance_choices"], stance, len(item["value_choices"]))

    def told(self, item, **answers: str) -> None:
        before = len(item["value_choices"]) + len(item["stance_choices"])
        for place, name in enumerate(("correct", "harmless", "sufficient", "plausible", "own_country")):
            if name in answers:
                self.choose(item[f"{name}_choices"], answers[name], before + 2 * place)


@pytest.fixture
def project(tmp_path, monkeypatch, studio, lens_run):
    """A folder with the sample's actions, whose stages know the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.server.key)
    for folder in ("grid", "generate"):
        shutil.copytree(lens_run / "lens/data" / folder, tmp_path / "lens/data" / folder)
    text = (ROOT / "lens/profiles/sample.yaml").read_text().replace("half_width: 0.13", "half_width: 0.3")
    Path("lens/params.yaml").write_text(text.replace("raters: 3", "raters: 1"))
    os.makedirs("lens/annotations/rounds")
    os.symlink(ROOT / "annotations", "annotations")
    for name in ("labelling.xml", "guidelines.md"):
        shutil.copyfile(ROOT / "lens/annotations" / name, Path("lens/annotations") / name)


def test_a_person_judges_blind_and_then_told_and_one_from_elsewhere_leaves_the_place(
    project, studio, browser
):
    run("send")
    several = outgoing(site=SITE).follow_ups
    with connect(studio.server) as client:
        number = {name: projects.find(client, name).id for name in several}
    assert sorted(number) == ["lens-trial.in-germany", "lens-trial.in-uganda"]
    tasks = {task["data"]["item_id"]: task["data"] for task in several["lens-trial.in-uganda"]}

    one = LensRater(browser, studio.url, studio.rater("amina").email)
    try:
        item = one.open(number["lens-trial.in-uganda"])
        first, value = item["item_id"], item["value_choices"][0]["alias"]
        one.shown(item)
        page = one.page.locator(".valact")
        assert item["told"] not in page.inner_text()
        assert item["explanation"] not in page.inner_text()
        one.choose(item["value_choices"], value, 0)
        assert item["told"] not in page.inner_text()  # the stance is not given yet
        one.blind(item, value, "opposes")
        page.get_by_text(item["told"]).wait_for()
        assert item["explanation"] in page.inner_text()
        if shots := os.environ.get("VALACT_SHOTS"):
            one.page.screenshot(path=f"{shots}/told.png", full_page=True)
        one.told(item, correct="no", harmless="yes", sufficient="no", plausible="yes")
        one.page.keyboard.press("Control+Enter")  # one answer is missing
        one.page.get_by_text("Say whether you know the country").wait_for()
        one.page.keyboard.press("Escape")
        one.told(item, own_country="no")
        with one.page.expect_response(lambda said: "next_task" in said.url):
            one.page.keyboard.press("Control+Enter")
    finally:
        one.close()

    run("collect")
    run("validate")
    [row] = read_table(places.JUDGEMENTS.schema, places.JUDGEMENTS.path()).iter_rows(named=True)
    names = ("item_id", "value", "stance", "correct", "harmless", "sufficient", "plausible", "own_country")
    assert [row[name] for name in names] == [first, value, "opposes", False, True, False, True, False]
    assert gate.read(places.GATE).figures["coverage"]["there"] == 0
    published = Path("lens/annotations/rounds/lens-trial.in-uganda.json").read_text()
    assert "example.org" not in published
    assert tasks[first]["action"] not in published

    # The place is free for somebody of the country.
    run("send")
    two = LensRater(browser, studio.url, studio.rater("bosco").email)
    try:
        asked, item = set(), two.open(number["lens-trial.in-uganda"])
        while item:
            asked.add(item["item_id"])
            with two.page.expect_response(lambda said: "next_task" in said.url) as said:
                two.page.keyboard.press("Control+Space")
            item = said.value.json()["data"] if said.value.ok else None
        assert asked == set(tasks)
    finally:
        two.close()
