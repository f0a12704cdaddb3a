"""JSON schemas of answers, and whether a text keeps to one.

A schema is compiled once into a msgspec type, so that parsing and checking an answer are one pass in C.
Only the keywords in ``_compile`` are understood; any other one is refused rather than ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

import msgspec

_ANNOTATIONS = {"title", "description"}


class Schema(msgspec.Struct, frozen=True):
    """A named JSON schema; ``body`` is its JSON text.

    The order of keys is kept as written: with structured outputs a model writes the properties in the
    schema's order, so another order is another question.
    """

    name: str
    body: str

    def problem(self, text: str) -> str | None:
        """What is wrong with ``text`` as an answer, or None when it parses and keeps to the schema."""
        try:
            _decoder(self.body).decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            return str(error)
        return None


def schema_of(definition: Mapping[str, Any]) -> Schema:
    """A Schema from ``{"name": ..., "schema": {...}}``; ValueError for a keyword that is not understood."""
    body = msgspec.json.encode(definition["schema"]).decode()
    _decoder(body)
    return Schema(definition["name"], body)


@lru_cache(maxsize=64)
def _decoder(body: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_compile(msgspec.json.decode(body)))


def _compile(schema: dict[str, Any]) -> Any:
    """The msgspec type of the values that a schema allows."""
    rest = {keyword: value for keyword, value in schema.items() if keyword not in _ANNOTATIONS}
    kind = rest.pop("type", None)
    if "enum" in rest or "const" in rest:
        allowed = rest.pop("enum") if "enum" in rest else [rest.pop("const")]
        compiled: Any = Literal[tuple(allowed)]
    elif isinstance(kind, list):
        compiled = Union[tuple(_compile({**rest, "type": one}) for one in kind)]  # noqa: UP007
        rest = {}
    elif kind == "object":
        compiled = _compile_object(rest)
    elif kind == "array":
        items = list[_compile(rest.pop("items", {}))]
        compiled = _limited(items, rest, min_length="minItems", max_length="maxItems")
    elif kind == "string":
        compiled = _limited(str, rest, min_length="minLength", max_length="maxLength", pattern="pattern")
    elif kind in ("integer", "number"):
        compiled = _limited(int if kind == "integer" else float, rest, ge="minimum", le="maximum")
    elif kind == "boolean":
        compiled = bool
    elif kind == "null":
        compiled = None
    elif kind is None:
        compiled = Any
    else:
        raise ValueError(f"JSON schema: unknown type {kind!r}")
    if rest:
        raise ValueError(f"JSON schema: keywords that are not understood: {', '.join(sorted(rest))}")
    return compiled


def _limited(base: Any, rest: dict[str, Any], **keywords: str) -> Any:
    """``base`` with the limits that the schema sets; takes them out of ``rest``."""
    limits = {limit: rest.pop(keyword) for limit, keyword in keywords.items() if keyword in rest}
    return Annotated[base, msgspec.Meta(**limits)] if limits else base


def _compile_object(rest: dict[str, Any]) -> Any:
    properties = rest.pop("properties", {})
    required = set(rest.pop("required", ()))
    closed = rest.pop("additionalProperties", True) is False
    # Property names need not be identifiers, so fields are numbered and renamed. Required ones come
    # first because msgspec wants fields with a default at the end.
    ordered = sorted(properties, key=lambda name: name not in required)
    fields = [
        (f"p{i}", _compile(properties[name]))
        if name in required
        else (f"p{i}", Union[_compile(properties[name]), msgspec.UnsetType], msgspec.UNSET)  # noqa: UP007
        for i, name in enumerate(ordered)
    ]
    if unnamed := required - set(properties):
        raise ValueError(f"JSON schema: required but without a definition: {', '.join(sorted(unnamed))}")
    rename = {f"p{i}": name for i, name in enumerate(ordered)}
    return msgspec.defstruct("Object", fields, rename=rename, forbid_unknown_fields=closed)
