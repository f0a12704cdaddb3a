"""Synthetic submissions in the shape of the dumps, as many as wanted; their text means nothing.

Lengths, names, places, ages, links, afterthoughts and posts that were posted twice are about as frequent as in real
ones, because masking and the search for near-duplicates take their time by them.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator, Mapping
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
NAMES = (
    "Aaron Abigail Aisha Amanda Andrew Anita Beatriz Benjamin Bridget Caleb Carmen Charlotte Chen Connor Daniela "
    "Deepak Derek Elena Elijah Emma Farah Felix Gareth Grace Hannah Hector Imogen Isaac Jamal Jasmine Jonathan Julia "
    "Kavita Kevin Kyle Laura Leila Liam Lucas Madison Marcus Maria Megan Mohammed Nadia Nathan Olivia Oscar Patricia "
    "Pedro Priya Rachel Rebecca Ryan Samantha Samuel Sofia Stephen Tariq Theresa Thomas Vanessa Victor Wendy Yusuf"
).split()
PLACES = "Boston Chicago Dublin Glasgow Houston Leeds London Melbourne Ohio Oregon Seattle Texas Toronto Utah".split()
THINGS = "Amazon Excel Facebook Google Honda Instagram LinkedIn Netflix Reddit Toyota Uber Walmart".split()
MONTHS = "January March April June July September October December".split()
# Sentences by what they hold; {name}, {place} and so on are drawn.
DETAILS = (
    (0.10, "My friend {name} said that I should wait, and {name} is usually right."),
    (0.04, "I (27F) have been with {name} (29M) since {month}."),
    (0.03, "his sister {lower} told me about it at work."),
    (0.12, "We moved to {place} in {month} and I still use {thing} for my work there."),
    (0.10, "It started last {month}, on a Monday, when I was in {place}."),
    (
        0.02,
        "You can write to me at {lower}.{number}@example.com or see https://example.com/{number} for the details.",
    ),
    (0.01, "u/{lower}_{number} told me to ask here instead."),
    (0.08, "Edit: thanks for the kind words, I did not expect so many."),
)
POSTED_TWICE = 0.01
ASKS = (
    "What should I do?",
    "Should I say yes or no?",
    "How would you handle this?",
    "Any advice is welcome.",
    "What would you do in my place?",
)


def submissions(
    count: int,
    params: Params,
    seed: int = 1,
    wanted: float = 0.6,
    scarce: Mapping[str, float] | None = None,
) -> Iterator[dict[str, object]]:
    """Submissions of which the share ``wanted`` is in the params' subreddits, over the params' dates and a
    year around them; some are removed, deleted, too short, or ask for nothing. Of the ``scarce`` subreddits only a
    share of the others' number is there."""
    dice = random.Random(seed)
    subreddits = list(params.subreddit_spelling.values())
    first = dt.datetime.combine(params.dates.first, dt.time(), dt.UTC).timestamp() - 15e6
    last = dt.datetime.combine(params.dates.last, dt.time(), dt.UTC).timestamp() + 15e6
    last_body = text(dice, 8)
    for number in range(count):
        created = int(first + (last - first) * number / count)
        subreddit = dice.choice(subreddits) if dice.random() < wanted else dice.choice(OTHER_SUBREDDITS)
        if scarce and dice.random() >= scarce.get(subreddit, 1):
            subreddit = dice.choice(OTHER_SUBREDDITS)
        body, fate = story(dice), dice.random()
        if dice.random() < POSTED_TWICE:
            body = f"{last_body} Please help."
        last_body = body
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


def story(dice: random.Random) -> str:
    """A post's body: 3 to 40 sentences, mostly few, with details in between."""
    sentences = [_sentence(dice) for _ in range(min(40, 3 + int(dice.lognormvariate(2, 0.6))))]
    for share, detail in DETAILS:
        if dice.random() < share:
            name = dice.choice(NAMES)
            drawn = {
                "name": name,
                "lower": name.lower(),
                "place": dice.choice(PLACES),
                "thing": dice.choice(THINGS),
                "month": dice.choice(MONTHS),
                "number": dice.randint(1, 99),
            }
            sentences.insert(dice.randint(1, len(sentences)), detail.format(**drawn))
    return " ".join(sentences)


def text(dice: random.Random, sentences: int) -> str:
    """Sentences of ten to twenty common words."""
    return " ".join(_sentence(dice) for _ in range(sentences))


def write_dump(
    path: Path, count: int, params: Params, seed: int = 1, scarce: Mapping[str, float] | None = None
) -> None:
    """A .zst dump of that many submissions."""
    with open(path, "wb") as file, zstandard.ZstdCompressor(level=3).stream_writer(file) as writer:
        for submission in submissions(count, params, seed, scarce=scarce):
            writer.write(json.dumps(submission).encode() + b"\n")


def _sentence(dice: random.Random) -> str:
    def clause() -> str:
        return (
            f"my {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)} and I {dice.choice(VERBS)} "
            f"the {dice.choice(ADJECTIVES)} {dice.choice(NOUNS)}"
        )

    sentence = f"{clause()} {dice.choice(LINKS)} {clause()}"
    return sentence[0].upper() + sentence[1:] + "."
