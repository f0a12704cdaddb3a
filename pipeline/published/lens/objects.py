"""The object in a model's answer, in every form in which the published answers have it.

JSON, plain, in a fence or in prose; a Python literal with single quotes; fields of an object that is cut off. What a
model thought aloud (``<think>``) is no answer. Nothing is made up: what cannot be read is said to be.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Form = Literal["json", "literal", "fields", "refusal", "empty", "none"]
Pairs = list[tuple[str, Any]]

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:(?:i['’]?m|i am|we['’]?re) (?:very |so |truly |really )?(?:sorry|unable|not able|not comfortable)|"
    r"i (?:can['’]?t|cannot|can not|won['’]?t|will not|must decline|must refuse|do not feel comfortable)|"
    r"apolog(?:ies|ize|ise)|as an ai\b|not (?:able|appropriate) to)",
    re.IGNORECASE,
)
# A field of an object, or a line of a list: a name, a colon, a short value.
_FIELD = re.compile(
    r"""(?:^|[{,\n])[\s*\-•\d.]*"""
    r"""(?:"(?P<d>(?:[^"\\\n]|\\.)+)"|'(?P<s>(?:[^'\\\n]|\\.)+)'|"""
    r"""\*\*(?P<b>[^*\n]+?):?\*\*|(?P<p>[A-Za-z][\w '&-]{0,60}?))\s*:\s*"""
    r"""(?:"(?P<vd>(?:[^"\\\n]|\\.)*)"|'(?P<vs>(?:[^'\\\n]|\\.)*)'|(?P<vp>[^,}\]\n"']+))\s*(?=[,}\n]|\Z)""",
)
# An answer in which so many braces begin nothing is none; each attempt reads the text up to there.
MOST_ATTEMPTS = 50
# No answer has more of either: a literal that holds more is not parsed.
MOST_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """``pairs``: fields in their order, repeated ones too. ``plain``: JSON and nothing around it. ``several``: there
    are objects that differ, of which ``pairs`` is the first."""

    form: Form
    pairs: Pairs
    plain: bool = False
    several: bool = False


def find_object(text: str | None, wanted: Callable[[str], bool]) -> Found:
    """The object of an answer with the most fields that are ``wanted``; ``refusal``, ``empty`` or ``none`` where there
    is no such thing."""
    if not text or not text.strip():
        return Found("empty", [])
    said = _THOUGHT.sub("", text[:MOST_CHARACTERS])
    if not said.strip():
        return Found("none", [])
    if objects := [one for one in _json_objects(said) if any(wanted(name) for name, _ in one)]:
        most = max(sum(wanted(name) for name, _ in one) for one in objects)
        best = [one for one in objects if sum(wanted(name) for name, _ in one) == most]
        return Found("json", best[0], plain=_is_json(said), several=any(one != best[0] for one in best))
    pairs = _literal(said)
    if pairs is not None and any(wanted(name) for name, _ in pairs):
        return Found("literal", pairs)
    if refuses(said):
        return Found("refusal", [])
    pairs = _fields(said)
    if any(wanted(name) for name, _ in pairs):
        return Found("fields", pairs)
    return Found("none", [])


def refuses(text: str) -> bool:
    """Whether a text without an object is a refusal: one of its usual phrases in its first words."""
    return "{" not in text[:200] and bool(_REFUSAL.search(text[:200]))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_objects(text: str) -> list[Pairs]:
    """Every whole JSON object that is not inside another one and has fields."""
    found: list[Pairs] = []
    decoder = json.JSONDecoder(object_pairs_hook=_Object, strict=False)
    listed = re.search(r"\[\s*\{", text)
    if listed and text.find("{") > listed.start():
        try:
            return [flat([("", decoder.raw_decode(text, listed.start())[0])])]
        except (ValueError, RecursionError):
            pass
    at, failed = text.find("{"), 0
    while at >= 0 and failed < MOST_ATTEMPTS:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, failed = at + 1, failed + 1
        else:
            if isinstance(value, _Object) and value:
                found.append(flat(value))
        at = text.find("{", end)
    return found


class _Object(list[tuple[str, Any]]):
    """The fields of an object in their order: unlike a dictionary it keeps repeated ones."""


def flat(pairs: Pairs) -> Pairs:
    """Fields of objects inside an object too, in the place of these, and of a list of {value, rating}."""
    found: Pairs = []
    for name, value in pairs:
        if isinstance(value, _Object):
            found.extend(flat(value))
        elif isinstance(value, list) and value and all(isinstance(one, _Object) for one in value):
            found.extend(pair for one in value for pair in _of_entry(one))
        else:
            found.append((name, value))
    return found


def _of_entry(entry: Pairs) -> Pairs:
    """{"value": "Wealth", "rating": 2} as Wealth: 2; anything else as it is."""
    named = {name.strip().lower(): value for name, value in entry}
    key = next((named[name] for name in ("value", "name", "item") if name in named), None)
    answer = next((named[name] for name in ("rating", "response", "answer", "score") if name in named), None)
    return [(key, answer)] if isinstance(key, str) and answer is not None else flat(entry)


def _literal(text: str) -> Pairs | None:
    """The fields of a Python dictionary that reaches from the first brace to the last, None where there is none."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        tree = ast.parse(text[start : end + 1].strip(), mode="eval").body
        if not isinstance(tree, ast.Dict) or not tree.keys:
            return None
        # A dictionary would keep the last of repeated fields.
        return [
            (str(ast.literal_eval(key)), ast.literal_eval(value))
            for key, value in zip(tree.keys, tree.values, strict=True)
            if key is not None
        ]
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _fields(text: str) -> Pairs:
    return [
        (
            (match["d"] or match["s"] or match["b"] or match["p"]).strip(),
            next(part for part in (match["vd"], match["vs"], match["vp"]) if part is not None).strip(),
        )
        for match in _FIELD.finditer(text)
    ]
