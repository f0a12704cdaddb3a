"""Stand-ins for the models of profiles/paper.yaml that misbehave as often as was measured on real posts and actions.

Texts mean nothing. An answer is a function of the question and the model, as a recorded one would be; only calls that
are turned away (429) depend on when they come.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
from collections import Counter
from typing import Any

from aiohttp import web

from pipeline.values import load
from services.dashscope import PATH
from services.loopback import Loopback
from services.models import FIELDS, NOUNS, action, labels

# Shares of posts that the two judges (and the tie-breaker) take, by subreddit; read off 173 real posts of three
# subreddits, the rest is a range that was seen.
ACCEPTED = {"changemyview": 0.02, "askphilosophy": 0.08, "AmItheAsshole": 0.48}
OTHERS = (0.6, 0.9)
DISAGREES = 0.05
# Shares of actions that name their value, in first drafts and in repairs; of answers that are refused or cut short.
NAMED, NAMED_AGAIN = 0.11, 0.25
REFUSED, TRUNCATED = 0.01, 0.005
# One call in so many is turned away, for so many seconds.
TURNED_AWAY, RETRY_AFTER = 50, 0.2
CHARACTERS_A_TOKEN = 4
SUBREDDIT = re.compile(r"^Post from r/(\S+):", re.MULTILINE)
NAMES = {value.slug: value.name.lower() for value in load("schwartz10").values}
WORD = re.compile(r"\b[a-z]{4,12}\b")


class MeasuredModels(Loopback):
    """Serves chat completions and DashScope's generation at one address. ``asked`` counts calls by question, without
    those that were turned away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[bytes] = Counter()
        self.calls = 0
        self.turned_away = 0

    @property
    def chat(self) -> str:
        return f"{self.url}/v1"

    @property
    def dashscope(self) -> str:
        return f"{self.url}/api/v1"

    async def handle(self, request: web.Request, body: Any) -> web.StreamResponse:
        # A run of this size would fill the memory that is being measured.
        self.bodies.clear()
        self.headers.clear()
        self.paths.clear()
        is_dashscope = request.path == PATH
        messages = body["input"]["messages"] if is_dashscope else body["messages"]
        self.calls += 1
        if self.calls % TURNED_AWAY == 0:
            self.turned_away += 1
            return _turned_away(is_dashscope)
        key = _key(body["model"], messages)
        self.asked[key] += 1
        text, reason = self.answer(body["model"], messages, random.Random(key))
        used = sum(len(message["content"]) for message in messages) // CHARACTERS_A_TOKEN
        told = len(text) // CHARACTERS_A_TOKEN + 1
        await asyncio.sleep(0)
        form = _generation if is_dashscope else _completion
        return web.json_response(form(body["model"], text, reason, used, told))

    def answer(self, model: str, messages: list[dict[str, str]], dice: random.Random) -> tuple[str, str]:
        """The text, and why it ended: stop, or length where it was cut short."""
        return answer(messages, dice)


def answer(messages: list[dict[str, str]], dice: random.Random) -> tuple[str, str]:
    """The text, and why it ended: stop, or length where it was cut short."""
    system, post = messages[0]["content"], messages[1]["content"]
    if '"vote"' in system:
        return _vote(post, dice), "stop"
    if "\nThe actions:\n" in messages[-1]["content"]:
        return json.dumps(labels(dice, messages[-1]["content"])), "stop"
    fate = dice.random()
    if fate < REFUSED:
        return "I'm sorry, but I can't help with that.", "stop"
    repair = len(messages) > 2
    asked = messages[-1]["content"] if repair else system
    found = FIELDS.search(asked)
    if found is None:
        raise ValueError("the prompt no longer lists its fields: these stand-ins must learn its new form")
    told = sorted(set(WORD.findall(post))) or NOUNS
    named = NAMED_AGAIN if repair else NAMED
    text = json.dumps({value: _written(value, told, named, dice) for value in found[1].split(", ")})
    return (text[: len(text) // 2], "length") if fate < REFUSED + TRUNCATED else (text, "stop")


def accepts(subreddit: str) -> float:
    """The share of a subreddit's posts that the judges take."""
    low, high = OTHERS
    return ACCEPTED.get(subreddit, low + (high - low) * hashlib.sha256(subreddit.encode()).digest()[0] / 255)


def _vote(post: str, dice: random.Random) -> str:
    found = SUBREDDIT.search(post)
    if found is None:
        raise ValueError("the prompt no longer says which subreddit a post is from")
    opinion = random.Random(post).random() < accepts(found[1])
    if dice.random() < DISAGREES:
        opinion = not opinion
    flags = ["minors"] if random.Random(post[::-1]).random() < 0.1 else []
    return json.dumps({"vote": "yes" if opinion else "no", "flags": flags})


def _written(value: str, told: list[str], named: float, dice: random.Random) -> str:
    """An action that takes up two words of the post, or one that names its value."""
    first = action(dice, value)
    first = first.replace(" and ", f" near the {dice.choice(told)}, and ", 1)
    if dice.random() < named:
        return f"Show some {NAMES[value]} and {first[0].lower()}{first[1:]}"
    return first


def _key(model: str, messages: list[dict[str, str]]) -> bytes:
    return hashlib.sha256("\n".join([model, *(m["content"] for m in messages)]).encode()).digest()[:12]


def _turned_away(is_dashscope: bool) -> web.Response:
    headers = {"Retry-After": str(RETRY_AFTER)}
    if is_dashscope:
        error: dict[str, Any] = {"code": "Throttling.RateQuota", "message": "slower", "request_id": "r-1"}
    else:
        error = {"error": {"message": "slower", "type": "requests", "code": "rate_limit_exceeded"}}
    return web.json_response(error, status=429, headers=headers)


def _completion(model: str, text: str, reason: str, used: int, told: int) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "finish_reason": reason,
            }
        ],
        "usage": {"prompt_tokens": used, "completion_tokens": told, "total_tokens": used + told},
    }


def _generation(model: str, text: str, reason: str, used: int, told: int) -> dict[str, Any]:
    return {
        "status_code": 200,
        "request_id": "r-1",
        "output": {"choices": [{"finish_reason": reason, "message": {"role": "assistant", "content": text}}]},
        "usage": {"input_tokens": used, "output_tokens": told, "total_tokens": used + told},
    }
