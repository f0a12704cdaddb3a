"""Actions: every check on texts that fail and texts that pass, the repair, and giving up."""

import json
import os
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.scripted import ScriptedEngine
from services.values import SLUGS, TEN, VALUES

from pipeline import params as settings
from pipeline.assemble.selection import select
from pipeline.core.words import jaccard, words
from pipeline.engine import Engine
from pipeline.engine.response import Reply, failure
from pipeline.generate.checks import check_action, longest_copied_run
from pipeline.generate.fill import generate
from pipeline.generate.naming import named_by
from pipeline.generate.personal import find
from pipeline.generate.step import STEP
from pipeline.params.build import Checks, Reading, Rewording
from pipeline.step import Job
from pipeline.tables import ACTION_CHECKS, Scenarios, conform, places
from pipeline.tables.flags import FLAGS

POST = (
    "My landlord wants to raise the rent by three hundred euros from May and I do not know whether to sign."
)
GOOD = {
    "self_direction": "Work out for yourself what the flat is worth to you and write your own counter-offer.",
    "stimulation": "Give notice, pack a rucksack and try living in a different town every month this year.",
    "hedonism": "Sign, skip the haggling, and spend the free evening in the bath with a good novel.",
    "achievement": "Prepare the best-documented case your tenants' union has seen and win the negotiation.",
    "power": "Organise the other tenants behind you and make the owner deal with you alone.",
    "security": "Ask for a five-year contract with a fixed rent before you agree to anything.",
    "conformity": "Pay the new amount on time, as the house rules ask, and thank him politely.",
    "tradition": "Stay in the street where your grandparents lived and settle it over coffee, as they did.",
    "benevolence": "Talk first with your flatmate, and choose what keeps both of you housed.",
    "universalism": "Take the case to the rent board, so that tenants all over the city profit from the ruling.",
}


REFERENCE = os.environ.get("VALACT_REFERENCE_DIR")
WRITER = "sample-writer-1"
OTHER = "sample-writer-2"


def report(text, value="security", **others):
    personal = find([text]).get(text)
    return check_action(TEN.by_slug[value], text.strip(), POST, Checks(), others.items(), personal)


def problems(text, value="security", **others):
    return report(text, value, **others).problems


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("present", ""),
        ("present", "  \n"),
        ("not_refusal", "I can't help with deciding about this rent, sorry."),
        ("not_refusal", "I'm sorry, but I cannot write this action for you."),
        ("not_refusal", "As an AI language model, I would not choose any flat at all."),
        ("sentences_in_range", "Sign it now. Pay the rent. Never look back."),
        ("words_in_range", "Just sign it."),
        ("words_in_range", " ".join(["word"] * 46)),
        ("value_not_named", "Ask for a contract that gives you more security than this one."),
        ("value_not_named", "Secure your home by a contract with a fixed rent first."),
        ("value_not_named", "Do not feel insecure and ask for a longer contract this week."),
        ("not_copied", "Tell him you know he wants to raise the rent by three hundred euros from May."),
        ("no_personal_data", "Write to the board at rents@example.org and ask for a ruling."),
        ("no_personal_data", "Look your rights up on https://example.org before you sign anything."),
        ("no_personal_data", "Ask u/rent_wizard from that other thread how they handled it."),
        ("no_personal_data", "Ring the board on (216) 555-0170 and ask for a ruling."),
        ("no_personal_data", "Ask [PERSON] to give you a five-year contract with a fixed rent."),
        ("no_personal_data", "Tell Emily Watson at Deloitte in Leeds that you will not sign it."),
        ("no_personal_data", "Emily Watson should get a five-year contract from you first."),
        ("no_personal_data", "Ask Emily whether she would share the flat with you."),
        ("no_personal_data", "Ask Mr. Holt for a five-year contract with a fixed rent."),
        ("no_personal_data", "Wait a week. Then write to Priya Sharma and ask for terms."),
        ("no_personal_data", "Go to 14 Elm Street and look at the other flat before you sign."),
        ("no_personal_data", "Send the signed contract to 221B North Baker St by Friday."),
        ("no_personal_data", "Drop the keys at the office in LS1 4AP before you move out."),
        ("no_personal_data", "Write to rents (at) example (dot) org and ask for a ruling."),
        ("no_personal_data", "Look at the board's page, rentboard.example.org/rulings, before you sign."),
        ("no_personal_data", "Ask for a five-year contract \u202ewith a fixed rent first."),
        ("no_personal_data", "Ask for a five-year con\u200btract with a fixed rent first."),
        ("no_personal_data", "Ask for a five-year contract \x1b]52;c;aGk=\x07 with a fixed rent."),
        ("no_personal_data", "Ask for a five-year contract \U000e0041 with a fixed rent first."),
    ],
)
def test_a_check_finds_its_fault(check, text):
    assert check in problems(text)


