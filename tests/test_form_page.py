"""The questionnaire as people have it: a page in a browser, by keyboard and by touch, offline, saved and imported."""

import json

import pytest
from services.browser import offline_pages
from services.folder import valact, write_params
from services.study import QUESTIONS, make_study

PHONE = {
    "viewport": {"width": 375, "height": 667},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}
ITEMS = 40 + QUESTIONS + 4
# Contrast of text with what is behind it, after WCAG 2 (AA: 4.5 for text of this size).
CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const part = (c) => ((c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.getClientRects().length && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => !["SCRIPT", "STYLE", "NOSCRIPT"].includes(e.tagName))
    .map((e) => { const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)]; });
}"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


@pytest.fixture
def visit(browser, study):
    """Opens a form's page."""
    with offline_pages(browser, "file:", "blob:") as pages:
        yield lambda form="f001", **device: pages(
            (study.folder / f"forms/pages/{form}.html").as_uri(), **device
        )


def item_on(page):
    return page.evaluate("document.getElementById('text').textContent")


def expected_record(study, form, choices):
    """Answers by item id, from the places chosen."""
    return {
        i["item_id"]: None if c is None else (i["option_ids"][c - 1] if i["option_ids"] else c)
        for i, c in zip(study.items(form), choices, strict=True)
    }


def choices_of(study, form):
    """A choice for each item of the form, in the order shown: varied, and what attention checks ask for."""
    return [
        i["expected"] or (number * 7 + number // 5) % (4 if i["option_ids"] else 6) + 1
        for number, i in enumerate(study.items(form))
    ]


def hurry(page):
    """To the end, without an answer to anything that has none."""
    page.evaluate("""() => {
      const [next, skip] = ["next", "skip"].map((id) => document.getElementById(id));
      for (let i = 0; i < 300; i++) { next.click(); if (!skip.hidden) skip.click(); }
    }""")
    assert page.is_visible("#finish")


def save(page, study, button, name):
    with page.expect_download() as waiting:
        page.click(button)
    path = study.folder / name
    waiting.value.save_as(path)
    return path, waiting.value.suggested_filename


def test_by_keyboard_alone_from_consent_to_an_imported_file(visit, study):
    page, keyboard = (page := visit(**LAPTOP)), page.keyboard
    choices = choices_of(study, "f001")
    keyboard.press("Enter")
    assert "tick the box" in page.inner_text("#message")
    keyboard.press("Space")  # the box has the focus
    keyboard.press("Tab")
    keyboard.type("anna 1, =x")
    keyboard.press("Enter")
    for number, (item, choice) in enumerate(zip(study.items("f001"), choices, strict=True)):
        while not page.is_visible("#item"):
            keyboard.press("Enter")
        assert page.inner_text("#count") == f"{number + 1} of {ITEMS}"
        if number == 3:  # arrows alone do it too: from the first radio downwards
            keyboard.press("Tab")
            keyboard.press("Space")
            for _ in range(choice - 1):
                keyboard.press("ArrowDown")
        else:
            keyboard.press("ABCD"[choice - 1].lower() if item["option_ids"] else str(choice))
        keyboard.press("Enter")
    assert page.is_visible("#finish")
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == "save":
            break
        keyboard.press("Tab")
    with page.expect_download() as waiting:
        keyboard.press("Enter")
    path = study.folder / "anna.json"
    waiting.value.save_as(path)
    assert "anna" not in waiting.value.suggested_filename
    record = json.loads(path.read_text())
    assert (record["participant"], record["form"], record["design"]) == ("anna1x", "f001", study.design)
    assert {e["item"]: e["answer"] for e in record["items"]} == expected_record(study, "f001", choices)
    assert [e["options"] for e in record["items"]] == [i["option_ids"] for i in study.items("f001")]
    # A machine answers too fast, and the import says so; at a person's pace the same file is taken.
    study.take_in(path)
    assert {reason for _, reason, *_ in study.ledger()} == {"too_fast"}
    for entry in record["items"]:
        entry["seconds"] += 10
    study.take_in(study.save(record, "slow.json"))
    assert study.ledger() == []
    assert study.table("choices")["status"].to_list() == ["answered"] * QUESTIONS


def test_by_touch_on_a_phone_with_a_reload_and_a_way_back(visit, study):
    page = visit("f002", **PHONE)
    items, choices = study.items("f002"), choices_of(study, "f002")
    page.tap("#agree")
    page.tap("#next")
    left_out = 5
    for number, choice in enumerate(choices):
        while not page.is_visible("#item"):
            page.tap("#next")
        if number == left_out:
            page.tap("#next")
            assert "not chosen anything" in page.inner_text("#message")
            page.tap("#skip")
            continue
        if number == 10:  # the phone closes the page; what was answered is there, and so is the place
            before = item_on(page)
            page.reload()
            assert item_on(page) == before
            page.tap("#back")
            assert page.locator(".option input:checked").input_value() == str(choices[9] - 1)
            page.locator(".option").nth(choices[9] % 2).tap()  # another answer, and back to the first one
            page.locator(".option").nth(choices[9] - 1).tap()
            page.tap("#next")
        page.locator(".option").nth(choice - 1).tap()
        page.tap("#next")
    assert "skipped: 1" in page.inner_text("#left-out")
    page.tap("#to-unanswered")
    assert page.inner_text("#count") == f"{left_out + 1} of {ITEMS}"
    page.locator(".option").nth(choices[left_out] - 1).tap()
    while not page.is_visible("#finish"):
        page.tap("#next")
    assert page.is_hidden("#left-out")
    as_json, _ = save(page, study, "#save", "phone.json")
    as_csv, name = save(page, study, "#save-csv", "phone.csv")
    assert name.endswith(".csv")
    record = json.loads(as_json.read_text())
    assert record["participant"] == page.inner_text("#your-code") != ""
    assert {e["item"]: e["answer"] for e in record["items"]} == expected_record(study, "f002", choices)
    assert all(entry["seconds"] >= 0 for entry in record["items"])
    assert page.evaluate("document.getElementById('copy').value") == as_json.read_text()
    study.take_in(as_json)
    from_json = [study.ledger()[0][1:2], study.table("ledger")["detail"].to_list()]
    study.take_in(as_csv)
    assert [study.ledger()[0][1:2], study.table("ledger")["detail"].to_list()] == from_json
    assert len(items) == len(record["items"])


def test_answers_stay_on_the_device_until_their_owner_deletes_them(visit, study):
    page = visit("f003", **PHONE)
    page.tap("#agree")
    page.fill("#code", "k7")
    for _ in range(2):
        page.tap("#next")
    page.locator(".option").first.tap()
    hurry(page)
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "k7" in kept
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.tap("#clear")
    assert page.evaluate("JSON.stringify(localStorage)") == kept
    page.once("dialog", lambda dialog: dialog.accept())
    page.tap("#clear")
    page.reload()
    assert page.evaluate("localStorage.length") == 0
    assert page.is_visible("#start")
    assert page.input_value("#code") == ""
    assert not page.is_checked("#agree")


def test_without_a_memory_the_page_says_so_and_works(visit):
    page = visit("f001", **LAPTOP)
    page.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }});"
    )
    page.reload()
    assert page.is_visible("#no-memory")
    page.check("#agree")
    for _ in range(2):
        page.click("#next")
    page.keyboard.press("2")
    assert page.locator(".option input:checked").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [PHONE, LAPTOP, {"viewport": {"width": 320, "height": 568}}])
