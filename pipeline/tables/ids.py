"""Ids that are made from other ids: opaque, and the same on every machine."""

from __future__ import annotations

import hashlib
import re

from pipeline.core.seeding import seeded_hash

# The first characters of an item's id are a hash of what it asks of which rows, the rest of the texts that it shows.
ITEM_STEM = 13


# How posts begin, and the scenarios made of them, that were written for a study and are nobody's of Reddit.
AUTHORED, SYNTHETIC = "authored", "sy"


def scenario_id(post_id: str) -> str:
    """An opaque id, so that a scenario can be talked about without naming its post. One that was written for a study
    can be told by it, in every table."""
    hashed = hashlib.sha256(f"valact scenario {post_id}".encode()).hexdigest()
    return SYNTHETIC + hashed[:9] if post_id.startswith(AUTHORED) else "s" + hashed[:10]


def authored_id(title: str, text: str) -> str:
    """The id of a post that was written for a study: a hash of its words, behind ``AUTHORED``. Reddit's ids are
    shorter."""
    return AUTHORED + hashlib.sha256(f"{title}\n{text}".encode(errors="replace")).hexdigest()[:12]


def is_synthetic(scenario_id: str) -> bool:
    """Whether a scenario, question or action is of a post that was written for a study."""
    return scenario_id.startswith(SYNTHETIC)


def scenario_of(*levels: str) -> str:
    """The id of a scenario that is a cell of a grid: of its levels in the order of the axes, such as country and topic.

    Blanks around a level do not count.
    """
    return scenario_id("\x1f".join(level.strip() for level in levels))


def item_stem(item_id: str) -> str:
    """What ids of items have in common that ask the same of the same rows, whatever their text was at the time."""
    return item_id[:ITEM_STEM]


def item_head(seed: int, round_: str, task: str, scenario_id: str, row: str, named: str) -> str:
    """The stem of the id of an item: ``row`` is the action or question that it is about, if any."""
    about = "\x1f".join([round_, task, scenario_id, row, named])
    return item_stem(f"i{seeded_hash(seed, 'item', about):016x}")


ADJUDICATION = ".adjudication"
# Rounds that follow from another one bear its name: judging repairs, settling what was disputed, training, the form,
# and the parts of a round that are judged apart, each by raters of its own.
PARTS = r"\.(repairs-\d+|in-[A-Za-z0-9-]+)"
FOLLOWS = re.compile(rf"({PARTS}|\.(adjudication|training|background))$")


def follow_up_round(round_: str, batch: int) -> str:
    """The round in which the texts that a batch of repairs brought are judged; the first batch is 1."""
    return f"{round_}.repairs-{batch}"


def part_of_round(round_: str, part: str) -> str:
    """The part of a round that raters of one country judge."""
    return f"{round_}.in-{part}"


def adjudication_round(round_: str) -> str:
    """The second pass of a round: what its raters do not agree on is settled there."""
    return f"{round_}{ADJUDICATION}"


def training_round(round_: str) -> str:
    """What raters do before a round."""
    return f"{round_}.training"


def background_round(round_: str) -> str:
    """The form in which the raters of a round say who they are; what they say is in no round's file."""
    return f"{round_}.background"


def first_round(name: str) -> str:
    """The round that a round follows from; itself where it follows from none."""
    while found := FOLLOWS.search(name):
        name = name[: found.start()]
    return name


def is_round_of(name: str, round_: str) -> bool:
    """Whether a round is ``round_``, one in which its repairs are judged, or a part of it."""
    return name == round_ or re.fullmatch(re.escape(round_) + PARTS, name) is not None