@pytest.mark.parametrize("value", SLUGS)
def test_good_actions_pass_every_check(value):
    others = {other: text for other, text in GOOD.items() if other != value}
    assert problems(GOOD[value], value, **others) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Cook extra portions this week and share them with the neighbours. Assert your needs calmly.",
        "Take the summer off and roam Portugal, the Azores and Morocco with no fixed plan.",
        "Write to the rent board and to HR, citing Section 8 and the 2024 rules, in March.",
        "Bring 5 Red Roses to the lane behind the house, and a card 👩\u200d🌾 with them.",
        "Ask the owner of the shop on the high street whether a room is free in May.",
    ],
)
def test_what_gives_nobody_away_passes(text):
    assert "no_personal_data" not in problems(text)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Ask for terms, e.g. a fixed rent, before you sign.", 1),
        ("Offer 3.5 per cent more at 9 a.m. on Monday.", 1),
        ("Sign it. Then celebrate!", 2),
    ],
)
def test_sentences_are_counted_with_abbreviations(text, sentences):
    assert report(text, "power").sentences == sentences


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.slug)
def test_every_value_is_recognised_by_name(value):
    text = f"Choose the flat that suits {value.name.lower()} and forget the rest."
    assert "value_not_named" in problems(text, value.slug)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("achievement", "Set small, achievable goals for the rent talks in May."),
        ("security", "Ask for the security deposit back before you sign for the flat."),
        ("security", "Put the three hundred euros into fixed-income securities each May."),
        ("security", "Try to secure a room in another street before you give notice."),
        ("power", "Take a power bank and a tent, and leave the flat in May."),
        ("power", "Compare the purchasing power of your pay with the new rent."),
        ("tradition", "Pay the rise out of your traditional IRA until next May."),
    ],
)
def test_a_word_in_another_sense_names_no_value(value, text):
    assert "value_not_named" not in problems(text, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("security", "Ask whether the new rent is worth the security of staying in the flat."),
        ("security", "Secure your home by signing the landlord's paper before May."),
        ("power", "Empower the other tenants to raise their voice to the landlord."),
        ("achievement", "Achieve a lower rent by preparing your case well."),
        ("achievement", "Set achievable goals for the rent talks and achieve them by May."),
        ("tradition", "Pay what he asks, as is the traditional way of the street."),
    ],
)
def test_a_word_in_the_sense_of_the_value_names_it(value, text):
    assert "value_not_named" in problems(text, value)


