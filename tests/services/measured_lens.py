"""Stand-ins for the models of the lens's paper: writers and respondents that misbehave as often as was measured.

Of the writer's answers one in a hundred is a refusal; the others are damaged as the published ones are: single quotes
of Python, unescaped apostrophes, cut off. Respondents hold each value as strongly as its name and the model's say.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter

from services.measured_models import MeasuredModels

# Of 14,784 published answers (fences beside): as Python would print them, broken by an apostrophe, cut off.
REFUSED, PYTHON, BROKEN, CUT = 0.01, 1399 / 14784, 29 / 14784, 2 / 14784
FENCED, NAMED, SPAN_CHANGED = 0.1, 0.029, 0.03
# Of answers of respondents: refusals, and choices that name no option.
SAYS_NOTHING = 0.002
# Predictions mean nothing.
GUESSES = 0.5
FIELDS = re.compile(r"(?:Its fields are: |from 1 to 4 for each of )([a-z0-9_, -]+)[.:]")
VALUE = re.compile(r"^Value: (.+?) \(", re.MULTILINE)
OPTION = re.compile(r"^([A-C])\. (.+)$", re.MULTILINE)
FOR, AGAINST = "make room for", "step back from"
NOUNS = "river bakery ledger school tram orchard choir market clinic bridge garden archive kitchen harbour".split()
VERBS = (
    "mending carrying counting painting visiting sorting planting reading washing teaching packing".split()
)


class LensModels(MeasuredModels):
    """Serves chat completions. ``fates`` counts first answers of the writer by what was done to them."""

    def __init__(self) -> None:
        super().__init__()
        self.fates: Counter[str] = Counter()

    def answer(self, model: str, messages: list[dict[str, str]], dice: random.Random) -> tuple[str, str]:
        system, user = messages[0]["content"], messages[1]["content"]
        if '"spans"' in system:
            return self._written(messages, dice)
        if dice.random() < SAYS_NOTHING:
            return "I'm sorry, but I can't help with that.", "stop"
        if '"agrees"' in system:
            return json.dumps({"agrees": dice.random() < GUESSES, "chance": dice.randrange(101)}), "stop"
        if fields := FIELDS.search(user):
            slugs = fields[1].split(", ")
            return json.dumps({slug: _rating(held(model, slug), dice) for slug in slugs}), "stop"
        options = dict(OPTION.findall(user))
        strength = held(model, user.partition("Think of this value: ")[2].partition(" (")[0])
        expressing = [letter for letter, text in options.items() if FOR in text]
        takes = dice.random() < (0.6 + 0.3 * strength)
        letters = [letter for letter in options if (letter in expressing) == takes] or list(options)
        return json.dumps({"answer": letters[0]}), "stop"

    def _written(self, messages: list[dict[str, str]], dice: random.Random) -> tuple[str, str]:
        asked = VALUE.search(messages[1]["content"])
        if asked is None:
            raise ValueError("the prompt no longer names its value: these stand-ins must learn its new form")
        fate = _fate(dice)
        if len(messages) == 2:
            self.fates[fate] += 1
        if fate == "refused":
            return "I'm sorry, but I can't help with that.", "stop"
        verb = AGAINST if "How do I resist" in messages[1]["content"] else FOR
        span = f"{verb} {dice.choice(VERBS)} with the {dice.choice(NOUNS)}"
        words = " ".join(f"{dice.choice(VERBS)} near a {dice.choice(NOUNS)}" for _ in range(3))
        named = f" for {asked[1].lower()}" if dice.random() < NAMED else ""
        text = f"On most days I {span}{named} after {words}."
        content = {
            "action": text,
            "spans": [span.upper() if dice.random() < SPAN_CHANGED else span],
            "explanation": f"It shows by what I do {'against' if verb == AGAINST else 'for'} it.",
        }
        return _as(fate, content, dice)


def held(model: str, value: str) -> float:
    """How strongly the model of that id holds a value, from 0 to 1."""
    return random.Random(f"{model} {value.lower().replace(' ', '_')}").random()


def _rating(strength: float, dice: random.Random) -> int:
    return min(4, max(1, round(1 + 3 * (1 - strength) * 0.7 + dice.gauss(0, 0.4))))


def _fate(dice: random.Random) -> str:
    drawn = dice.random()
    for name, share in (("refused", REFUSED), ("python", PYTHON), ("broken", BROKEN), ("cut", CUT)):
        if drawn < share:
            return name
        drawn -= share
    return "fenced" if drawn < FENCED else "plain"


def _as(fate: str, content: dict[str, object], dice: random.Random) -> tuple[str, str]:
    if fate == "python":
        return str(content), "stop"
    if fate == "broken":
        return str(content).replace("by what I do", "by what I'd do"), "stop"
    text = json.dumps(content)
    if fate == "cut":
        return text[: len(text) // 2], "length"
    return (f"```json\n{text}\n```" if fate == "fenced" else text), "stop"
