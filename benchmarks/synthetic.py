"""Synthetic submissions in the shape of the dumps, as many as wanted; their text means nothing."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from pathlib import Path

import zstandard

from pipeline.params import Params

OTHER_SUBREDDITS = ("gaming", "aww", "news", "cooking", "soccer", "movies", "pics", "music")
NOUNS = (
    "job manager sister brother mother father teacher professor landlord flat house car loan salary offer "
    "contract wedding holiday school course thesis degree exam deadline friend neighbour partner child "
    "dog garden kitchen trip budget savings rent move city village team project meeting promise secret "
    "letter birthday dinner church club band book shop office colleague boss interview visa insurance "
    "hospital doctor medicine diet marathon"
).split()
VERBS = (
    "want need have hate love miss fear expect plan refuse agree promise forget remember borrow lend sell "
    "buy keep leave join start finish change accept decline share hide tell visit support watch follow "
    "lose find"
).split()
LINKS = ["and", "but", "so", "because", "while", "although", "since", "after", "before", "unless", "until"]
ADJECTIVES = (
    "old new small big loud quiet rich poor kind strange honest lazy busy lonely happy angry tired "
    "careful cheap expensive famous local foreign early late long short hard easy strict generous "
    "stubborn"
).split()
ASKS = (
    "What should I do?",
    "Should I say yes or no?",
    "How would you handle this?",
    "Any advice is welcome.",
    "What would you do in my place?",
)


def submissions(
    count: int, params: Params, seed: int = 1, wanted: float = 0.6
) -> Iterator[dict[str, object]]:
    """Submissions of which the share ``wanted`` is in the params' subreddits, over the params' dates and a
    year around them; some are removed, deleted, too short, or ask for nothing."""
    dice = random.Random(seed)
    subreddits = list(params.subreddit_spelling.values())
    first = dt.datetime.combine(params.dates.first, dt.time(), dt.UTC).timestamp() - 15e6
    last = dt.datetime.combine(params.dates.last, dt.time(), dt.UTC).timestamp() + 15e6
    for number in range(count):
        created = int(first + (last - first) * number / count)
        subreddit = dice.choice(subreddits) if dice.random() < wanted else dice.choice(OTHER_SUBREDDITS)
        body, fate = text(dice, dice.randint(3, 22)), dice.random()
        if fate < 0.08:
            body = "[removed]"
        elif fate < 0.12:
            body = "[deleted]"
        elif fate < 0.80:
            body += " " + dice.choice(ASKS)
        yield {
            "id": f"syn{number:07d}",
            "subreddit": subreddit,
            "author": f"nobody{number % 9973}",
            "created_utc": created,
            "title": text(dice, 1).rstrip("."),
            "selftext": body,
            "is_self": True,
            "score": dice.randint(-2, 400),
            "num_comments": dice.randint(0, 90),
            "over_18": dice.random() < 0.02,
            "stickied": False,
            "distinguished": None,
            "removed_by_category": None,
            "link_flair_text": None,
            "permalink": f"/r/{subreddit}/comments/syn{number:07d}/x/",
        }


def text(dice: random.Random, sentences: int) -> str:
    """Sentences of ten to twenty common words."""
    return " ".join(_sentence(dice) for _ in range(sentences))


def write_dump(path: Path, count: int, params: Params, seed: int = 1) -> None:
    """A .zst dump of that many submissions."""
    with open(path, "wb") as file, zstandard.ZstdCompressor(level=3).stream_writer(file) as writer:
        for submission in submissions(count, params, seed):
            writer.write(json.dumps(submission).encode() + b"\n")


def _sentence(dice: random.Random) -> str:
    def clause() -> str:
        return (
            f"my {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)} and I {dice.choice(VERBS)} "
            f"the {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)}"
        )

    sentence = f"{clause()} {dice.choice(LINKS)} {clause()}"
    return sentence[0].upper() + sentence[1:] + "."