def test_naming_is_found_by_sense_on_labelled_real_actions():
    """200 of the 6,000 actions in the reference, labelled by hand before the patterns were run on the half reported."""
    if not REFERENCE:
        pytest.skip("VALACT_REFERENCE_DIR is not set: the labelled actions are not ours to ship")
    lines = (Path(REFERENCE) / "valact/questions_300.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {
        sha256(option["action"].encode()).hexdigest()[:16]: option["action"]
        for line in lines
        for question in json.loads(line)["questions"]
        for option in question
    }
    labels = pl.read_csv(Path(__file__).parent / "data/naming_labels.csv")
    assert labels["action_sha256"].is_in(list(texts)).all()
    for _, half in labels.partition_by("half", as_dict=True).items():
        found = [bool(named_by(TEN.by_slug[v], texts[key])) for key, v in half[:, :2].iter_rows()]
        right = sum(a and b for a, b in zip(found, half["names"], strict=True))
        assert half.height == 100
        assert right / sum(found) >= 0.95
        assert right / half["names"].sum() >= 0.95


def test_words_inside_other_words_do_not_name_a_value():
    assert problems("Ask the powerboat club for its waiting list and a mooring.", "stimulation") == {}


def test_a_near_duplicate_of_another_value_is_found():
    other = "Ask for a five year contract with a fixed rent before you agree to anything."
    assert "distinct" in problems(GOOD["security"], "security", conformity=other)


def test_the_same_act_with_another_motive_is_a_near_doublet():
    one = "Say sorry to the landlord and the caretaker for the late rent, showing how grown up you are."
    other = "Say sorry to the landlord and the caretaker for the late rent, seeing their side of it."
    assert "distinct" in problems(one, "achievement", conformity=other)
    unlike = "Say sorry to the landlord, and look for a flat in another town with a garden."
    assert "distinct" not in problems(unlike, "achievement", conformity=other)


@pytest.mark.parametrize(
    "line",
    [
        "Set clear goals and communicate openly with everyone involved.",
        "Seek support from trusted friends and reflect on your own needs and values.",
    ],
)
def test_a_line_that_fits_any_post_takes_up_none(line):
    assert problems(line, "benevolence") == {
        "takes_up_post": "it fits any post: it takes up nothing that this one tells"
    }
    assert problems(line.replace(" and ", " on the rent and "), "benevolence") == {}


text = st.lists(st.sampled_from(["ask", "him", "now", "sign", "pay"]), max_size=12)


@given(a=text, b=text)
def test_the_longest_copied_run_is_a_run_of_both_and_none_is_longer(a, b):
    run = longest_copied_run(a, b)
    runs = lambda t: {tuple(t[i:j]) for i in range(len(t)) for j in range(i + 1, len(t) + 1)}  # noqa: E731
    shared = runs(a) & runs(b)
    assert len(run) == max((len(r) for r in shared), default=0)
    assert not run or tuple(run) in shared


@given(a=text, b=text, limit=st.integers(1, 6))
def test_copied_words_are_a_problem_from_the_run_that_is_too_long(a, b, limit):
    settings = Checks(max_copied_words=limit)
    report = check_action(TEN.by_slug["power"], " ".join(a), " ".join(b), settings, ())
    assert ("not_copied" in report.problems) == (len(longest_copied_run(a, b)) > limit)


@given(a=st.text(max_size=60), b=st.text(max_size=60))
def test_the_share_of_common_words_is_symmetric_and_one_for_the_same_words(a, b):
    one, other = set(words(a)), set(words(b))
    assert jaccard(one, other) == jaccard(other, one)
    assert 0 <= jaccard(one, other) <= 1
    assert not one or jaccard(one, one) == 1


@pytest.fixture
def params(root, tmp_path):
    params = settings.load(root / "params.yaml")
    responses = params.responses.model_copy(
        update={"store": str(tmp_path / "s.sqlite"), "transcripts": str(tmp_path)}
    )
    unread = params.generate.model_copy(update={"reading": Reading(), "rewording": Rewording()})
    return params.model_copy(update={"responses": responses, "generate": unread})


