"""What in the text of an answer may be read past, because it cannot change what the answer says.

One table of rules, by name; a schema names those that hold for it (``Schema.accepts``). They apply in the table's
order, and the text is kept as it came. ``case`` needs the schema and is applied by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL | re.IGNORECASE)
# Marks of byte order and of width zero: they are no text.
_MARKS = "\ufeff\u200b\u2060"
_BRACKETS = re.compile(r"[{}\[\]]")


def unmarked(text: str) -> str:
    """Without marks of byte order around it."""
    return text.strip(_MARKS + " \t\r\n") if text[:1] in _MARKS or text[-1:] in _MARKS else text


def unfenced(text: str) -> str:
    """The inside of a ```json fence where that is all there is: models without strict schemas like them."""
    fenced = _FENCED.fullmatch(text)
    return fenced[1] if fenced else text


def first_object(text: str) -> str:
    """The object at the beginning, where what follows it holds no bracket and so can hold no other one."""
    end = _end_of_object(text)
    if end is None or _BRACKETS.search(text, end):
        return text
    return text[:end]


def _end_of_object(text: str) -> int | None:
    """The place behind the first whole JSON object, None where the text does not begin with one."""
    depth, inside, escaped = 0, False, False
    if not text.lstrip().startswith("{"):
        return None
    for place, sign in enumerate(text):
        if escaped:
            escaped = False
        elif inside:
            escaped = sign == "\\"
            inside = sign != '"'
        elif sign == '"':
            inside = True
        elif sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if not depth:
                return place + 1
    return None


def readable(text: str) -> str:
    """The text by all rules that need no schema."""
    return first_object(unfenced(unmarked(text)))


def _as_it_is(text: str) -> str:
    return text


RULES: Mapping[str, Callable[[str], str]] = {
    "bom": unmarked,
    "fence": unfenced,
    "after": first_object,
    # An enumerated word in other case, or with blanks around it.
    "case": _as_it_is,
}
