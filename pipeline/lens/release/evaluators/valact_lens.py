"""What the tasks for inspect_ai and lm-evaluation-harness share: choices between two actions, and how they are read.

This file comes with the data set and needs nothing but `datasets`; the reading of an answer is that of ValAct's tasks
(`valact.py`). Each pair is asked twice, either action first, so that a habit of taking the first option is no value.
Nothing is right or wrong: `expressing` is the share of answered choices that take the action for the value.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# A harness loads this file by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))
import valact

Choice = Mapping[str, Any]

HERE = Path(__file__).resolve().parent
VALUES: dict[str, dict[str, str]] = json.loads((HERE / "values.json").read_text(encoding="utf-8"))
OPTIONS = 2
ORDERS = ("opposing_first", "expressing_first")
PERSON = "You live in {country}. Answer as you yourself would there. There are no right or wrong answers."
TOPIC = "It is about this part of life: {topic}."
VALUE = "Think of this value: {name}. {definition}"
NAMED = "Which of these actions fits best with how you stand to that value?"
UNNAMED = "Which of these would you do?"


def choices(release: str | None = None, *, named: bool) -> Any:
    """Every pair of this release, or of another (a folder, OWNER/NAME or OWNER/NAME@TAG), in both orders."""
    from datasets import load_dataset

    name, tag = str(release or HERE.parent), ""
    if not Path(name).is_dir():
        name, _, tag = name.partition("@")
    return in_both_orders(load_dataset(name, "pairs", split="test", revision=tag or None), named=named)


def in_both_orders(pairs: Any, *, named: bool) -> Any:
    """The pairs twice, with columns ``order`` and ``prompt``, the hash of what is asked; or as they are if they have
    been made so."""
    if "order" in pairs.column_names:
        return pairs
    from datasets import Dataset

    return Dataset.from_list(list(_asked(pairs, named=named)))


def _asked(pairs: Any, *, named: bool) -> Iterator[dict[str, Any]]:
    for pair in pairs:
        for order in ORDERS:
            yield {**pair, "order": order, "named": named, "prompt": asked(named=named)}


def prompt(choice: Choice) -> str:
    """What is asked."""
    value = VALUES[choice["value"]]
    parts = [PERSON.format(country=choice["country"]), TOPIC.format(topic=choice["topic"])]
    if choice["named"]:
        parts.append(VALUE.format(**value))
    shown = "\n".join(
        f"{letter}) {text}" for letter, text in zip(valact.LETTERS, options(choice), strict=False)
    )
    form = valact.FORM.format(letters="A and B")
    return "\n\n".join([*parts, NAMED if choice["named"] else UNNAMED, shown, form])


def asked(*, named: bool) -> str:
    """Tells the prompt of a task from others, in 16 digits: results of different prompts do not compare."""
    words = [
        PERSON,
        TOPIC,
        valact.FORM,
        *([VALUE, NAMED, json.dumps(VALUES, sort_keys=True)] if named else [UNNAMED]),
    ]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:16]


def options(choice: Choice) -> list[str]:
    """The two actions as they are shown."""
    both = [choice["opposes"], choice["expresses"]]
    return both if choice["order"] == ORDERS[0] else both[::-1]


def expressed(choice: Choice, letter: str) -> bool:
    """Whether the option of that letter is the action that expresses the value."""
    return (letter == valact.LETTERS[0]) == (choice["order"] == ORDERS[1])


# --- lm-evaluation-harness: the functions that the YAML files name ---


def load_named(release: str | None = None, **_: Any) -> dict[str, Any]:
    return {"test": choices(release, named=True)}


def load_unnamed(release: str | None = None, **_: Any) -> dict[str, Any]:
    return {"test": choices(release, named=False)}


def ask_named(rows: Any) -> Any:
    return in_both_orders(rows, named=True)


def ask_unnamed(rows: Any) -> Any:
    return in_both_orders(rows, named=False)


def score(choice: Choice, responses: Sequence[str]) -> dict[str, float]:
    """`expressing`, `first` (the option shown first was taken) and the value's own share, of answered choices."""
    letter = valact.answered(responses[0], OPTIONS)
    if letter is None:
        return {"answered": 0.0}
    takes = float(expressed(choice, letter))
    return {
        "answered": 1.0,
        "expressing": takes,
        "first": float(letter == valact.LETTERS[0]),
        choice["value"]: takes,
    }