def scenario(number, rank=None, category="Ethics"):
    return {
        "scenario_id": f"s{number:010x}",
        "post_id": f"p{number}",
        "category": category,
        "subreddit": "AmItheAsshole",
        "created_at": None,
        "rank": rank or number,
        "role": "chosen",
        "text": POST if number == 1 else f"{POST} It is flat {number}.",
        "masked": 0,
        "source_sha256": "0" * 64,
        "text_sha256": "0" * 64,
        **dict.fromkeys(FLAGS),
    }


def scenarios(*rows):
    table = pl.DataFrame(rows, schema_overrides={"created_at": pl.Datetime("ms", "UTC")})
    return conform(
        Scenarios,
        table.with_columns(pl.col("created_at").fill_null(pl.datetime(2021, 1, 1, time_zone="UTC"))),
        where="test",
    )


def run(params, reply, table=None, per_category=1, generators=(WRITER,), **changes):
    """Generates by a script; one generator and one repair unless said otherwise."""
    changes = {"generators": [*generators], "max_repairs": 1, "last_resort": False} | changes
    rules = params.generate.model_copy(update=changes)
    with Engine(params, stage="generate") as engine:
        scripted = ScriptedEngine(engine, reply)
        table = scenarios(scenario(1)) if table is None else table
        return generate(scripted, table, rules, TEN, per_category), scripted


def ok(**changes):
    return Reply(text=json.dumps(GOOD | changes), finish_reason="stop")


def only(request, texts):
    """The answer to a request for some of the values."""
    return Reply(text=json.dumps({v: texts[v] for v in fields(request)}), finish_reason="stop")


def fields(request):
    return json.loads(request.schema.body)["required"]


def test_ten_good_actions_take_one_request(params):
    written, scripted = run(params, lambda request: ok())
    assert len(scripted.asked) == 1
    assert written.actions["value"].sort().to_list() == sorted(SLUGS)
    assert written.actions["action_id"][0].startswith("s0000000001.")
    assert written.ledger.is_empty()
    assert written.drafts.select(pl.all_horizontal(ACTION_CHECKS)).to_series().all()


def test_a_failed_check_is_repaired_by_one_request_for_the_failed_actions_only(params):
    def reply(request):
        if len(request.messages) == 2:
            return ok(power="Seize power over the building.", hedonism="")
        return Reply(text=json.dumps({k: GOOD[k] for k in ("power", "hedonism")}), finish_reason="stop")

    written, scripted = run(params, reply)
    assert len(scripted.asked) == 2
    repair = scripted.asked[1]
    assert set(json.loads(repair.schema.body)["required"]) == {"power", "hedonism"}
    assert [m.role for m in repair.messages] == ["system", "user", "assistant", "user"]
    assert 'names its own value: "power"' in repair.messages[-1].content
    assert "hedonism: there is no action" in repair.messages[-1].content
    assert written.actions.height == 10
    assert dict(written.actions.select("value", "attempt").iter_rows())["power"] == 2
    told = written.ledger.select("attempt", "value", "reason", "final").sort("value").rows()
    assert told == [(1, "hedonism", "present", False), (1, "power", "value_not_named", False)]


def test_a_scenario_whose_repair_fails_is_given_up_and_told(params):
    written, scripted = run(
        params,
        lambda request: (
            ok(power="Seize power over the building.")
            if len(request.messages) == 2
            else Reply(text='{"power": "Grab power over the whole street."}', finish_reason="stop")
        ),
    )
    assert len(scripted.asked) == 2
    assert written.actions.is_empty()
    assert written.ledger.select("attempt", "final").sort("attempt").rows() == [(1, False), (2, True)]


