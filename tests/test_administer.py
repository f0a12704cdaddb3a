"""Administration: orders, subsets, what models see, what becomes of what they say, and the stages."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from services.chat import ChatServer
from services.material import material, write_material
from services.project import copy_project, digests, run_environment
from services.runs import chat_model, example_request, run_params

from pipeline import params as params_module
from pipeline.administer.administer import answers_of, ask
from pipeline.administer.design import Material, design_for
from pipeline.administer.parsing import read_letter, read_scale
from pipeline.administer.permutation import item_order, option_orders, shown_letter
from pipeline.administer.respondents import model, simulated
from pipeline.administer.step import MATERIAL
from pipeline.administer.subset import subset
from pipeline.core.errors import InputError, ParamsError, ProviderError
from pipeline.cost import imagined
from pipeline.cost.planner import Planner
from pipeline.engine import Engine, transcripts
from pipeline.engine.response import Reply, decide
from pipeline.engine.served import substitutes
from pipeline.instruments import load as load_instrument
from pipeline.instruments import stand_in
from pipeline.params.evaluation import Administer, Given
from pipeline.score.gather import gather
from pipeline.tables import ANSWER_STATUSES, Choices, InstrumentAnswers, Ratings, Respondents, write_table
from stages import administer, score

SCALE = tuple(range(1, 7))
IDS = st.lists(st.from_regex(r"s[0-9a-f]{10}\.q[1-5]", fullmatch=True), unique=True, min_size=1, max_size=20)


# Orders and subsets


@given(IDS, st.integers(0, 2**32))
def test_over_four_wordings_every_option_is_shown_once_at_every_letter(questions, seed):
    orders = option_orders(questions, range(1, 5), "one_shift_per_wording", seed)
    assert orders.height == 4 * len(questions)
    for _, shown in orders.group_by("question_id"):
        assert {(p, shown_letter(order, p)) for order in shown["order"] for p in range(1, 5)} == set(
            itertools.product(range(1, 5), "ABCD")
        )


@given(IDS, st.integers(0, 2**32))
def test_the_other_designs_show_the_dealt_order_or_all_four_turns(questions, seed):
    dealt = option_orders(questions, [1, 2], "as_dealt", seed)
    assert set(dealt["order"]) == {"1234"}
    turned = option_orders(questions, [1, 2], "cyclic4", seed)
    assert turned.height == 8 * len(questions)
    assert set(turned.group_by("question_id", "wording").agg(pl.col("order").n_unique())["order"]) == {4}


def test_a_drawn_order_does_not_depend_on_the_wording():
    """Two wordings share the order in a quarter of the questions, and each shows every rotation as often."""
    ids = [f"s{number:010x}.q1" for number in range(4000)]
    orders = option_orders(ids, [1, 2], "drawn_per_wording", 1)
    assert orders.height == 8000
    assert orders.equals(option_orders(ids, [1, 2], "drawn_per_wording", 1))
    wide = orders.pivot(on="wording", index="question_id", values="order")
    assert wide.group_by("1", "2").len()["len"].min() > 200
    assert wide.group_by("1", "2").len().height == 16


def test_the_first_turn_is_spread_over_the_questions():
    ids = [f"s{number:010x}.q1" for number in range(4000)]
    counts = option_orders(ids, [1], "one_shift_per_wording", 1)["order"].value_counts()["count"]
    assert counts.min() > 900


def test_item_orders_are_permutations_and_shuffle_0_is_the_printed_one():
    items = load_instrument("pvq40").items
    orders = [item_order(items, number, 1) for number in range(11)]
    assert orders[0] == items
    assert len(set(orders)) == 11
    assert all(sorted(order) == list(items) for order in orders)


def scenario_ids(sizes):
    return pl.DataFrame(
        [
            {"scenario_id": f"s{category}{number:09x}", "category": str(category)}
            for category, size in enumerate(sizes)
            for number in range(size)
        ]
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 100))
def test_a_subset_takes_the_same_share_of_every_category_and_lies_in_a_larger_one(sizes, n):
    scenarios = scenario_ids(sizes)
    drawn = subset(scenarios, n, seed=1)
    assert drawn.height == min(n, scenarios.height)
    counts = dict(drawn.group_by("category").len().iter_rows())
    for category, size in enumerate(sizes):
        share = size / scenarios.height
        off = abs(counts.get(str(category), 0) - share * drawn.height)
        assert off <= (1 + len(sizes) * share) / 2 + 1e-9
        assert off <= 1 or len(set(sizes)) > 1
    assert set(drawn["scenario_id"]) <= set(subset(scenarios, n + 1, seed=1)["scenario_id"])


def test_every_respondent_has_the_same_targets_orders_and_scenarios(tmp_path):
    made = material(12)
    params = settings(
        tmp_path,
        "http://127.0.0.1:1/v1",
        respondents={
            "one": model.Settings(kind="model", model="m"),
            "two": simulated.Settings(kind="simulated"),
            "few": model.Settings(kind="model", model="m", subset=4, modes=("selection",)),
        },
        repeats=2,
    )
    one, two, few = (design_for(params, name, made.scenarios, made.questions) for name in params.respondents)
    assert one.choices.equals(two.choices)
    assert one.items.equals(two.items)
    assert few.choices.join(one.choices, on=one.choices.columns, how="anti").is_empty()
    assert few.choices.height == 4 * 5 * 5 * 2
    targets = dict(made.questions.select("question_id", "target_value").iter_rows())
    assert dict(few.choices.select("question_id", "target_value").iter_rows()).items() <= targets.items()
    assert one.choices.filter(mode="default")["target_value"].null_count() == 12 * 5 * 5 * 2


# What a text says


def response(text="", **reply):
    return decide(example_request(), Reply(text=text, **reply))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"answer": "B"}', ("answered", "B")),
        ('```json\n{"answer": "c"}\n```', ("answered", "C")),
        ('{"Answer": "(D)", "reason": "A is worse"}', ("answered", "D")),
        ("B", ("answered", "B")),
        ("Answer: **C**.", ("answered", "C")),
        ("The answer is (a)", ("answered", "A")),
        ("我的答案是：B。", ("answered", "B")),
        ('{"answer": "A or B"}', ("invalid", None)),
        ('{"answer": "E"}', ("invalid", None)),
        ('{"answer": ["A"]}', ("invalid", None)),
        ('{"choice": "A"}', ("invalid", None)),
        ("A, because B is rude", ("invalid", None)),
        ("A good friend would help.", ("invalid", None)),
        ("None", ("invalid", None)),
        ("I'm sorry, but I can't help with that.", ("refused", None)),
        ("抱歉，我无法回答。", ("refused", None)),
    ],
)
def test_a_letter_is_read_strictly(text, expected):
    assert read_letter(response(text), "ABCD") == expected


def test_none_of_these_is_an_abstention_only_where_it_is_offered():
    assert read_letter(response('{"answer": "E"}'), "ABCDE") == ("abstained", None)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser_or_gives_a_letter_that_it_does_not_hold(text):
    status, letter = read_letter(response(text), "ABCD")
    assert status in ANSWER_STATUSES
    assert (letter is not None) == (status == "answered")
    assert letter is None or letter in text.upper()
    for status, answer, _ in read_scale(response(text), ("q01", "q02"), SCALE):
        assert (answer is not None) == (status == "answered")


def test_no_answer_of_a_scale_moves_to_another_item():
    fields = ("q01", "q02", "q03", "q04", "q05")
    said = '{"q01": 1, "q03": "3", "q04": 7, "q05": 2.5, "q99": 4}'
    assert [row[:2] for row in read_scale(response(said), fields, SCALE)] == [
        ("answered", 1),
        ("invalid", None),
        ("answered", 3),
        ("invalid", None),
        ("invalid", None),
    ]
    lines = "q01: 2\nq02:\nq03. 6\nq04 = 3\nq04 = 4\nThat is all."
    assert read_scale(response(lines), fields, SCALE) == [
        ("answered", 2, "2"),
        ("invalid", None, None),
        ("answered", 6, "6"),
        ("invalid", None, "3; 4"),
        ("invalid", None, None),
    ]


def test_what_is_cut_refused_or_blocked_is_not_read():
    cut = response('{"answer": "A"}', finish_reason="length")
    assert read_letter(cut, "ABCD") == ("invalid", None)
    assert read_letter(response(refusal="No."), "ABCD") == ("refused", None)
    assert read_scale(response(blocked="policy"), ("q01",), SCALE) == [("blocked", None, "policy")]


@pytest.mark.parametrize(
    ("requested", "served", "others"),
    [
        ("gpt-4o-2024-08-06", ["gpt-4o-2024-08-06"], []),
        ("gpt-4o", ["gpt-4o-2024-08-06"], []),
        ("Qwen/Qwen2.5-72B-Instruct-Turbo", ["qwen2.5-72b-instruct-turbo"], []),
        ("gemini-2.5-pro", ["gemini-3.8-flash"], ["gemini-3.8-flash"]),
        ("gpt-4o", ["gpt-4o-mini-2024-07-18"], ["gpt-4o-mini-2024-07-18"]),
        ("glm-4.5", ["glm-4.5", "glm-4.6"], ["glm-4.6"]),
    ],
)
def test_another_model_than_the_one_asked_is_noticed(requested, served, others):
    assert substitutes(requested, served) == others


# A model on a loopback server


def settings(tmp_path, url, respondents=None, responses=None, served=None, shuffles=2, **administer):
    administer = {"modes": ("default", "selection", "adoption")} | administer
    return run_params(tmp_path, {"m": chat_model(url, **(served or {}))}, **(responses or {})).model_copy(
        update={
            "respondents": respondents or {"r": model.Settings(kind="model", model="m", temperature=0.5)},
            "administer": Administer(**administer),
            "instruments": {"pvq40": Given(shuffles=shuffles)},
        }
    )


def run(params, made, name="r"):
    with Engine(params, "administer") as engine:
        read = ask(engine, name, params, made)
        return answers_of(name, params, made, read), engine.transcript()


def shown_options(body):
    return dict(re.findall(r"^([A-E])\. (.+)$", body["messages"][1]["content"], re.MULTILINE))


def first_by_name(body, n):
    """Chooses the action whose text comes first in the alphabet; rates item 5 and the value power with 6, others 2."""
    text = "\n".join(message["content"] for message in body["messages"])
    if "q01" in text:
        items = re.findall(r"^(q\d\d)\. (.+)$", text, re.MULTILINE)
        fifth = stand_in(load_instrument("pvq40"), "en").items[5]
        return json.dumps({place: 6 if item == fifth else 2 for place, item in items})
    if "(Power)" in text:
        fields = re.search(r"ten fields are: ([a-z_, ]+)\.", text)[1].split(", ")
        return json.dumps({field: 6 if field == "power" else 2 for field in fields})
    options = shown_options(body)
    return json.dumps({"answer": min(options, key=lambda letter: options[letter])})


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "loopback")


def test_letters_and_places_become_actions_and_items_whatever_the_order(tmp_path, key):
    made = material(4)
    with ChatServer(first_by_name) as server:
        params = settings(tmp_path, server.base_url, applicability=True)
        answers, _ = run(params, made)
    choices, texts = answers.choices, dict(made.actions.select("action_id", "text").iter_rows())
    assert choices.height == 3 * 4 * 5 * 5
    assert set(choices["status"]) == {"answered"}
    assert choices["order"].n_unique() == 4
    options = made.options.group_by("question_id").agg("action_id")
    for chosen, offered in (
        choices.join(options, on="question_id").select("action_id", "action_id_right").iter_rows()
    ):
        assert texts[chosen] == min(texts[action] for action in offered)
    assert choices["letter"].n_unique() == 4
    assert (choices["value"] == choices["action_id"].str.split(".").list.get(1)).all()

    items = answers.instrument_answers
    assert items.height == 2 * 5 * 40
    assert set(items.filter(item=5)["answer"]) == {6}
    assert set(items.filter(pl.col("item") != 5)["answer"]) == {2}
    assert items.filter(item=5)["place"].n_unique() == 2
    assert set(items["shuffle"]) == {1, 2}
    ratings = answers.ratings
    assert ratings.height == 4 * 5 * 10
    assert set(ratings.filter(value="power")["rating"]) == {6}
    assert set(ratings.filter(pl.col("value") != "power")["rating"]) == {2}
    row = answers.respondent.row(0, named=True)
    assert (row["kind"], row["model"], row["temperature"]) == ("model", "gpt-test", 0.5)
    assert row["served_model"] == "gpt-test-2024-08-06"
    assert all(body["temperature"] == 0.5 for body in server.bodies)


def test_targets_are_shown_with_their_definition_and_the_items_of_the_instrument(tmp_path, key):
    with ChatServer(first_by_name) as server:
        params = settings(tmp_path, server.base_url, modes=("selection", "adoption", "abstain"), wordings=1)
        answers, _ = run(params, material(1))
    instrument = stand_in(load_instrument("pvq40"), "en")
    systems = [body["messages"][0]["content"] for body in server.bodies]
    targets = answers.choices.filter(mode="selection")["target_value"].to_list()
    for value in targets:
        naming = [text for text in systems if all(item in text for item in instrument.of(value))]
        assert len(naming) == 2  # selection and adoption
    offered = [
        shown_options(body)
        for body in server.bodies
        if "none of the four" in body["messages"][0]["content"].lower()
    ]
    assert len(offered) == 5
    assert all(options["E"] == "None of these" and len(options) == 5 for options in offered)


FAULTS = {
    0: ({"refusal": "I will not."}, "refused"),
    1: ({"text": "Hard to say."}, "invalid"),
    2: ({"text": '{"answer": "A', "finish_reason": "length"}, "invalid"),
    3: ({"text": "", "finish_reason": "content_filter"}, "blocked"),
    4: ((500, {"message": "down"}), "failed"),
    5: ({"text": '{"answer": "E"}'}, "abstained"),
}


def faulty(body, n):
    """By question number and wording; refuses one PVQ, and answers another one in part."""
    text = body["messages"][1]["content"]
    if "q01" in text:
        if "Go through" in body["messages"][0]["content"]:
            return {"refusal": "I am no person."}
        return json.dumps({f"q{place:02d}": place % 6 + 1 for place in range(1, 40)} | {"q40": 9})
    return FAULTS[sum(map(ord, text)) % 6][0]


def test_every_row_has_a_status_and_what_was_said(tmp_path, key):
    with ChatServer(faulty) as server:
        params = settings(tmp_path, server.base_url, modes=("abstain",), responses={"max_failed": 10**6})
        answers, _ = run(params, material(6))
    choices = answers.choices
    assert choices.height == 6 * 5 * 5
    assert choices["question_id"].n_unique() == 30
    assert set(choices["status"]) == {status for _, status in FAULTS.values()}
    assert choices.filter(status="refused")["raw"].unique().to_list() == ["I will not."]
    assert set(choices.filter(status="invalid")["raw"]) == {"Hard to say.", '{"answer": "A'}
    assert choices.filter(pl.col("status").is_in(["blocked", "failed"]))["raw"].is_not_null().all()
    assert choices["request_key"].is_not_null().all()
    assert choices["action_id"].is_null().all()

    items = answers.instrument_answers
    assert items.height == 2 * 5 * 40
    by_wording = dict(items.group_by("wording").agg(pl.col("status").value_counts()).iter_rows())
    assert {row["status"]: row["count"] for row in by_wording[4]} == {"refused": 80}
    assert {row["status"]: row["count"] for row in by_wording[1]} == {"answered": 78, "invalid": 2}
    last = items.filter(wording=1, place=40)
    assert last["raw"].to_list() == ["9", "9"]
    assert items.filter(wording=1, place=3)["answer"].to_list() == [4, 4]


def test_requests_without_any_answer_end_the_run_and_are_asked_again(tmp_path, key):
    with ChatServer(
        lambda body, n: (500, {"message": "down"}) if n % 7 == 3 else first_by_name(body, n)
    ) as server:
        params = settings(tmp_path, server.base_url, responses={"max_failed": 0})
        with pytest.raises(ProviderError, match="requests got no answer"):
            run(params, material(2))
        asked = len(server.bodies)
        server.script = first_by_name
        answers, _ = run(params, material(2))
        assert set(answers.choices["status"]) == {"answered"}
        assert 0 < len(server.bodies) - asked < asked / 4


def test_a_second_run_asks_nothing_and_transcripts_alone_give_the_same_rows(tmp_path, key):
    made = material(3)
    with ChatServer(first_by_name) as server:
        params = settings(tmp_path, server.base_url, applicability=True)
        first, transcript = run(params, made)
        asked = len(server.bodies)
        again, _ = run(params, made)
        assert len(server.bodies) == asked == 3 * 3 * 5 * 5 + 10 + 15
    assert transcript.height == asked
    elsewhere = tmp_path / "elsewhere"
    write_table(transcripts.Transcripts, transcript, elsewhere / "recorded/r.parquet")
    replayed, _ = run(
        settings(elsewhere, server.base_url, applicability=True, responses={"mode": "replay"}), made
    )
    for other in (again, replayed):
        for table in ("respondent", "choices", "instrument_answers", "ratings"):
            again_rows, first_rows = (getattr(one, table) for one in (other, first))
            if other is replayed and "origin" in first_rows.columns:
                assert set(again_rows["origin"]) == {"recorded: r.parquet"}
                again_rows, first_rows = again_rows.drop("origin"), first_rows.drop("origin")
            assert again_rows.equals(first_rows, null_equal=True)


def test_without_an_enforced_schema_the_prompt_asks_for_json_and_the_text_is_parsed(tmp_path, key):
    def chatty(body, n):
        answer = json.loads(first_by_name(body, n))
        return f"Answer: {answer['answer']}" if "answer" in answer else json.dumps(answer)

    with ChatServer(chatty) as server:
        params = settings(tmp_path, server.base_url, served={"strict_schema": False}, languages=("en", "zh"))
        answers, _ = run(params, material(1))
    assert {body["response_format"]["type"] for body in server.bodies} == {"json_object"}
    assert set(answers.choices["status"]) == set(answers.instrument_answers["status"]) == {"answered"}
    assert set(answers.choices["language"]) == set(answers.instrument_answers["language"]) == {"en", "zh"}
    assert answers.instrument_answers["administration"].n_unique() == 20
    chinese = [
        body["messages"][0]["content"]
        for body in server.bodies
        if "价值观：" in body["messages"][0]["content"]
    ]
    assert len(chinese) == 2 * 5 * 5


def test_repeats_are_asked_anew_and_kept_apart(tmp_path, key):
    with ChatServer(lambda body, n: json.dumps({"answer": "ABCD"[n % 4]})) as server:
        params = settings(tmp_path, server.base_url, modes=("default",), wordings=1, repeats=3, shuffles=0)
        answers, _ = run(params, material(2))
    assert len(server.bodies) == 2 * 5 * 3
    assert set(answers.choices["repeat"]) == {1, 2, 3}
    assert answers.instrument_answers.is_empty()


def planned(params, made, answered=()):
    """What the administration would ask of the model ``m``."""
    with Engine(params, "administer") as engine:
        planner = Planner(engine, (), set(answered))
        ask(planner, "r", params, made)
    return planner.plan()["m"]


def test_a_plan_counts_what_is_left_to_ask(tmp_path, key):
    made = material(8, characters=500)
    with ChatServer(first_by_name) as server:
        params = settings(tmp_path, server.base_url, modes=("default",), applicability=True)
        before = planned(params, made)
        run(params, made)
        schemas = [json.dumps(body["response_format"]["json_schema"]["schema"]) for body in server.bodies]
        asked = [
            len(schema) + sum(len(message["content"]) for message in body["messages"])
            for schema, body in zip(schemas, server.bodies, strict=True)
        ]
        known = {body["model"] for body in server.bodies}
    assert (before.recorded, before.sure.calls) == (0, pytest.approx(len(asked)))
    assert before.sure.characters == pytest.approx(sum(asked), rel=0.05)
    assert before.sure.tokens == pytest.approx(8 * 200 + 320 * 10 + 80 * 40)
    after = planned(params, made, known)
    assert (after.recorded, after.sure.calls, after.sure.characters) == (len(asked), 0, 0)
    more = params.model_copy(
        update={"administer": params.administer.model_copy(update={"modes": ("default", "abstain")})}
    )
    assert (planned(more, made, known).recorded, planned(more, made, known).sure.calls) == (len(asked), 200)


def test_material_that_is_imagined_is_as_large_as_the_quotas_say(tmp_path):
    params = settings(tmp_path, "http://127.0.0.1:1/v1", subset=6)
    params = params.model_copy(update={"quota": params.quota.model_copy(update={"per_category": 10})})
    made = Material(*(imagined.material(params, 900)[place] for place in MATERIAL))
    found = planned(params, made)
    assert found.sure.calls == pytest.approx(3 * 6 * 5 * 5 + 10)
    assert found.sure.characters / found.sure.calls > 900 + 4 * 100


# Stages


@pytest.fixture
def project(tmp_path):
    """A copy of the repository with the questions of six scenarios, and the sample's respondents."""
    project = copy_project(tmp_path / "valact")
    write_material(material(6), project / "data/assemble")
    return project


