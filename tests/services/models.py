"""Stand-ins for the models of the paper: they answer the pipeline's own prompts with generated text.

The text is deterministic and means nothing; it keeps to the rules of the prompts, except in a small share
of faults (a named value, a refusal, an invalid vote) that the pipeline has to deal with.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from typing import Any

from services.chat import ChatServer
from services.dashscope import DashScopeServer
from services.values import SLUGS

VERBS = (
    "ask call write visit tell show bring offer plan book join leave keep drop sell build paint clean "
    "cook walk"
).split()
NOUNS = (
    "manager sister neighbour teacher landlord doctor friend cousin colleague coach garden kitchen train "
    "ticket letter budget calendar notebook window bridge market library workshop festival river mountain "
    "lesson contract recipe engine bicycle harbour station museum orchard island blanket candle mirror "
    "ladder basket lantern"
).split()
EXTRAS = (
    "early quietly twice tomorrow tonight gladly slowly together first instead abroad outside nearby "
    "often again weekly openly carefully boldly calmly kindly warmly firmly freely"
).split()
FIELDS = re.compile(r"(?:fields are|only field is): ([a-z_, ]+)\.")
SHOWN = re.compile(r"^(a\d+)\. (.*)$", re.MULTILINE)


def reply(messages: list[dict[str, str]], model: str) -> dict[str, Any]:
    """The answer of a model to a conversation: a vote, actions, a choice or ratings, as its text asks for."""
    texts = [message["content"] for message in messages]
    seed = int.from_bytes(hashlib.sha256("\n".join([model, *texts]).encode()).digest()[:8], "big")
    dice = random.Random(seed)
    if '"vote"' in texts[0]:
        return {"text": _vote(dice, texts[1], model)}
    if '{"answer"' in texts[0]:
        return {"text": json.dumps({"answer": dice.choice("ABCD")})}
    if "q01 to q40" in texts[0]:
        return {"text": json.dumps({f"q{place:02d}": dice.randint(1, 6) for place in range(1, 41)})}
    if "\nThe actions:\n" in texts[-1]:
        return {"text": json.dumps(labels(dice, texts[-1]))}
    repair = len(messages) > 2
    fields = FIELDS.search(texts[-1] if repair else texts[0])
    assert fields, "the prompt no longer lists its fields: these stand-ins must learn its new form"
    wanted = fields[1].split(", ")
    fate = dice.random()
    if not repair and fate < 0.004:
        return {"text": "I'm sorry, but I can't help with that."}
    actions = {value: action(dice, value) for value in wanted}
    if not repair and fate < 0.03:
        actions[wanted[0]] = f"Show some {wanted[0].replace('_', '-')} and {actions[wanted[0]].lower()}"
    return {"text": json.dumps(actions)}


def chat_server(**options: Any) -> ChatServer:
    """An OpenAI-compatible server of such models."""
    return ChatServer(lambda body, n: reply(body["messages"], body["model"]), **options)


def dashscope_server(**options: Any) -> DashScopeServer:
    """A DashScope server of such models."""
    return DashScopeServer(lambda body, n: reply(body["input"]["messages"], body["model"]), **options)


def _vote(dice: random.Random, post: str, model: str) -> str:
    """Judges mostly agree, because they mostly look at the post; sometimes they do not."""
    shared = hashlib.sha256(post.encode()).digest()[0] / 255
    if dice.random() < 0.01:
        return "Hard to say."
    opinion = shared < 0.7 if dice.random() < 0.9 else dice.random() < 0.5
    return json.dumps({"vote": "yes" if opinion else "no"})


def labels(dice: random.Random, message: str) -> dict[str, str]:
    """Readers go by the last noun, which the writers choose for the value; one label in twenty is a guess."""
    labels = {}
    for name, text in SHOWN.findall(message.split("\nThe actions:\n")[1]):
        noun = text.rstrip(".").split()[-1]
        known = noun in NOUNS and dice.random() < 0.95
        labels[name] = SLUGS[NOUNS.index(noun) % len(SLUGS)] if known else dice.choice(SLUGS)
    return labels


def action(dice: random.Random, value: str) -> str:
    """A sentence that tells what to do, unlike any other; its last noun is one of the value's."""
    place = SLUGS.index(value)
    fifth = dice.choice(NOUNS[place :: len(SLUGS)])
    first, second, third, fourth = dice.sample([noun for noun in NOUNS if noun != fifth], 4)
    verb, other = dice.sample(VERBS, 2)
    adverbs = dice.sample(EXTRAS, 3)
    return (
        f"{verb.capitalize()} the {first} {adverbs[0]} about the {second}, {adverbs[1]} {other} a {third} "
        f"with the {fourth}, and {adverbs[2]} mend the {fifth}."
    )
