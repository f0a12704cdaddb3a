"""One round after another: candidates whose turn has come are masked, then the panel is asked about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl

from pipeline.core import progress
from pipeline.engine import Answerer
from pipeline.judge.orders import gives_orders
from pipeline.judge.panel import hold_vote, verdicts
from pipeline.judge.turns import Turns
from pipeline.masking.mask import Masker
from pipeline.params import Params
from pipeline.tables import Votes

MASKED = {
    "post_id": pl.String,
    "text": pl.String,
    "masked": pl.Int32,
    "text_sha256": pl.String,
    "gives_orders": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """Everything that was found out: ``votes`` (Votes), and ``masked`` with post_id, text, masked, text_sha256 (null in
    these three where masking took too long) and gives_orders of every candidate that had its turn."""

    votes: pl.DataFrame
    masked: pl.DataFrame


def hold(candidates: pl.DataFrame, engine: Answerer, params: Params) -> Hearing:
    """Asks the panel round after round until every category is full or used up."""
    turns = Turns(candidates, params)
    votes: list[pl.DataFrame] = [Votes.create_empty()]
    masked = [pl.DataFrame(schema=MASKED)]
    with Masker(params.filter.masking, params.filter.seconds_a_post) as masker:
        while not (turn := turns.next()).is_empty():
            masked.append(mask(turn, masker))
            votes.append(hold_vote(engine, readable(turn, masked[-1]), params.judge))
            turns.take(turn, accepted(turn, votes[-1]))
            progress.say(f"judge, round {len(votes) - 1}: {turns.tell()}")
    return Hearing(pl.concat(votes), pl.concat(masked))


def mask(turn: pl.DataFrame, masker: Masker) -> pl.DataFrame:
    """The candidates' masked texts, as ``Hearing.masked`` has them."""
    texts = masker.mask(turn["text"].to_list())
    rows = [
        (
            post_id,
            *((found.text, found.spans, _sha256(found.text)) if found else (None, None, None)),
            gives_orders(text),
        )
        for post_id, text, found in zip(turn["post_id"], turn["text"], texts, strict=True)
    ]
    return pl.DataFrame(rows, schema=MASKED, orient="row")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def readable(turn: pl.DataFrame, masked: pl.DataFrame) -> pl.DataFrame:
    """The candidates as judges read them; those without a masked text are nobody's to read."""
    return turn.drop("text").join(
        masked.select("post_id", "text").drop_nulls(), on="post_id", validate="1:1", maintain_order="left"
    )


def accepted(turn: pl.DataFrame, votes: pl.DataFrame) -> pl.DataFrame:
    yes = verdicts(votes).filter(pl.col("verdict") == "yes")
    return turn.join(yes.select("post_id"), on="post_id", how="semi")
