"""The panel of judges: who is asked, what counts as a vote, who wins."""

import datetime as dt
import itertools
import re

import polars as pl
import pytest
from services.scripted import ScriptedEngine

from pipeline import params as settings
from pipeline.engine import Engine
from pipeline.engine.response import Reply
from pipeline.judge.panel import hold_vote, verdicts

YES, NO = (
    Reply(text='{"vote": "yes"}', finish_reason="stop"),
    Reply(text='{"vote": "no"}', finish_reason="stop"),
)
MAYBE = Reply(text='{"vote": "maybe"}', finish_reason="stop")
REFUSED = Reply(refusal="I would rather not.", finish_reason="stop")


@pytest.fixture
def params(root, tmp_path):
    params = settings.load(root / "params.yaml")
    responses = params.responses.model_copy(
        update={"store": str(tmp_path / "s.sqlite"), "transcripts": str(tmp_path)}
    )
    return params.model_copy(update={"responses": responses})


def candidates(count):
    return pl.DataFrame(
        {
            "post_id": [f"p{i}" for i in range(count)],
            "category": "Ethics",
            "subreddit": "AmItheAsshole",
            "created_at": dt.datetime(2021, 1, 1, tzinfo=dt.UTC),
            "text": [f"Should I tell her about number {i}?" for i in range(count)],
        }
    )


def vote(params, replies):
    """Holds a vote on one post a row of replies (judge 1, 2 and 3)."""
    table = candidates(len(replies))
    with Engine(params, stage="judge") as engine:
        scripted = ScriptedEngine(
            engine, lambda request: replies[int(request.subject[1:])][int(request.name[-1]) - 1]
        )
        return hold_vote(scripted, table, params.judge), scripted


@pytest.mark.parametrize(
    ("replies", "verdict", "votes"),
    [
        ((YES, YES, None), "yes", 2),
        ((NO, NO, None), "no", 2),
        ((YES, NO, YES), "yes", 3),
        ((YES, NO, NO), "no", 3),
        ((YES, MAYBE, YES), "yes", 3),
        ((REFUSED, NO, NO), "no", 3),
        ((YES, MAYBE, NO), None, 3),
        ((YES, NO, REFUSED), None, 3),
        ((MAYBE, REFUSED, YES), None, 3),
    ],
)
def test_two_equal_valid_votes_win_and_the_third_judge_is_asked_only_without_them(
    params, replies, verdict, votes
):
    table, _ = vote(params, [replies])
    assert verdicts(table)["verdict"].to_list() == [verdict]
    assert table.height == votes
    assert table.filter(pl.col("role") == "tie_breaker").height == votes - 2


def test_every_combination_has_one_row_a_vote_and_says_how_it_fell(params):
    replies = list(itertools.product([YES, NO, MAYBE, REFUSED], repeat=3))
    table, scripted = vote(params, replies)
    assert table.height == len(scripted.asked)
    assert table.select("post_id", "judge").is_unique().all()
    assert set(table["status"]) == {"ok", "invalid", "refused"}
    assert table.filter(pl.col("vote").is_null())["status"].is_in(["invalid", "refused"]).all()
    told = dict(verdicts(table).select("post_id", "tally").iter_rows())
    assert told["p0"] == "2 yes, 0 no, 0 without a valid vote"


def test_the_post_cannot_give_orders_from_outside_its_own_frame(params):
    _, scripted = vote(params, [(YES, YES, None)])
    system, user = scripted.asked[0].messages
    assert "Should I tell her" not in system.content
    assert re.search(r"<post-[0-9a-f]{16}>\n", user.content)
    assert "r/AmItheAsshole" in user.content
