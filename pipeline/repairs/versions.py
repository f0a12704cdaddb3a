"""What actions said at the time of each round: before the repairs that the round led to, and after each of them.

A round's accuracy is that of the actions as they were generated and drawn. A rejected text that is written anew would
otherwise leave the round with its judgements, and every repair would raise the accuracy without anybody judging.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.repairs.asked import Repair, text_hash
from pipeline.tables.ids import follow_up_round, is_round_of

Text = tuple[str, int]  # an action's text, and the attempt that wrote it


@dataclass(frozen=True, slots=True)
class Versions:
    """``first`` has every text as it was before the round's repairs; ``replaced`` names the actions whose text is
    another one now. ``follow_ups`` has by round what a batch of repairs brought: all actions, and which are new."""

    first: pl.DataFrame
    replaced: frozenset[str]
    follow_ups: Mapping[str, tuple[pl.DataFrame, frozenset[str]]]


def versions(actions: pl.DataFrame, drafts: pl.DataFrame, repairs: Iterable[Repair], round_: str) -> Versions:
    """The texts of Actions in a round and in those that its repairs led to; Drafts hold the texts that were replaced.

    A repair of a text that is in no draft (everything was generated anew since) has nothing to do with these actions.
    """
    known = _texts(actions, drafts, repairs)
    chains: dict[str, list[Repair]] = defaultdict(list)
    for one in sorted(repairs):
        if is_round_of(one.round, round_) and (one.action_id, one.text_sha256) in known:
            chains[one.action_id].append(one)
    now = {
        action: (text, attempt)
        for action, text, attempt in actions.select("action_id", "text", "attempt").iter_rows()
        if action in chains
    }
    before = {
        (action, one.batch): known[action, one.text_sha256]
        for action, chain in chains.items()
        if action in now
        for one in chain
    }
    first = {action: before[action, chains[action][0].batch] for action in now}
    brought: dict[int, dict[str, Text]] = defaultdict(dict)
    for action, text in now.items():
        chain = chains[action]
        after = [before[action, later.batch] for later in chain[1:]] + [text]
        for one, new in zip(chain, after, strict=True):
            if text_hash(new[0]) != one.text_sha256:
                brought[one.batch][action] = new
    return Versions(
        _with(actions, first),
        frozenset(action for action, (text, _) in first.items() if text != now[action][0]),
        {
            follow_up_round(round_, batch): (_with(actions, texts), frozenset(texts))
            for batch, texts in sorted(brought.items())
        },
    )


def _with(actions: pl.DataFrame, texts: Mapping[str, Text]) -> pl.DataFrame:
    """The actions with these texts in the place of their own."""
    if not texts:
        return actions
    other = pl.DataFrame(
        [(action, *text) for action, text in texts.items()],
        schema={"action_id": pl.String, "text": pl.String, "attempt": actions.schema["attempt"]},
        orient="row",
    )
    return actions.update(other, on="action_id")


def _texts(
    actions: pl.DataFrame, drafts: pl.DataFrame, repairs: Iterable[Repair]
) -> dict[tuple[str, str], Text]:
    """Text and attempt by action_id and hash of the text, of the actions that have repairs."""
    wanted = list({one.action_id for one in repairs})
    key = ["scenario_id", "value", "generator"]
    written = (
        actions.filter(pl.col("action_id").is_in(wanted))
        .select("action_id", *key)
        .join(drafts.select(*key, "text", "attempt"), on=key, validate="1:m")
    )
    rows = written.sort("attempt").select("action_id", "text", "attempt").iter_rows()
    return {(action, text_hash(text)): (text, attempt) for action, text, attempt in rows}
