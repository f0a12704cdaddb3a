"""Pages in other languages: our Chinese is whole, a file of one's own says its language, right to left is mirrored."""

import re
from contextlib import chdir
from importlib.resources import files
from pathlib import Path
from string import Formatter

import polars as pl
import pytest
from services.browser import offline_pages
from services.folder import valact, write_params
from services.study import make_study
from services.translated import translations

from pipeline.administer.design import Material
from pipeline.administer.languages import translated
from pipeline.core.errors import InputError
from pipeline.forms import texts
from pipeline.tables import places, write_table

HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
WORD = re.compile(r"^- (\w+): (.+)$", re.MULTILINE)
LATIN = re.compile(r"[A-Za-z]{3,}")
# No words of a language: what braces hold, file types, and the masks of posts.
NAMES = {"CSV", "JSON", "PERSON", "PROLIFIC", "PID", "https"}
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
PHONE = {"viewport": {"width": 375, "height": 667}}
# A laptop's 1,280 pixels at 200 % of the text's size; and the least width that WCAG 2 asks for (1.4.10).
ZOOMED = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
NARROW = {"viewport": {"width": 320, "height": 512}, "color_scheme": "dark"}
CHINESE = texts.DEFAULT.with_suffix(".zh.md")


def written(path):
    """Headings and words of a file as it is, in order, with nothing of another file's."""
    text = path.read_text(encoding="utf-8")
    return HEADING.findall(text), dict(WORD.findall(text))


def mirrored():
    """Every text of ours in Arabic letters, the places for answers kept: a file as a translator would write it."""

    def swap(text):
        return re.sub(r"\{\w+\}|[A-Za-z]+", lambda m: m[0] if m[0][0] == "{" else "كلمة", text)

    lines, words = [], False
    for line in texts.DEFAULT.read_text(encoding="utf-8").splitlines():
        words = words or line == "# Words"
        if line.startswith("# ") or not line:
            lines.append(line)
        elif words:
            name, text = line.removeprefix("- ").split(": ", 1)
            lines.append(f'- {name}: "{swap(text.strip(chr(34)))}"')
        elif line.startswith("- "):
            lines.append(f"{swap(line)} {len(lines)}")
        else:
            lines.append(swap(line))
    return "\n".join(lines).replace("# Language\n\nكلمة", "# Language\n\nar") + "\n"


def test_every_text_of_ours_is_there_in_chinese():
    (headings, words), (english, english_words) = written(CHINESE), written(texts.DEFAULT)
    assert headings == english
    assert list(words) == list(english_words)
    places = {name: {f for _, f, _, _ in Formatter().parse(text) if f} for name, text in words.items()}
    assert places == {n: {f for _, f, _, _ in Formatter().parse(t) if f} for n, t in english_words.items()}
    loaded = texts.load(language="zh")
    assert (loaded.language, loaded.direction) == ("zh", "ltr")
    said = [*loaded.pages.values(), *loaded.words.values(), *loaded.check_options, *loaded.option_names]
    latin = {word for text in said for word in LATIN.findall(re.sub(r"\{\w+\}", "", text))}
    assert latin <= NAMES