def stage(project, name, *args, **environment):
    return subprocess.run(
        [sys.executable, "-m", f"stages.{name}", *args],
        cwd=project,
        env=run_environment(project) | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_sample_respondents_are_administered_and_scored_the_same_twice(project, monkeypatch):
    """Once as stages are run, each in a process of its own, and once in this one."""
    names = ("simulated-1", "simulated-2", "simulated-3")
    for arguments in (*(("administer", name) for name in names), ("score",)):
        done = stage(project, *arguments)
        assert done.returncode == 0, done.stderr
    built = digests(project / "data/score")
    shutil.rmtree(project / "data/administer")
    shutil.rmtree(project / "data/score")
    monkeypatch.chdir(project)
    for name in names:
        administer.main(name)
    score.main()
    assert digests(project / "data/score") == built
    read = {path.stem: pl.read_parquet(path) for path in (project / "data/score").glob("*.parquet")}
    assert set(read["respondents"]["kind"]) == {"simulated"}
    assert read["choices"].height == 3 * 4 * 30 * 5
    assert read["instrument_answers"].height == 3 * 50 * 40
    assert read["instrument_scores"].height == 3 * 50 * 10
    assert read["ratings"].height == 3 * 6 * 5 * 10
    assert read["questions"].columns == ["question_id", "scenario_id", "category", "content_sha256"]
    assert read["questions"].height == 30
    assert read["options"].height == 120
    assert not (project / ".responses").exists()


def test_a_model_is_administered_by_the_stage_and_a_substitute_is_told(project):
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["respondents"] = {"gemini": {"kind": "model", "model": "gemini"}}
    params["administer"] = {"modes": ["default"], "wordings": 1}
    params["instruments"]["pvq40"]["shuffles"] = 1
    with ChatServer(lambda body, n: first_by_name(body | {"model": "x"}, n)) as server:
        params["models"]["gemini"] = {
            "provider": "openai",
            "endpoint": "google",
            "base_url": server.base_url,
            "model": "gemini-2.5-pro",
        }
        (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        substituted = server.script

        def other_model(body, n):
            body["model"] = "gemini-3.8-flash"
            return substituted(body, n)

        server.script = other_model
        done = stage(project, "administer", "gemini", GOOGLE_API_KEY="loopback")
    assert done.returncode == 0, done.stderr
    assert "gemini-2.5-pro was asked, gemini-3.8-flash-2024-08-06 answered" in done.stderr
    out = project / "data/administer/gemini"
    assert pl.read_parquet(out / "respondents.parquet")["served_model"].to_list() == [
        "gemini-3.8-flash-2024-08-06"
    ]
    assert pl.read_parquet(out / "transcripts.parquet").height == 31
    done = stage(project, "score")
    assert done.returncode == 0, done.stderr


def test_an_unknown_respondent_and_a_model_that_is_none_are_readable_errors(project, tmp_path):
    done = stage(project, "administer", "nobody")
    assert done.returncode == 1
    assert "administer has no part 'nobody'; params name simulated-1" in done.stderr
    raw = yaml.safe_load((project / "params.yaml").read_text())
    raw["respondents"]["x"] = {"kind": "model", "model": "gpt-9"}
    with pytest.raises(ParamsError, match=r"respondents.x.model: 'gpt-9' is not in models"):
        params_module.parse(raw, where="params.yaml")


def folder_of(answers, path):
    for name, schema, table in (
        ("respondents", Respondents, answers.respondent),
        ("choices", Choices, answers.choices),
        ("instrument_answers", InstrumentAnswers, answers.instrument_answers),
        ("ratings", Ratings, answers.ratings),
    ):
        write_table(schema, table, path / f"{name}.parquet")
    return path


def test_imported_answers_are_scored_with_the_administered_ones_and_checked(tmp_path):
    made = material(2)
    write_material(made, tmp_path / "assemble")
    params = settings(tmp_path, "http://127.0.0.1:1/v1").model_copy(
        update={"respondents": {name: simulated.Settings(kind="simulated") for name in ("a", "b")}}
    )
    ours = folder_of(answers_of("a", params, made), tmp_path / "administer/a")
    folder_of(answers_of("b", params, made), tmp_path / "imported/study")
    both = gather([ours], tmp_path / "imported", tmp_path / "assemble", params.values)
    assert both.respondents["respondent"].to_list() == ["a", "b"]
    assert both.questions.height == 10

    shutil.copytree(ours, tmp_path / "imported/again")
    with pytest.raises(InputError, match="respondent 'a' is also in"):
        gather([ours], tmp_path / "imported", tmp_path / "assemble", params.values)
    shutil.rmtree(tmp_path / "imported/again")

    foreign = material(4)
    folder_of(answers_of("b", params, foreign), tmp_path / "imported/study")
    with pytest.raises(InputError, match="answers to 10 questions that are not among those of this run"):
        gather([ours], tmp_path / "imported", tmp_path / "assemble", params.values)
