"""A round that many share: dealt out evenly, each pair of raters with as many items in common, and nothing lost."""

from __future__ import annotations

import random
from itertools import permutations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from services.annotation import annotation_project
from services.folder import valact, write_params
from services.label_studio import Answer
from services.raters import Rater, judge
from services.values import TEN
from test_validation_design import params as sample_params
from test_validation_design import world

from pipeline.annotation import projects, rounds, sending
from pipeline.annotation.client import connect
from pipeline.annotation.exchange import outgoing
from pipeline.annotation.rater_ids import rater_id
from pipeline.send.design import draw
from pipeline.send.parts import parts
from pipeline.send.shared import dealt
from pipeline.send.sharing import Wanted, deal, overlap
from pipeline.send.tasks import tasks
from pipeline.send.workload import workload
from pipeline.statistics.agreement import agreement
from pipeline.tables import Items, Judgements, read_table
from pipeline.validate.accuracy import in_general
from pipeline.verdict import judged
from stages import collect, send

# The paper's round: how many items of each kind.
KINDS = {"value": 352, "check": 35, "doubtful": 70, "option": 70, "scenario": 70}


def items(kinds=KINDS, raters=3) -> list[Wanted]:
    draws = random.Random(1)
    return [
        Wanted(f"{kind}-{n}", kind, raters, draws.lognormvariate(3.5, 0.5))
        for kind, count in kinds.items()
        for n in range(count)
    ]


@pytest.mark.parametrize("people", [3, 6, 7, 8, 12, 20, 30])
def test_any_two_raters_share_as_many_items(people):
    wanted = items()
    found = deal(wanted, people)
    assert {len(raters) for raters in found.values()} == {3}
    least, most = overlap(found.values(), people)
    assert 0 < least <= most <= least + 2
    seconds = [
        sum(one.seconds for one in wanted if rater in found[one.item_id]) for rater in range(1, people + 1)
    ]
    assert max(seconds) < 1.04 * min(seconds)
    for kind, count in KINDS.items():
        mine = [sum(rater in found[f"{kind}-{n}"] for n in range(count)) for rater in range(1, people + 1)]
        assert max(mine) - min(mine) <= 2
    shuffled = random.Random(2).sample(wanted, len(wanted))
    assert deal(shuffled, people) == found, "the deal is of the items, whatever their order"


def test_small_deals_by_hand():
    """Ten items of two are all pairs of five raters; one rater an item shares with nobody; two people judge all."""
    assert overlap(deal(items({"value": 10}, raters=2), 5).values(), 5) == (1, 1)
    assert overlap(deal(items({"value": 10}, raters=1), 5).values(), 5) == (0, 0)
    assert [len(raters) for raters in deal(items({"value": 4}), 2).values()] == [2] * 4


def test_what_is_fixed_stays_and_the_rest_goes_to_those_who_have_less():
    wanted = items({"value": 60})
    fixed = {one.item_id: (1, 2) for one in wanted[:20]}
    found = deal(wanted, 6, fixed)
    assert all({1, 2} <= {*found[item]} for item in fixed)
    each = [sum(rater in raters for raters in found.values()) for rater in range(1, 7)]
    assert sum(each) == 180
    assert max(each) - min(each) <= 2
    assert deal(wanted, 6, found) == found


@pytest.fixture(scope="module")
def shared():
    """Items, options and the deal of a round of 2 of 8 raters an item."""
    settings = sample_params(half_width=0.12, raters=2, people=8)
    scenarios, actions, questions, options = world(range(20))
    drawn = draw(scenarios, actions, questions, options, settings)
    shown = tasks(drawn, scenarios, actions, options, TEN, settings.seed)
    return drawn, options, dealt(drawn, shown, 8)


