"""What judging would ask: the rounds that are recorded, and as many more as it takes at the rate seen so far."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import polars as pl

from pipeline.core.errors import InputError
from pipeline.judge.hearing import accepted, mask, readable
from pipeline.judge.panel import hold_vote
from pipeline.judge.turns import Turns
from pipeline.masking.mask import Masker
from pipeline.step import Job, Planning
from pipeline.tables import places, read_table

# Share of the candidates that the judges accept, where nothing tells. Measured: from 2 % of r/changemyview with the
# stricter criteria to 90 % of subreddits for advice.
ACCEPTANCE = 0.5
# Judged candidates of a category from which its share is believed.
ENOUGH = 20

Counts = dict[str, int]


def plan(job: Job, planning: Planning) -> str:
    """Asks for what is recorded, then for the candidates that are expected to be asked about besides; says in words
    what that rests on."""
    params, candidates = job.params, job.read(places.CANDIDATES)
    turns = Turns(candidates, params)
    pending: Counts = {}
    if any(planning.knows(params.models[name].model) for name in params.judge.models):
        pending = _recorded(job, turns)
    rates, basis = _rates(turns, _earlier(job))
    ahead = copy.deepcopy(turns)
    for category, count in pending.items():
        _suppose(ahead, category, count, rates)
    start = dict(ahead.asked)
    rounds = 0
    while any((sizes := ahead.sizes()).values()):
        rounds += 1
        for category, size in sizes.items():
            _suppose(ahead, category, size, rates)
    # Texts are as long before masking as after it; nobody is asked, so that nobody sees them.
    turns.asked = start
    further = {category: ahead.asked[category] - start[category] for category in start}
    hold_vote(job.answers, turns.following(further), params.judge)
    expected = sum(pending.values()) + sum(further.values())
    possible = sum(pending.values()) + sum(turns.left(category) for category in start)
    planning.times = possible / expected if expected else 1.0
    if not expected:
        return "all rounds are recorded"
    rounds += bool(pending)
    more = f"{rounds} more round{'' if rounds == 1 else 's'}"
    return f"about {expected:,} of them are asked about in {more}, {basis}"


def _recorded(job: Job, turns: Turns) -> Counts:
    """Lets ``turns`` go through the rounds that are answered; candidates of the first round that is not, by category,
    that some answer is missing about."""
    params = job.params
    with Masker(params.filter.masking, params.filter.seconds_a_post) as masker:
        while not (turn := turns.next()).is_empty():
            votes = hold_vote(job.answers, readable(turn, mask(turn, masker)), params.judge)
            open_ = votes.filter(pl.col("status") == "failed")["post_id"].unique()
            answered = turn.filter(~pl.col("post_id").is_in(open_.implode()))
            turns.take(answered, accepted(answered, votes))
            if len(open_):
                rest = turn.filter(pl.col("post_id").is_in(open_.implode()))
                return dict(rest.group_by("category").len().iter_rows())
    return {}


def _suppose(turns: Turns, category: str, count: int, rates: Mapping[str, float]) -> None:
    turns.asked[category] += count
    turns.accepted[category] += int(count * rates[category])


def _earlier(job: Job) -> dict[str, tuple[int, int]]:
    """Accepted and judged candidates by category in the last finished run, if its table is there."""
    path = job.path(places.CELLS)
    try:
        cells = read_table(places.CELLS.schema, path) if path.exists() else places.CELLS.schema.create_empty()
    except InputError:  # of another version
        return {}
    sums = cells.group_by("category").agg(pl.col("accepted", "judged").sum())
    return {category: (accepted, judged) for category, accepted, judged in sums.iter_rows()}


def _rates(turns: Turns, earlier: Mapping[str, tuple[int, int]]) -> tuple[dict[str, float], str]:
    """The rate of acceptance that is expected of each category, and the words for where it is from."""
    seen = {category: (turns.accepted[category], turns.asked[category]) for category in turns.asked}
    where = "as the recorded votes have it"
    if not any(judged >= ENOUGH for _, judged in seen.values()):
        seen = {category: earlier.get(category, (0, 0)) for category in seen}
        where = "as in the last run"
    known = {c: accepted / judged for c, (accepted, judged) in seen.items() if judged >= ENOUGH}
    if not known:
        return dict.fromkeys(seen, ACCEPTANCE), f"if {ACCEPTANCE:.0%} are accepted, which is an assumption"
    mean = sum(known.values()) / len(known)
    rates = {category: known.get(category, mean) for category in seen}
    told = ", ".join(f"{category} {rate:.0%}" for category, rate in known.items())
    return rates, f"{where}: accepted are {told}"
