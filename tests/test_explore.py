"""The explorer: what filters find, what stays withheld, whom its server answers."""

import asyncio

import polars as pl
import pytest
from services.explored import explored
from services.finished_run import SECRET, run_params

from pipeline.core.ports import HOST
from pipeline.explore import page, server, serving
from pipeline.explore.corpus import Corpus
from pipeline.explore.view import scenarios
from pipeline.tables import places


@pytest.fixture(scope="module")
def params():
    return run_params()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, params):
    return explored(tmp_path_factory.mktemp("explored"), params)


def test_filters_find_the_questions_that_the_tables_say(corpus):
    options = corpus.scan(places.OPTIONS).collect()
    total = corpus.questions.height
    assert corpus.matching({}).height == total
    with_power = options.filter(value="power")["question_id"]
    assert set(corpus.matching({"value": "power"})["question_id"]) == set(with_power)
    first = options.filter(position=1, value="power")["question_id"]
    wanted = {"respondent": "model-a", "mode": "default", "chose": "power"}
    assert set(corpus.matching(wanted)["question_id"]) == set(first)
    # All of it in one answer: model-b never chose an option that is shown first.
    assert corpus.matching({"respondent": "model-b", "letter": "A"}).is_empty()
    assert corpus.matching({"respondent": "model-b", "status": "refused"}).height == 1
    assert corpus.matching({"category": "Ethics"}).height < total
    assert corpus.matching({"q": f"{SECRET} TITLE"}).height == total
    assert corpus.matching({"q": "nowhere to be found"}).is_empty()


def test_where_nothing_is_found_the_page_says_so(corpus, params):
    shown = page.one(corpus, params.values, {"q": "nowhere to be found"}, 1)
    assert "Nothing matches." in shown
    assert SECRET not in shown


def test_what_blind_readers_saw_is_shown_and_found(corpus, params):
    actions = corpus.scan(places.ACTIONS).sort("action_id").collect()
    of = corpus.options.select("question_id", "action_id")
    for place, reading in ((0, "as intended"), (1, "otherwise")):
        asked = of.filter(action_id=actions["action_id"][place])["question_id"]
        assert set(corpus.matching({"reading": reading})["question_id"]) == set(asked)
    assert corpus.matching({"reading": "disputed"}).is_empty()
    [one] = scenarios(corpus, [actions["scenario_id"][0]], params.values)
    name = params.values.by_slug[actions["value"][0]].name
    told = [action["read"] for action in one.actions if action["read"]]
    assert sorted(told) == sorted([f"{name} (2 of 2 as intended)", "none (0 of 2 as intended)"])


def test_a_scenario_is_shown_with_all_that_is_known_of_it(corpus, params):
    name = corpus.questions["scenario_id"][0]
    [one] = scenarios(corpus, [name], params.values)
    assert SECRET in one.text
    assert one.votes == ["j1: yes", "j2: yes"]
    assert len(one.actions) == 20
    assert len(one.questions) == 5
    of = {answer.who: answer for answer in one.questions[1].answers}
    assert set(of) == {"model-a", "model-b", "2 people (study)"}
    assert of["model-a"].cells[0].startswith("A ")
    assert of["2 people (study)"].cells[0].endswith("× 2")


def test_withheld_texts_are_on_no_page_and_cannot_be_searched(corpus, params):
    withheld = Corpus(corpus.root, texts=False)
    for text in (page.whole(withheld, params.values), page.one(withheld, params.values, {}, 1)):
        assert SECRET not in text
        assert "The text is withheld" in text
    assert withheld.matching({"q": SECRET}).is_empty()
    assert SECRET in page.whole(corpus, params.values)


def test_a_large_run_is_led_to_the_server(corpus, params, monkeypatch):
    monkeypatch.setattr(page, "MOST", 3)
    text = page.whole(corpus, params.values)
    assert "valact explore" in text
    assert SECRET not in text


def test_questions_of_others_are_shown_without_texts(corpus, params, tmp_path):
    for place in (places.CHOICES, places.RESPONDENTS, places.SCORED_OPTIONS, places.SCORED_QUESTIONS):
        target = place.path(tmp_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        pl.read_parquet(place.path(corpus.root)).write_parquet(target)
    others = Corpus(tmp_path, texts=True)
    assert others.matching({"respondent": "model-a"}).height == corpus.questions.height
    assert "not part of this run" in page.one(others, params.values, {}, 1)


def test_the_server_answers_only_to_its_own_address(corpus, params):
    aiohttp = pytest.importorskip("aiohttp")
    from aiohttp.test_utils import TestServer

    async def ask():
        made = serving.application(server.routes(corpus, params.values), 0)
        async with TestServer(made, host=HOST) as running, aiohttp.ClientSession() as session:
            found = []
            for host in (f"{HOST}:0", "localhost:0", "evil.example", f"{HOST}.evil.example:0"):
                address = running.make_url("/explore.html?chose=power&at=99999")
                async with session.get(address, headers={"Host": host}) as answer:
                    found.append((answer.status, answer.headers.get("Cache-Control"), await answer.text()))
            async with session.post(
                running.make_url("/explore.html"), headers={"Host": f"{HOST}:0"}
            ) as answer:
                assert answer.status == 405
            return found

    own, local, *others = asyncio.run(ask())
    assert own[:2] == local[:2] == (200, "no-store")
    assert "<script" not in own[2]
    assert "Scenario" in own[2]
    assert [(status, SECRET in text) for status, _, text in others] == [(403, False), (403, False)]