def test_an_invalid_answer_is_asked_for_again_whole(params):
    written, scripted = run(
        params, lambda r: ok() if len(r.messages) > 2 else Reply(text="Ten ideas!", finish_reason="stop")
    )
    assert len(scripted.asked) == 2
    assert len(json.loads(scripted.asked[1].schema.body)["required"]) == 10
    assert written.actions.height == 10
    assert written.ledger["reason"].to_list() == ["invalid"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(refusal="No.", finish_reason="stop"), "refused"),
        (Reply(blocked="DataInspectionFailed"), "blocked_by_provider"),
        (Reply(text='{"power": "Ta', finish_reason="length"), "truncated"),
    ],
)
def test_what_a_provider_will_not_answer_is_never_asked_again(params, reply, reason):
    written, scripted = run(params, lambda request: reply)
    assert len(scripted.asked) == 1
    assert written.ledger.select("reason", "final").rows() == [(reason, True)]


NAMED = "Seize power over the building."


def test_what_no_repair_brings_is_asked_for_alone_and_afresh(params):
    """The last resort knows nothing of the conversation, and costs the others nothing."""

    def reply(request):
        if len(request.messages) > 2:
            return only(request, {"power": NAMED, "hedonism": ""})
        return ok(power=NAMED, hedonism="") if len(fields(request)) > 1 else only(request, GOOD)

    written, scripted = run(params, reply, last_resort=True)
    assert [fields(request) for request in scripted.asked[1:]] == [
        ["hedonism", "power"],
        ["hedonism"],
        ["power"],
    ]
    alone = scripted.asked[-1]
    assert [m.role for m in alone.messages] == ["system", "user"]
    assert "power (Power): Gaining status" in alone.messages[0].content
    assert NAMED not in alone.messages[0].content + alone.messages[1].content
    assert dict(written.actions.select("value", "attempt").iter_rows()) == dict.fromkeys(SLUGS, 1) | {
        "power": 3,
        "hedonism": 3,
    }
    assert not written.ledger["final"].any()


def test_a_refused_repair_leaves_the_last_resort_and_the_drafts_that_hold(params):
    def reply(request):
        if len(request.messages) > 2:
            return Reply(refusal="No.", finish_reason="stop")
        return ok(power=NAMED) if len(fields(request)) > 1 else only(request, GOOD)

    written, scripted = run(params, reply, last_resort=True, max_repairs=3)
    assert [fields(request) for request in scripted.asked[1:]] == [["power"], ["power"]]
    assert written.actions.height == 10
    assert sorted(written.ledger["reason"]) == ["refused", "value_not_named"]


def refuses(number, generator):
    """Refuses the scenarios of these numbers, whose texts begin with them."""

    def reply(request):
        about = request.subject == f"s{number:010x}" and request.name == generator
        return Reply(refusal="No.", finish_reason="stop") if about else only(request, BY[request.name])

    return reply


ANOTHER = {
    "self_direction": "List what a home must have for you, and look for a place that fits your own list.",
    "stimulation": "Swap the lease for a houseboat and find out what a winter on the water is like.",
    "hedonism": "Take the dearer room with the balcony and have long breakfasts in the sun there.",
    "achievement": "Negotiate so well that your letter becomes the model for everyone in the building.",
    "power": "Threaten to leave together with the whole floor unless the increase is dropped.",
    "security": "Put six months of payments aside before you agree to the higher sum.",
    "conformity": "Sign by the date he named, without making a fuss about the amount.",
    "tradition": "Do as your parents did: accept modestly what the owner asks and stay where you belong.",
    "benevolence": "Offer to look after his garden, because he is old and needs a hand.",
    "universalism": "Write to the council that homes must stay affordable for people on every income.",
}
BY = {WRITER: GOOD, OTHER: ANOTHER}


