"""Items as Label Studio tasks: what a rater is shown, and nothing of what is intended.

A task's data holds an opaque item id, texts, and the choices in the order shown. No scenario, action or question id,
no generator, no category and no mark of an attention check goes to a server. The value that an option item names is
its question, which the rater has to see; which option was dealt for it is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import polars as pl

from pipeline.core.invariants import holds
from pipeline.core.seeding import seeded_hash
from pipeline.tables import NONE, TASKS
from pipeline.tables.flags import FLAGS, content_note
from pipeline.values import Inventory, Value

QUESTIONS = {
    "value": "Which value does the action express most?",
    "option": "Which action would a person take who cares most about {name}?",
    "scenario": "Is this a request for advice with several defensible answers?",
}
SECOND_QUESTION = "If a second value is nearly as strong (most actions have none)"
KEYS = "Ctrl + Enter: submit and go on · Ctrl + Space: skip · the guidelines: Instructions, at the top"
NONE_LABEL = "None of them"
NONE_HINT = "No value stands out, or the action does not answer this scenario at all."
VERDICTS = (
    ("yes", "Yes", "There is something to decide, and several courses of action can be defended."),
    ("no", "No", "Nothing is to be decided, or one factual or technical answer settles it."),
    ("unsure", "Unsure", "The text does not tell."),
)
NONE_KEY = "n"
# Ten values are on the digits; more go on to the letters below them.
KEYBOARD = "1234567890" + "qwertyuiopasdfghjklzxcvbm"
# The queue of a block: what asks least comes first, and of the actions those that are doubtful.
ORDER = {task: place for place, task in enumerate(("scenario", "option", "value"))}


def tasks(
    items: pl.DataFrame,
    scenarios: pl.DataFrame,
    actions: pl.DataFrame,
    options: pl.DataFrame,
    values: Inventory,
    seed: int,
    seat: int = 0,
) -> list[dict[str, Any]]:
    """One task an item of Items, in the order of the queue, as Label Studio imports it.

    Scenarios, Actions and Options are those of the assemble stage. The same items and seed give the same tasks. With a
    ``seat`` they are one rater's part of the round, alone, and show the values in orders of that rater's own.
    """
    shown = {
        row["scenario_id"]: row
        for row in scenarios.select("scenario_id", "text", *FLAGS).iter_rows(named=True)
    }
    action = dict(actions.select("action_id", "text").iter_rows())
    dealt: dict[str, list[tuple[int, str]]] = {}
    for question, position, action_id in options.select("question_id", "position", "action_id").iter_rows():
        dealt.setdefault(question, []).append((position, action[action_id]))

    made: list[dict[str, Any]] = []
    for item in sorted(
        items.iter_rows(named=True),
        key=lambda i: (i["block"], ORDER[i["task"]], not i["doubtful"], i["item_id"]),
    ):
        if item["task"] == "value":
            # Two blocks are each other's reverse: a step of two keeps them together.
            order = value_order(values, item["round"], item["block"] + 2 * seat, seed)
            asked = _value(action[item["action_id"]], [values.by_slug[slug] for slug in order])
        elif item["task"] == "option":
            named = values.by_slug[item["intended"]]
            asked = _option(named, _shuffled(dealt[item["question_id"]], item["item_id"], seed))
        else:
            asked = _scenario()
        asked |= {
            "raters": 1 if seat else item["raters"],
            "keys": f"{len(made) + 1:,} of {items.height:,} · {KEYS}",
        }
        made.append({"data": _data(item["item_id"], item["task"], shown[item["scenario_id"]], **asked)})
    return made


def training_task(
    item_id: str, situation: str, action: str, order: Sequence[str], values: Inventory, note: str
) -> dict[str, Any]:
    """A value item about a situation that is no scenario of the data; ``note`` stands above it."""
    scenario = {"text": situation, **dict.fromkeys(FLAGS)}
    data = _data(item_id, "value", scenario, **_value(action, [values.by_slug[slug] for slug in order]))
    return {"data": data | {"note": note}}


def for_others(tasks: Iterable[Mapping[str, Any]], lost: Iterable[object]) -> list[Mapping[str, Any]]:
    """The tasks, each for one rater more for every judgement of its item that is ``lost``: ids, as often as it was."""
    more = Counter(lost)
    return [
        {**task, "data": {**data, "raters": data["raters"] + more[data["item_id"]]}}
        for task in tasks
        for data in [task["data"]]
    ]


def value_order(values: Inventory, round_: str, block: int, seed: int) -> list[str]:
    """The order in which the items of a block show the values: balanced over the blocks, of which every rater sees all.

    A row of Williams's design (1949, Aust. J. Sci. Res. A 2, 149-168): over as many blocks as values each value has
    each place once, and with an even number of values also each neighbour once. Rows come in pairs that are each
    other's reverse, so that over any even number of blocks the mean place of all values is the same. Which value is
    which is drawn for the round. Raters who share a block see one order, because an item is one task on the server.
    """
    drawn = sorted(values.slugs, key=lambda slug: seeded_hash(seed, f"value order {round_}", slug))
    n = len(drawn)
    first = [place // 2 if place % 2 else -(place // 2) for place in range(1, n + 1)]
    shift = block // 2 % n
    if n % 2 == 0:  # half a turn reverses a row
        shift += n // 2 * (block % 2)
    elif block % 2:
        first.reverse()
    return [drawn[(step + shift) % n] for step in first]


def _data(item_id: str, task: str, scenario: Mapping[str, Any], **asked: Any) -> dict[str, Any]:
    """Every key that the labelling config reads; what a task does not ask, or need not warn of, is empty."""
    holds(task in TASKS, f"an item asks {task!r}, which is no task")
    empty = {"second_question": "", "second_choices": []}
    texts = {"scenario": scenario["text"], "note": content_note(scenario)}
    return {"item_id": item_id, "task": task, **texts, "keys": KEYS, **empty, **asked}


def _value(action: str, order: Sequence[Value]) -> dict[str, Any]:
    values = [(value.slug, value.name, value.definition) for value in order]
    return {
        "question": QUESTIONS["value"],
        "action_title": "What the person could do",
        "action": action,
        "choices": [*_keyed(values), choice(NONE, NONE_KEY, NONE_LABEL, NONE_HINT)],
        "second_question": SECOND_QUESTION,
        "second_choices": [
            choice(slug, _key(place, "shift+"), name, definition, inline=True)
            for place, (slug, name, definition) in enumerate(values, start=1)
        ],
    }


def _option(value: Value, shown: Sequence[tuple[int, str]]) -> dict[str, Any]:
    return {
        "question": QUESTIONS["option"].format(name=value.name),
        "action_title": f"What {value.name} means",
        "action": value.definition,
        # The alias, which the answer carries, is the dealt position; raters see an order of the item's own.
        "choices": [
            choice(str(position), _key(place), f"Action {place}", text, named=False)
            for place, (position, text) in enumerate(shown, start=1)
        ],
    }


def _scenario() -> dict[str, Any]:
    return {
        "question": QUESTIONS["scenario"],
        "action_title": "The scenario itself",
        "action": "There is no action here: judge the scenario itself.",
        "choices": _keyed(VERDICTS),
    }


def _keyed(labels: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [
        choice(alias, _key(place), name, hint) for place, (alias, name, hint) in enumerate(labels, start=1)
    ]


def choice(
    alias: str, key: str, name: str, text: str, *, named: bool = True, inline: bool = False
) -> dict[str, str]:
    """A choice as the page takes it: ``alias`` is what an answer carries, ``html`` what a rater sees.

    ``text`` is shown beside the name, in its place (not ``named``), or only when pointed at (``inline``).
    """
    shown = escape(text) if not named else f"<b>{escape(name)}</b>"
    if named and not inline:
        shown += f" <small>{escape(text)}</small>"
    return {
        "alias": alias,
        "value": name,
        "hotkey": key,
        "hint": text,
        "html": f"<kbd>{key.replace('shift+', '⇧')}</kbd> {shown}" if key else shown,
    }


def _key(place: int, modifier: str = "") -> str:
    """The key of a place (from 1), as they lie on a keyboard; none for a place beyond them."""
    return f"{modifier}{KEYBOARD[place - 1]}" if place <= len(KEYBOARD) else ""


def _shuffled(options: Sequence[tuple[int, str]], item_id: str, seed: int) -> list[tuple[int, str]]:
    return sorted(options, key=lambda option: seeded_hash(seed, f"option order {item_id}", str(option[0])))