def test_it_can_be_read_and_touched_everywhere(visit, device, scheme):
    page = visit("f001", **device, color_scheme=scheme)

    def look():
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        poor = [(round(ratio, 1), text) for ratio, text in page.evaluate(CONTRAST) if ratio < 4.5]
        assert not poor
        small = page.evaluate(
            "[...document.querySelectorAll('button, .option, .tick')].filter((e) => e.getClientRects().length)"
            ".filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.textContent)"
        )
        assert not small
        assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 16

    look()
    page.check("#agree")
    page.click("#next")
    look()
    for _ in range(2):
        page.click("#next")
    assert page.is_visible("#skip")
    look()
    page.keyboard.press("3")
    look()
    hurry(page)
    page.click("summary")
    look()


def test_the_choice_is_seen_without_colours(visit):
    page = visit("f001", **LAPTOP)
    page.emulate_media(forced_colors="active")
    page.check("#agree")
    for _ in range(2):
        page.click("#next")
    page.keyboard.press("2")
    page.evaluate("document.activeElement.blur()")
    styles = "[...document.querySelectorAll('.option')].map((e) => getComputedStyle(e).outlineStyle)"
    assert page.evaluate(styles) == ["none", "solid", "none", "none", "none", "none"]


def test_own_texts_are_on_the_page_and_cannot_run(visit, study):
    own = study.folder / "texts.md"
    own.write_text(
        "# Welcome\n\n## Our study\n\n<script>document.title = 'run'</script> *Hello*.\n\n# Words\n\n- start: Go!\n"
    )
    forms = study.params.forms.model_copy(update={"texts": str(own)})
    write_params(study.folder, study.params.model_copy(update={"forms": forms}))
    valact("forms", "--n", "1", "--out", "own")
    page = visit("../../own/pages/f001", **LAPTOP)
    assert page.title() == "Our study"
    assert page.inner_text("#start h2").strip() == "Our study"
    assert page.inner_text("#start em") == "Hello"
    assert page.inner_text("#next") == "Go!"