def test_agreement_is_right_where_every_rater_judged_a_part(shared):
    """Alpha as defined, from all pairs of answers to an item, and accuracies of raters in parts."""
    drawn, options, mine = shared
    said = pl.concat(
        [
            judge(
                part.with_columns(raters=pl.lit(1, dtype=pl.Int32)), options, [Rater(0.8)], seed=rater
            ).with_columns(rater=pl.lit(f"r{rater}"))
            for rater, ids in mine.items()
            for part in [drawn.filter(pl.col("item_id").is_in(ids))]
        ]
    )
    found = judged.join(drawn, said, options, TEN, source="test")
    answers = found.at_random.of("value")
    each = answers.group_by("rater").len()["len"]
    assert each.len() == 8
    assert each.max() - each.min() <= 2
    assert (answers.group_by("item_id").len()["len"] == 2).all()
    given = [group["answer"].to_list() for _, group in answers.group_by("item_id")]
    observed = np.mean([a != b for one in given for a, b in permutations(one, 2)])
    expected = np.mean([a != b for a, b in permutations([a for one in given for a in one], 2)])
    figures = agreement(judged.counts(answers, found.labels["value"])[1], "shared", 1)
    assert figures["alpha"].estimate == pytest.approx(1 - observed / expected)
    shares = [np.mean(np.array(answers["answer"]) == one) for one in found.labels["value"]]
    chance = sum(share**2 for share in shares)
    assert figures["kappa"].estimate == pytest.approx((1 - observed - chance) / (1 - chance))
    general = in_general(answers)
    assert general.low < answers["matches"].mean() < general.high


def task(item, raters=2, *by, draft=False):
    """A task as a server has it, judged by these members."""
    data = {"item_id": item, "task": "value", "raters": raters, "scenario": "", "action": "", "question": ""}
    made = [{"completed_by": one, "was_cancelled": False} for one in by]
    return {"data": data, "annotations": made, "draft_exists": draft}


def held(found):
    return {seat: [one["data"]["item_id"] for one in mine] for seat, mine in found.items()}


def test_the_server_is_the_memory_of_the_deal():
    whole = [task(f"i{n}") for n in range(12)]
    first = held(parts(whole, dict.fromkeys((1, 2, 3), ()), {}))
    assert sorted(map(len, first.values())) == [8, 8, 8]
    there = {
        seat: [task(item, 1, *([seat] if n < 3 else ())) for n, item in enumerate(mine)]
        for seat, mine in first.items()
    }

    assert held(parts(whole, dict.fromkeys((1, 2, 3), ()), there)) == first
    fewer = held(parts(whole[1:], dict.fromkeys((1, 2, 3), ()), there))
    assert fewer == {seat: [item for item in mine if item != "i0"] for seat, mine in first.items()}

    # A fourth comes: what is judged stays, what waits moves to whoever has less.
    four = held(parts(whole, dict.fromkeys((1, 2, 3, 4), ()), there))
    assert all({*first[seat][:3]} <= {*four[seat]} for seat in first)
    assert sorted(map(len, four.values())) == [6, 6, 6, 6]
    # One goes: what was judged is not asked again, and waits for nobody in that part.
    two = held(parts(whole, dict.fromkeys((1, 2), ()), there))
    assert {*two[3]} == {*first[3][:3]}
    assert sorted(item for mine in two.values() for item in mine) == sorted(2 * [f"i{n}" for n in range(12)])

    # Whose judgements count no longer is replaced, item by item.
    again = parts(whole, dict.fromkeys((1, 2, 3), ()), there, without={2})
    assert {one["data"]["item_id"] for one in again[2] if one["data"]["raters"] == 2} == {*first[2][:3]}
    assert {one["data"]["raters"] for seat in (1, 3) for one in again[seat]} == {1}
    drafted = {1: [task("i0", 1, draft=True)], 2: [], 3: []}
    assert "i0" in held(parts(whole, dict.fromkeys((1, 2, 3, 4), ()), drafted))[1]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a round that five share, two an item."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    return lambda round_, **sample: annotation_project(
        tmp_path, round_, **{"raters": 2, "people": 5} | sample
    )


def undealt(params):
    rules = params.validation.sample.model_copy(update={"people": None})
    return params.model_copy(update={"validation": params.validation.model_copy(update={"sample": rules})})