def test_a_lost_scenario_gives_its_place_to_the_next_in_rank(params):
    table = scenarios(*[scenario(i) for i in range(1, 6)], scenario(6, rank=1, category="Relationships"))
    both = (WRITER, OTHER)
    written, scripted = run(params, refuses(1, OTHER), table, per_category=2, generators=both)
    asked = [(int(request.subject[1:], 16), request.name) for request in scripted.asked]
    assert asked == [(n, name) for n in (1, 2, 6, 3) for name in both], (
        "rank 3 stands in, 4 and 5 are not needed"
    )
    assert written.actions["scenario_id"].unique().sort().to_list() == [f"s{n:010x}" for n in (2, 3, 6)]
    assert written.actions.group_by("scenario_id").len()["len"].to_list() == [20, 20, 20]
    assert written.count("Ethics") == (2, 1, 0)
    assert written.ledger.select("generator", "reason", "final").rows() == [(OTHER, "refused", True)]

    params = params.model_copy(update={"quota": params.quota.model_copy(update={"per_category": 2})})
    selected = select(table, written.actions, written.ledger, params)
    told = dict(
        selected.ledger.select("post_id", pl.concat_str("reason", "detail", separator=" | ")).iter_rows()
    )
    assert told == {
        "p1": f"generation_failed | {OTHER}: refused; its place went to s{3:010x}",
        "p4": "reserve_not_needed | rank 4",
        "p5": "reserve_not_needed | rank 5",
    }
    assert [line.split(":")[0] for line in selected.shortages] == [
        "Career & work",
        "Financial & investment",
        "Education & academy",
        "Relationships",
    ]


def test_the_same_answers_give_the_same_tables_in_whatever_order_the_scenarios_come(params):
    table = scenarios(*[scenario(i) for i in range(1, 6)])
    first, _ = run(params, refuses(1, WRITER), table, per_category=3)
    second, _ = run(params, refuses(1, WRITER), table.sort("rank", descending=True), per_category=3)
    for name in ("actions", "drafts", "ledger"):
        assert getattr(first, name).equals(getattr(second, name))


def test_when_nobody_is_left_the_shortage_says_what_became_of_them_and_what_helps(params, tmp_path):
    params = params.model_copy(
        update={"quota": params.quota.model_copy(update={"per_category": 2, "strict": True})}
    )
    table = scenarios(scenario(1), scenario(2))
    with Engine(params, stage="generate") as engine:
        job = Job(
            STEP,
            params,
            "",
            ScriptedEngine(engine, refuses(2, OTHER)),
            tmp_path,
            {places.JUDGED_SCENARIOS: table},
        )
        STEP.make(job)
    assert "Ethics: 1 of 2; 1 were lost, no other is accepted" in str(job.error)
    assert "raise quota.reserve" in str(job.error)
    assert job.path(places.GENERATED_ACTIONS).exists(), "what was paid for is in the tables all the same"


def test_a_scenario_without_an_answer_keeps_its_place(params):
    """A broken call says nothing of the scenario: the next run asks again."""

    class Broken(ScriptedEngine):
        def answer(self, requests):
            answers = super().answer(requests)
            broken = [request for request in requests if request.subject.endswith("1")]
            return answers | {request.key: failure(request, "no route", 3) for request in broken}

    with Engine(params, stage="generate") as engine:
        scripted = Broken(engine, lambda request: only(request, BY[request.name]))
        table = scenarios(*[scenario(i) for i in range(1, 4)])
        written = generate(scripted, table, params.generate, TEN, 2)
    assert written.count("Ethics") == (1, 0, 1)
    assert {request.subject for request in scripted.asked} == {f"s{1:010x}", f"s{2:010x}"}


def test_an_action_may_repeat_one_of_its_own_value_which_it_never_meets(params):
    """Of another value, whoever wrote it, it may not: the second generator is asked again."""
    same = {WRITER: GOOD, OTHER: ANOTHER | {"power": GOOD["power"], "security": GOOD["achievement"]}}

    def reply(request):
        return only(request, ANOTHER if len(request.messages) > 2 else same[request.name])

    written, scripted = run(params, reply, generators=(WRITER, OTHER))
    assert [fields(request) for request in scripted.asked[2:]] == [["security"]]
    assert "it repeats the action for achievement" in scripted.asked[2].messages[-1].content
    assert written.actions.filter(value="power")["text"].to_list() == [GOOD["power"]] * 2
