"""A questionnaire is designed from how long people take, and asks nobody who was not told what it is."""

import json
import re
from collections import Counter

import polars as pl
import pytest
from services.browser import offline_pages
from services.folder import valact, write_params
from services.study import TOLD, make_study
from services.values import DESIGN, SLUGS, TEN

from pipeline.assemble.deal import deal_balanced
from pipeline.core.words import count_words
from pipeline.forms.balance import deal_questions
from pipeline.forms.duration import minutes_of, promised, words_to_read
from pipeline.params.people import Background, Forms, Reading
from pipeline.tables.flags import FLAGS

AGE = {"age": Background(question="How old are you?", answers=["18 to 29", "30 or older"])}
NAMES = "[...document.querySelectorAll('#questions fieldset')].map((f) => f.querySelector('input').name)"
LAPTOP = {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return make_study(
        folder, forms=3, questions=10, together=5, instrument="pvq21", asks="would_do", background=AGE
    )


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


def changed(study, **settings):
    """The same project with other settings of its forms."""
    forms = study.params.forms.model_copy(update=settings)
    write_params(study.folder, study.params.model_copy(update={"forms": forms}))


def content(path):
    return json.loads(re.search(r'id="form">(.*?)</script>', path.read_text(), re.DOTALL).group(1))


def text_of(path):
    page = path.read_text().partition("</head>")[2].partition('<script type="application/json"')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_minutes_are_words_at_the_speed_and_a_moment_for_each_answer():
    reading = Reading(words_per_minute=200, seconds_statement=3, seconds_question=6)
    assert minutes_of(["one two three four"] * 100, 10, 20, reading) == 2 + 0.5 + 2
    assert words_to_read("你该怎么办呢") == pytest.approx(3.6)
    assert [promised([m]) for m in (0.5, 5, 5.1, 44.9)] == [5, 5, 10, 45]
    assert promised([12, 31]) == 35


def test_as_many_questions_as_fit_and_the_promise_is_that_of_the_longest_form(study):
    """Time is counted here anew, from what the pages hold; one more situation would be too much."""
    changed(study, minutes=None)
    said = valact("forms", "--n", "3", "--minutes", "9", "--out", "timed").output
    assert "people are told about 10" in said

    def minutes(folder, form):
        page = content(study.folder / folder / f"pages/{form}.html")
        items = [item for block in page["blocks"] for item in block["items"]]
        asked = [item for item in items if "options" in item]
        assert len({item["text"] for item in asked if item.get("follows")}) < len(asked)
        read = [
            text for item in items if not item.get("follows") for text in (item["text"], item.get("note", ""))
        ]
        read += [option["text"] for item in asked for option in item["options"]]
        seconds = 3 * (len(items) - len(asked) + 1) + 6 * len(asked)
        return sum(map(count_words, read)) / 238 + seconds / 60, len(asked)

    counted = [minutes("timed", f"f00{n}") for n in (1, 2, 3)]
    # The texts around the items are the rest.
    assert all(4 < time < 9 for time, _ in counted)
    fitted = {number for _, number in counted}
    assert len(fitted) == 1
    questions = json.loads((study.folder / "timed/key/design.json").read_text())
    assert questions["minutes"] == 10
    number = int(re.search(r"(\d+) questions and", said).group(1))
    assert number % 5 == 0
    changed(study, questions=number + 5)
    more = valact("forms", "--n", "3", "--out", "more").output
    assert float(re.search(r"(\d+) minutes; people", more).group(1)) >= 9
    refused = valact("forms", "--n", "1", "--minutes", "2", "--out", "short", fails=True).output
    assert "a form of 5 questions already takes" in refused


def test_questions_about_one_situation_stand_together_and_forms_stay_even(study):
    for form in ("f001", "f002", "f003"):
        page = content(study.folder / f"forms/pages/{form}.html")
        kinds = {item["item_id"]: item for item in study.items(form)}
        (block,) = (block["items"] for block in page["blocks"] if block["kind"] == "situations")
        screens = []
        for item in block:
            if item.get("follows"):
                screens[-1].append(item)
            else:
                screens.append([item])
        asked = [screen for screen in screens if kinds[screen[0]["id"]]["kind"] == "question"]
        assert [len(screen) for screen in asked] == [5] * 2
        assert all(len({item["text"] for item in screen}) == 1 for screen in asked)
        scenarios = [{kinds[item["id"]]["scenario_id"] for item in screen} for screen in asked]
        assert all(len(one) == 1 for one in scenarios)
        questions = [kinds[item["id"]]["question_id"] for screen in asked for item in screen]
        assert len(set(questions)) == 10
    assert study.facts["values_shown_differ_by"] == 0
    used = Counter(study.key["question_id"].drop_nulls())
    assert max(used.values()) - min(used.values()) <= 1
    changed(study, questions=30, together=4)
    assert "cannot be shown 4 at a time" in valact("forms", "--n", "1", "--out", "x", fails=True).output
    changed(study, questions=28, together=4)
    refused = " ".join(valact("forms", "--n", "1", "--out", "x", fails=True).output.split())
    assert "is more than the 24 that these situations hold" in refused


# With four of five there is only one question of a scenario to exchange with.
@pytest.mark.parametrize(("together", "spread"), [(2, 0), (4, 2), (5, 0)])
def test_values_are_even_in_each_form_however_many_questions_stand_together(together, spread):
    names = [f"s{number:010x}" for number in range(60)]
    dealt = list(deal_balanced([names], 7, DESIGN, SLUGS))
    questions = {one.scenario_id: [f"{one.scenario_id}.q{n}" for n in range(1, 6)] for one in dealt}
    values = {
        f"{one.scenario_id}.q{n}": [card.value for card in hand]
        for one in dealt
        for n, hand in enumerate(one.hands, start=1)
    }
    deal = deal_questions(questions, values, 4, 40, TEN, 3, together)
    assert deal.spread <= spread
    for form in deal.forms:
        assert set(Counter(question.partition(".")[0] for question in form).values()) == {together}


def test_long_situations_are_left_out_where_wanted(study):
    words = {
        count_words(item["text"])
        for item in content(study.folder / "forms/pages/f001.html")["blocks"][1]["items"]
    }
    changed(study, max_words=min(words) - 1)
    assert "words or fewer" in valact("forms", "--n", "1", "--out", "x", fails=True).output


def test_one_question_is_asked_and_the_answers_say_which(study):
    page = text_of(study.folder / "forms/pages/f001.html")
    assert "What would you do?" in page
    assert "appropriate" not in page
    assert content(study.folder / "forms/pages/f001.html")["words"]["which"] == "What would you do?"
    study.take_in(study.save(study.record("f001", "anna"), "a.json"))
    assert "asked what they would do" in study.table("respondents")["source"][0]
    changed(study, asks="most_appropriate")
    valact("forms", "--n", "3", "--out", "other")
    assert "What would you do?" not in text_of(study.folder / "other/pages/f001.html")
    assert json.loads((study.folder / "other/key/design.json").read_text())["design"] != study.design


def test_nobody_is_asked_who_was_not_told(study):
    """Every field is needed; a draft says on its page what is missing, and changes what people agree to."""
    for name in type(TOLD).model_fields:
        changed(study, consent=TOLD.model_copy(update={name: " "}))
        refused = " ".join(valact("forms", "--n", "1", "--out", "x", fails=True).output.split())
        assert f"people are not told: {name}" in refused
    assert not (study.folder / "x").exists()
    assert "A draft" in valact("forms", "--n", "3", "--draft", "--out", "draft").output
    page = text_of(study.folder / "draft/pages/f001.html")
    assert "Draft: not for participants. Not stated yet: If something in it troubles you." in page
    assert json.loads((study.folder / "draft/study.json").read_text())["draft"]
    whole = text_of(study.folder / "forms/pages/f001.html")
    assert "Draft" not in whole
    assert all(text in whole for _, text in TOLD)
    assert not json.loads((study.folder / "forms/study.json").read_text())["draft"]
    facts = [json.loads((study.folder / f"{f}/key/design.json").read_text()) for f in ("forms", "draft")]
    assert facts[0]["design"] == facts[1]["design"]
    assert facts[0]["consent"] != facts[1]["consent"]


def test_the_warning_is_of_what_these_situations_hold(study):
    path = study.folder / "data/assemble/scenarios.parquet"
    none, first = pl.lit(False), pl.int_range(pl.len()) == 0
    pl.read_parquet(path).with_columns(**dict.fromkeys(FLAGS, none)).write_parquet(path)
    changed(study, questions=30)
    valact("forms", "--n", "1", "--out", "harmless")
    assert "conflict, illness, money trouble" in text_of(study.folder / "harmless/pages/f001.html")
    pl.read_parquet(path).with_columns(self_harm=first, minors=first, prompt_injection=first).write_parquet(
        path
    )
    changed(study, questions=30)
    valact("forms", "--n", "1", "--out", "warned")
    assert "touch on: self-harm, a person under 18. A note" in text_of(
        study.folder / "warned/pages/f001.html"
    )


def test_the_sample_says_that_it_is_one(root):
    from pipeline import params

    consent = params.load(root / "params.yaml").forms.consent
    assert not consent.missing
    assert "sample" in consent.researcher
    assert "no study is held" in consent.researcher + consent.pay
    assert params.load(root / "profiles/paper.yaml").forms.consent.missing == list(type(consent).model_fields)
    with pytest.raises(ValueError, match="multiple of 5"):
        Forms(questions=12, together=5)


def test_by_keyboard_through_screens_of_five_to_a_file_that_says_when_one_agreed(browser, study):
    with offline_pages(browser, "file:", "blob:") as pages:
        page = pages((study.folder / "forms/pages/f001.html").as_uri(), **LAPTOP)
        keyboard = page.keyboard
        keyboard.press("Enter")
        keyboard.press("Space")
        keyboard.press("Enter")
        assert page.is_visible("#begun")
        code = page.inner_text("#begun-code")
        items = {item["item_id"]: item for item in study.items("f001")}
        shown, numbers = {}, []
        for _ in range(200):
            if not page.is_visible("#item"):
                if page.is_visible("#about"):
                    break
                keyboard.press("Enter")
                continue
            names = page.evaluate(
                "[...document.querySelectorAll('#questions fieldset')].map((f) => f.querySelector('input').name)"
            )
            numbers.append(len(names))
            for name in names:
                item = items[name]
                choice = item["expected"] or item["place"] % 4 + 1
                keyboard.press("abcd"[choice - 1] if item["option_ids"] else str(choice))
                shown[name] = choice
                keyboard.press("Enter")
        assert numbers.count(5) == 2
        page.get_by_text("30 or older").click()
        keyboard.press("Enter")
        assert page.inner_text("#withdrawal") == code
        with page.expect_download() as waiting:
            page.click("#save")
        waiting.value.save_as(study.folder / "answers.json")
    record = json.loads((study.folder / "answers.json").read_text())
    assert record["withdrawal"] == code
    assert re.fullmatch(r"[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}", code)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["consent"]["agreed"])
    assert record["consent"]["text"] == study.facts["consent"]
    assert record["background"] == {"age": "30 or older"}
    given = {e["item"]: e["answer"] for e in record["items"]}
    assert given == {
        n: items[n]["option_ids"][c - 1] if items[n]["option_ids"] else c for n, c in shown.items()
    }
