"""The page of translations on a real Label Studio server: shown side by side, mended in the browser, brought back."""

from __future__ import annotations

import polars as pl
import pytest
from services.label_studio import PageRater
from services.translated import MARK, table_of

from pipeline import params as settings
from pipeline.annotation import projects, rounds
from pipeline.annotation.client import connect
from pipeline.translate.rating import collect, send

pytestmark = pytest.mark.slow
ENGLISH = {
    "s0123456789": "My [PERSON] wants to move in with us. What should I do?",
    "s0123456789.power.w": "Tell them who pays the rent.",
}


def test_a_rater_mends_a_translation_in_the_browser(studio, browser, root, tmp_path) -> None:
    params = settings.load(root / "params.yaml")
    spoken = params.translate.model_copy(update={"languages": {"zh": "Simplified Chinese"}})
    params = params.model_copy(update={"translate": spoken})
    kinds = {False: "scenario", True: "action"}
    table = table_of(
        [(name, name[:11], text, kinds["." in name]) for name, text in ENGLISH.items()],
        faults={"s0123456789.power.w": "unlike"},
    )
    english = pl.DataFrame({"id": [*ENGLISH], "english": [*ENGLISH.values()]})

    def sent() -> str:
        return str(send(studio.server, params, table, english, "zh", folder=root))

    assert "created with 2 tasks" in sent()
    assert "as it should be" in sent()
    with connect(studio.server) as client:
        number = projects.find(client, "translation.zh").id
    page = PageRater(browser, studio.url, studio.rater("zoe").email)
    try:
        first = page.open(number)
        assert first["item_id"].startswith("s0123456789.power.w.zh.")
        shown = page.page.locator(".valact")
        shown.wait_for()
        text = shown.inner_text()
        for said in ("Tell them who pays the rent.", f"{MARK}Tell them", "Simplified Chinese", "An action."):
            assert said in text
        page.page.keyboard.press("2")
        field = page.page.locator(".valact textarea")
        assert field.input_value() == f"{MARK}Tell them who pays the rent."
        field.fill("告诉他们谁付房租。")
        field.press("Shift+Enter")
        page.page.get_by_text("告诉他们谁付房租。").first.wait_for()
        page.page.locator("button", has_text="Submit").first.click()
        page.page.get_by_text("My [PERSON] wants").first.wait_for()
    finally:
        page.close()
    assert collect(studio.server, "zh", tmp_path) == (1, 1)
    assert collect(studio.server, "zh", tmp_path) == (0, 1)
    (made,) = rounds.known("translation.zh", tmp_path / rounds.TRANSLATIONS).annotations
    typed = {part["type"]: part["value"] for part in made["result"]}
    assert typed["choices"] == {"choices": ["mend"]}
    assert typed["textarea"]["text"] == ["告诉他们谁付房租。"]
