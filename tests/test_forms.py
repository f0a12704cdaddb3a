"""Questionnaires for people: balance that can be counted, pages that give nothing away, a key that is kept."""

import csv
import itertools
import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from services.folder import valact, write_params
from services.study import QUESTIONS, make_study
from services.values import DESIGN, SLUGS, TEN

from pipeline.assemble.deal import deal_balanced, deal_paper
from pipeline.core.errors import InputError
from pipeline.forms import texts
from pipeline.forms.balance import deal_questions, option_orders
from pipeline.instruments import load, stand_in

IDS = re.compile(r"[io][0-9a-f]{12}")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return built.copied(tmp_path)


def bank(scenarios, deal=deal_balanced, seed=7):
    """Questions of each scenario, and values of each question, in five categories."""
    groups = [[f"s{group:02x}{i:08x}" for i in range(scenarios // 5)] for group in range(5)]
    questions, values = {}, {}
    for dealt in deal(groups, seed, DESIGN, SLUGS):
        names = questions[dealt.scenario_id] = [f"{dealt.scenario_id}.q{n}" for n in range(1, 6)]
        values |= {n: [card.value for card in hand] for n, hand in zip(names, dealt.hands, strict=True)}
    return questions, values


def spread(numbers):
    return max(numbers) - min(numbers)


def check_bounds(deal, questions, forms, size):
    """What holds for every design: sizes, no question twice, scenarios within one, over all forms and in each."""
    assert [len(set(form)) for form in deal.forms] == [size] * forms
    scenario = {q: s for s, qs in questions.items() for q in qs}
    overall = Counter(scenario[q] for form in deal.forms for q in form)
    assert spread([overall[s] for s in questions]) <= 1
    for form in deal.forms:
        counts = Counter(scenario[q] for q in form)
        assert spread([counts[s] for s in questions]) <= 1


@pytest.mark.parametrize("deal", [deal_balanced, deal_paper])
@pytest.mark.parametrize(("scenarios", "forms"), [(3000, 55), (30, 4), (30, 15), (100, 20), (80, 5)])
def test_forms_of_80_questions_show_every_value_32_times_and_8_times_at_each_position(deal, scenarios, forms):
    questions, values = bank(scenarios, deal)
    dealt = deal_questions(questions, values, forms, 80, TEN, seed=3)
    check_bounds(dealt, questions, forms, 80)
    assert dealt.spread == 0
    for form in dealt.forms:
        assert Counter(v for q in form for v in values[q]) == dict.fromkeys(SLUGS, 32)
        orders = option_orders(form, values, seed=5)
        at = Counter((values[q][int(p) - 1], place) for q in form for place, p in enumerate(orders[q]))
        assert at == dict.fromkeys(itertools.product(SLUGS, range(4)), 8)


@given(scenarios=st.integers(1, 8), forms=st.integers(1, 6), size=st.integers(1, 40), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_scenarios_are_even_within_one_and_the_reported_bounds_are_those_of_the_forms(
    scenarios, forms, size, seed
):
    questions, values = bank(5 * scenarios)
    size = min(size, 25 * scenarios)
    dealt = deal_questions(questions, values, forms, size, TEN, seed)
    check_bounds(dealt, questions, forms, size)
    shown = [Counter(v for q in form for v in values[q]) for form in dealt.forms]
    assert dealt.spread == max(spread([count[v] for v in SLUGS]) for count in shown)
    used = Counter(q for form in dealt.forms for q in form)
    assert dealt.uses == max(spread([used[q] for q in qs]) for qs in questions.values())


@given(data=st.data(), seed=st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_values_are_at_each_position_equally_often_within_one_whatever_the_questions(data, seed):
    hands = data.draw(
        st.lists(st.permutations(SLUGS).map(lambda values: values[:4]), min_size=1, max_size=40)
    )
    values = {f"q{n}": hand for n, hand in enumerate(hands)}
    orders = option_orders(list(values), values, seed)
    assert all(sorted(order) == list("1234") for order in orders.values())
    at = Counter(
        (values[q][int(p) - 1], place) for q, order in orders.items() for place, p in enumerate(order)
    )
    assert all(spread([at[value, place] for place in range(4)]) <= 1 for value in SLUGS)


def test_a_form_holds_the_whole_pvq_its_questions_and_checks_at_seeded_places(study):
    key = study.key
    assert key.group_by("form").len()["len"].to_list() == [40 + QUESTIONS + 4] * 4
    first_kinds, check_places = set(), set()
    for form in key["form"].unique():
        items = study.items(form)
        assert sorted(i["number"] for i in items if i["kind"] == "statement") == list(range(1, 41))
        assert [i["number_place"] for i in items if i["kind"] == "statement"] == list(range(1, 41))
        asked = [i for i in items if i["kind"] == "question"]
        assert len({i["question_id"] for i in asked}) == QUESTIONS
        assert all(a["scenario_id"] != b["scenario_id"] for a, b in itertools.pairwise(asked))
        checks = [i for i in items if i["expected"]]
        assert Counter(i["kind"] for i in checks) == {"attention_statement": 3, "attention_question": 1}
        check_places |= {(form, i["place"]) for i in checks}
        first_kinds.add(items[0]["kind"].removeprefix("attention_"))
    assert first_kinds == {"statement", "question"}
    assert len({place for _, place in check_places}) > 6
    orders = [[i["number"] for i in study.items(form) if i["number"]] for form in ("f001", "f002")]
    assert orders[0] != orders[1]


def test_the_same_params_give_the_same_files_and_another_seed_others(study, tmp_path):
    before = {p.name: p.read_bytes() for p in (study.folder / "forms").rglob("*") if p.is_file()}
    valact("forms", "--n", "4", "--out", "forms")
    valact("forms", "--n", "4", "--out", "again")
    for folder in ("forms", "again"):
        assert {p.name: p.read_bytes() for p in (tmp_path / folder).rglob("*") if p.is_file()} == before
    write_params(tmp_path, study.params.model_copy(update={"seed": 8}))
    valact("forms", "--n", "4", "--out", "other")
    assert (tmp_path / "other/pages/f001.html").read_bytes() != before["f001.html"]


def test_forms_whose_answers_may_be_on_their_way_are_not_overwritten(study):
    refused = valact("forms", "--n", "5", "--out", "forms", fails=True).output
    assert "the folder holds other forms" in refused
    assert study.key["form"].n_unique() == 4
    shutil.rmtree(study.folder / "forms/key")
    assert "something else than forms" in valact("forms", "--n", "4", "--out", "forms", fails=True).output


def attributes(page):
    """Names of the attributes of all elements."""
    names = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            names.update(name for name, _ in attrs)

    Reader().feed(page)
    return names


def test_a_page_asks_for_nothing_from_outside_and_gives_nothing_away(study):
    options = pl.read_parquet(study.folder / "forms/key/options.parquet")
    questions = pl.read_parquet(study.folder / "data/assemble/questions.parquet")
    scenarios = pl.read_parquet(study.folder / "data/assemble/scenarios.parquet")
    for path in (study.folder / "forms/pages").iterdir():
        page = path.read_text()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1).replace("&#39;", "'")
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        loading = {"src", "href", "action", "data", "srcset", "poster", "background"}
        assert not loading & attributes(page)
        assert not re.search(r"https?:|url\(|@import|unsafe-|fetch\(|XMLHttp|sendBeacon|WebSocket", page)
        hidden = [
            *options["action_id"],
            *questions["question_id"],
            *scenarios["scenario_id"],
            *scenarios["post_id"],
        ]
        assert not [text for text in hidden if text in page]
        content = json.loads(re.search(r'id="form">(.*?)</script>', page, re.DOTALL).group(1))
        known = {
            "form",
            "design",
            "languages",
            "directions",
            "anchors",
            "words",
            "blocks",
            "consent",
            "background",
        }
        assert set(content) == known
        items = [item for block in content["blocks"] for item in block["items"]]
        assert [item["id"] for item in items] == [item["item_id"] for item in study.items(path.stem)]
        for item in items:
            assert set(item) <= {"id", "note", "text", "options", "follows"}
            assert all(set(option) == {"id", "text"} for option in item.get("options", []))
            assert all(IDS.fullmatch(i) for i in [item["id"], *(o["id"] for o in item.get("options", []))])


def test_what_a_page_shows_is_what_its_key_says(study):
    actions = dict(
        pl.read_parquet(study.folder / "data/assemble/actions.parquet")
        .select("action_id", "text")
        .iter_rows()
    )
    options = pl.read_parquet(study.folder / "forms/key/options.parquet")
    dealt = {
        (q, p): actions[a] for q, p, a in options.select("question_id", "position", "action_id").iter_rows()
    }
    instrument = stand_in(load("pvq40"), "en")
    page = (study.folder / "forms/pages/f001.html").read_text()
    content = json.loads(re.search(r'id="form">(.*?)</script>', page, re.DOTALL).group(1))
    shown = {item["id"]: item for block in content["blocks"] for item in block["items"]}
    rows = list(csv.DictReader((study.folder / "forms/survey/f001.csv").open(newline="")))
    assert [row["item"] for row in rows] == [item["item_id"] for item in study.items("f001")]
    for item, row in zip(study.items("f001"), rows, strict=True):
        on_page = shown[item["item_id"]]
        assert row["text"] == on_page["text"]
        if item["kind"] == "statement":
            assert on_page["text"] == instrument.items[item["number"]]
            assert [row[f"option_{n}"] for n in range(1, 7)] == list(instrument.anchors)
        elif item["kind"] == "question":
            wanted = [dealt[item["question_id"], int(p)] for p in item["order"]]
            assert [option["text"] for option in on_page["options"]] == wanted
            assert [row[f"option_{n}"] for n in range(1, 7)] == [*wanted, "", ""]
        else:
            answers = (
                instrument.anchors if item["kind"] == "attention_statement" else texts.load().option_names
            )
            assert answers[item["expected"] - 1] in on_page["text"]


def test_people_are_warned_of_what_a_situation_holds(study):
    path = study.folder / "data/assemble/scenarios.parquet"
    pl.read_parquet(path).with_columns(
        violence_or_abuse=pl.lit(True), minors=pl.lit(False), prompt_injection=pl.lit(True)
    ).write_parquet(path)
    valact("forms", "--n", "1", "--out", "warned")
    page = (study.folder / "warned/pages/f001.html").read_text()
    content = json.loads(re.search(r'id="form">(.*?)</script>', page, re.DOTALL).group(1))
    notes = {
        block["kind"]: {item.get("note") for item in block["items"] if "options" in item}
        for block in content["blocks"]
    }
    assert "Content note: violence or abuse." in notes["situations"]
    rows = csv.DictReader((study.folder / "warned/survey/f001.csv").open(newline=""))
    assert {(row["block"], row["note"]) for row in rows} >= {
        ("situations", "Content note: violence or abuse."),
        ("statements", ""),
    }


def test_text_of_a_post_cannot_end_the_script_that_holds_it(study):
    path = study.folder / "data/assemble/scenarios.parquet"
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(1)> & \u2028"
    pl.read_parquet(path).with_columns(text=pl.lit(bad)).write_parquet(path)
    valact("forms", "--n", "1", "--out", "hostile")
    page = (study.folder / "hostile/pages/f001.html").read_text()
    assert page.count("</script>") == 2
    assert "<img" not in page
    content = json.loads(re.search(r'id="form">(.*?)</script>', page, re.DOTALL).group(1))
    assert bad in [item["text"] for block in content["blocks"] for item in block["items"]]


def test_more_questions_than_there_are_is_one_error(study):
    forms = study.params.forms.model_copy(update={"questions": 80})
    write_params(study.folder, study.params.model_copy(update={"forms": forms}))
    refused = valact("forms", "--n", "1", "--out", "more", fails=True).output
    assert "a form of 80 questions cannot be made from 30 questions" in refused


def test_texts_of_ones_own_replace_ours_one_by_one(tmp_path):
    own = tmp_path / "texts.md"
    own.write_text("# Welcome\n\n## Willkommen\n\nHallo.\n\n# Words\n\n- next: Weiter\n")
    read, ours = texts.load(own), texts.load()
    assert read.pages["Welcome"].startswith("## Willkommen")
    assert read.pages["Consent"] == ours.pages["Consent"]
    assert read.words == ours.words | {"next": "Weiter"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Welcom\n\nHi\n", "no text has the heading 'Welcom'"),
        ("Hi\n# Welcome\n\nHi\n", "before the first heading"),
        ("# Welcome\n\n# Consent\n\nHi\n", "no text under 'Welcome'"),
        ("# Welcome\n\nHi\n\n# Welcome\n\nHo\n", "a heading is there twice"),
        ("# Words\n\n- nxt: Weiter\n", "there is no word 'nxt'"),
        ("# Words\n\n- progress: Seite\n", "must have the places"),
        ("# Words\n\nnext\n", "every line must be"),
        ("# Check of a statement\n\nChoose the second.\n", "where the answer goes"),
        ("# Options of a check\n\n- One\n- Two\n", "needs 4 different lines"),
    ],
)
def test_faulty_texts_are_one_error_that_says_what(tmp_path, text, said):
    own = tmp_path / "texts.md"
    own.write_text(text)
    with pytest.raises(InputError) as caught:
        texts.load(own)
    assert said in str(caught.value)