def test_parts_are_files_of_their_own_and_a_plan_says_what_each_takes(project):
    params = project("parts")
    send.main()
    out = outgoing()
    drawn = read_table(Items, "data/send/items.parquet")
    assert sorted(out.parts) == [1, 2, 3, 4, 5]
    assert not out.follow_ups
    each = [one["data"]["item_id"] for mine in out.parts.values() for one in mine]
    assert sorted(each) == sorted(2 * drawn["item_id"].to_list())
    assert {one["data"]["raters"] for mine in out.parts.values() for one in mine} == {1}
    assert out.parts[2][0]["data"]["keys"].startswith(f"1 of {len(out.parts[2])} ")
    # Whoever shares an item with somebody sees the values in another order.
    orders = {
        item: [
            [choice["alias"] for choice in one["data"]["choices"]]
            for mine in out.parts.values()
            for one in mine
            if one["data"]["item_id"] == item
        ]
        for item in drawn.filter(task="value")["item_id"]
    }
    assert all(one != other for one, other in orders.values())
    said = valact("annotate", "plan", "--pay", "20").output
    assert "5 people" in said
    assert f"{workload(out.parts[5]).words:,}" in said
    assert "Any two of them have" in said
    assert (
        "validation.sample.people: 7 gives each a part" in valact("annotate", "plan", "--raters", "7").output
    )

    write_params(Path(), undealt(params))
    send.main()
    assert not outgoing().parts, "files of a deal that is no more are gone"


def test_a_part_that_takes_too_long_is_not_drawn(project, capsys):
    project("long", hours=0.01)
    with pytest.raises(SystemExit):
        send.main()
    said = capsys.readouterr().err
    assert "validation.sample.hours" in said
    assert "the longest of 5 parts takes" in said


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ({"people": 1}, "1 cannot share a round of which 2 judge each item"),
        ({"people": None, "hours": 2}, "say how many"),
    ],
)
def test_people_and_hours_that_cannot_be(project, sample, said):
    with pytest.raises(ValueError, match=said):
        project("no", **sample)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_shared_round_on_a_server(project, monkeypatch, studio, capsys):
    """Three projects, each rater in one; a part is taken over from one who is taken out; nothing is lost or doubled."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.server.key)
    params = project("shared", people=3)
    send.main()
    drawn = read_table(Items, "data/send/items.parquet")
    people = [studio.rater(f"part-{n}") for n in range(1, 4)]
    for seat, tasks_ in on_server(studio).items():
        for one in tasks_:
            people[seat - 1].judge(one, Answer(one["data"]["choices"][0]["alias"]))
    before = on_server(studio)
    said = valact("annotate", "send").output
    assert said.count("is as it should be") == 3
    assert "Rater 3 judges at" in said
    assert on_server(studio) == before
    assert "0 judgements" not in valact("annotate", "collect", "--no-repro").output
    collect.main()
    found = read_table(Judgements, "data/collect/judgements.parquet")
    assert found.height == 2 * drawn.height == len(rounds.read(rounds.path_of("shared")).annotations)
    assert found["rater"].n_unique() == 3
    assert "Every judgement on the server is in annotations/rounds/" in (
        told := valact("annotate", "status").output
    )
    assert told.count("rater 1'") == 1

    # The second is taken out: what they judged waits in their part for somebody else, and for nobody twice.
    key = projects_of(studio)[0].key
    numbers = {one["email"]: one["id"] for one in people[0].web.get("/api/users/").json()}
    valact("annotate", "exclude", rater_id(key, numbers[people[1].email]), "--why", "one key throughout")
    waiting = [one for one in on_server(studio)[2] if not one["is_labeled"]]
    assert len(waiting) == len(before[2])
    assert all(one["is_labeled"] for seat in (1, 3) for one in on_server(studio)[seat])
    other = studio.rater("part-4")
    for one in waiting:
        other.judge(one, Answer(one["data"]["choices"][-1]["alias"]))
    collect.main()
    found = read_table(Judgements, "data/collect/judgements.parquet").filter(~pl.col("excluded"))
    assert found.group_by("item_id").len()["len"].to_list() == [2] * drawn.height
    assert "part-4@example.org" in valact("annotate", "people").output

    # Who shares it cannot become whoever comes.
    write_params(Path(), undealt(params))
    capsys.readouterr()
    with pytest.raises(SystemExit):
        send.main()
    assert "is dealt out to raters on the server" in capsys.readouterr().err


def projects_of(studio):
    with connect(studio.server) as client:
        return projects.of_round(client, "shared")


def on_server(studio):
    with connect(studio.server) as client:
        return {one.seat: sending.read_tasks(client, one) for one in projects.of_round(client, "shared")}