def test_the_language_of_the_items_chooses_our_texts_and_a_file_its_own(tmp_path):
    assert texts.load(language="fr").language == "en"
    own = tmp_path / "own.md"
    own.write_text("# Finished\n\nMerci\n")
    assert (texts.load(own).language, texts.load(own, language="zh").language) == ("en", "zh")
    assert texts.load(own, language="zh").words == texts.load(language="zh").words
    own.write_text("# Language\n\nfr\n\n# Finished\n\nMerci\n")
    with pytest.raises(InputError, match="the texts are in 'fr', and we have none in it: 'About you'"):
        texts.load(own)
    own.write_text("# Language\n\nFrench\n")
    with pytest.raises(InputError, match="'French' is no code of a language"):
        texts.load(own)
    own.write_text(mirrored(), encoding="utf-8")
    assert texts.load(own).direction == "rtl"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Forms in English, in Arabic letters (their page's direction is from right to left) and in Chinese."""
    folder = tmp_path_factory.mktemp("languages")
    made = make_study(folder, forms=1)
    (folder / "rtl.md").write_text(mirrored(), encoding="utf-8")
    with chdir(folder):
        for name, changes in (("rtl", {"texts": "rtl.md"}), ("zh", {"language": "zh"})):
            changed = made.params.forms.model_copy(update=changes)
            write_params(folder, made.params.model_copy(update={"forms": changed}))
            valact("forms", "--n", "1", "--out", name)
    return made


def test_a_chinese_form_shows_translated_situations_and_its_answers_count(study, monkeypatch):
    monkeypatch.chdir(study.folder)
    made = Material.read(Path("data/assemble"))
    lost = made.options.sort("question_id")["action_id"][0]
    table = translations(made, faults={lost: "empty"})
    changed = study.params.forms.model_copy(update={"language": "zh", "questions": 5})
    write_params(study.folder, study.params.model_copy(update={"forms": changed}))
    assert (
        "situations in 'en': there are no translations" in valact("forms", "--n", "1", "--out", "none").output
    )
    write_table(places.TRANSLATIONS.schema, table, places.TRANSLATIONS.path())
    try:
        said = valact("forms", "--n", "1", "--out", "whole").output
    finally:
        places.TRANSLATIONS.path().unlink()
    assert "1 situations are left out" in said
    rows = pl.read_parquet("whole/key/key.parquet")
    shown = rows.drop_nulls("question_id")["question_id"]
    assert shown.len() == 5
    assert not any(name.startswith(lost.split(".")[0]) for name in shown)
    assert rows["language"].unique().to_list() == ["zh"]
    assert "译" in Path("whole/pages/f001.html").read_text(encoding="utf-8")
    there = translated(made, table, "zh")
    hashes = dict(there.questions.select("question_id", "content_sha256").iter_rows())
    key = pl.read_parquet("whole/key/questions.parquet")
    assert all(
        hashes[name] == digest for name, digest in key.select("question_id", "content_sha256").iter_rows()
    )


def screens(page):
    """Start, a statement, a situation and the end of a page, one after the other on the screen."""
    yield "start"
    page.click("#agree")
    page.click("#next")
    seen = set()
    for _ in range(200):
        if page.is_visible("#finish"):
            break
        if page.is_visible("#item"):
            kind = page.evaluate("document.getElementById('text').className") or "situation"
            if kind not in seen:
                seen.add(kind)
                yield kind
        page.evaluate("""() => { const [next, skip] = ["next", "skip"].map((id) => document.getElementById(id));
          next.click(); if (!skip.hidden) skip.click(); }""")
    yield "finish"


@pytest.mark.parametrize(("folder", "device"), [("forms", NARROW), ("rtl", PHONE), ("zh", ZOOMED)])
def test_pages_are_accessible_and_never_scroll_sideways(folder, device, study, browser):
    """axe-core without serious findings on every kind of screen, and on paper; nothing wider than the window."""
    with offline_pages(browser, "file:") as pages:
        page = pages((study.folder / folder / "pages/f001.html").as_uri(), **device)
        page.evaluate(AXE)
        seen = []
        for screen in screens(page):
            seen.append(screen)
            found = page.evaluate("axe.run().then((r) => r.violations)")
            serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
            assert (screen, serious) == (screen, [])
            page.emulate_media(media="print")
            assert not page.is_visible("#bottom")
            # Printers leave backgrounds out: pale letters of a dark screen would be gone.
            assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 27, 26)", screen
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, screen
            page.emulate_media(media="screen")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, screen
        assert sorted(seen) == ["finish", "situation", "start", "statement"]


def test_a_page_from_right_to_left_is_mirrored_and_english_texts_in_it_are_not(study, browser):
    """Layout: what stands at the left in English stands at the right; the situation keeps its own direction."""
    middle = "(e) => { const r = e.getBoundingClientRect(); return r.left + r.width / 2; }"
    found = {}
    for folder in ("forms", "rtl"):
        with offline_pages(browser, "file:") as pages:
            page = pages((study.folder / folder / "pages/f001.html").as_uri(), **PHONE)
            assert page.evaluate("document.documentElement.scrollWidth") <= 375
            ticks = page.locator("#agree").evaluate(middle)
            page.click("#agree")
            page.click("#next")
            page.click("#next")
            assert page.is_visible("#item")
            found[folder] = {
                "lang": page.evaluate("[document.documentElement.lang, document.documentElement.dir]"),
                "tick": ticks > 187,
                "next": page.locator("#next").evaluate(middle) > 187,
                "back": page.locator("#back").evaluate(middle) > 187,
                "item": page.locator("#text").evaluate("(e) => [e.lang, getComputedStyle(e).direction]"),
                "letter": page.locator(".letter").first.evaluate(middle) > 187,
            }
            assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert found["forms"] == {
        "lang": ["en", "ltr"],
        "tick": False,
        "next": True,
        "back": False,
        "item": ["en", "ltr"],
        "letter": False,
    }
    assert found["rtl"] == {
        "lang": ["ar", "rtl"],
        "tick": True,
        "next": False,
        "back": True,
        "item": ["en", "ltr"],
        "letter": False,
    }
