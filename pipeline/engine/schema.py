"""JSON schemas of answers, and whether a text keeps to one.

A schema is compiled once into a msgspec type, so that parsing and checking an answer are one pass in C.
Only the keywords in ``_compile`` are understood; any other one is refused rather than ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

import msgspec

from pipeline.engine.reading import RULES

_ANNOTATIONS = {"title", "description"}


def choice_among(name: str, fields: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """The schema of an answer that gives each field one of the labels, as ``Engine.request`` takes it."""
    body = {
        "type": "object",
        "properties": {field: {"type": "string", "enum": [*labels]} for field in fields},
        "required": [*fields],
        "additionalProperties": False,
    }
    return {"name": name, "schema": body}


class Read(msgspec.Struct, frozen=True):
    """An answer's object as the schema has it, and the names of the rules without which it would not be one."""

    value: Any
    rules: list[str] = []


class Schema(msgspec.Struct, frozen=True):
    """A named JSON schema; ``body`` is its JSON text, ``accepts`` the rules of ``reading`` that hold for answers.

    The order of keys is kept as written: with structured outputs a model writes the properties in the
    schema's order, so another order is another question. The rules are no part of the question, and neither is
    ``least``: the schema that an answer must keep to, where less than what was asked for is an answer too.
    """

    name: str
    body: str
    accepts: tuple[str, ...] = tuple(RULES)
    least: str = ""

    def problem(self, text: str) -> str | None:
        """What is wrong with ``text`` as an answer, or None when it parses and keeps to the schema."""
        try:
            _decoder(self.least or self.body).decode(text)
        except (ValueError, RecursionError):
            try:
                self.read(text)
            except ValueError as error:
                return str(error)
        return None

    def read(self, text: str) -> Read:
        """The object in an answer; ValueError says why there is none."""
        wanted = self.least or self.body
        decoder = _decoder(wanted)
        try:
            return Read(_plain(decoder, text))
        except ValueError as error:
            first = error
        rules: list[str] = []
        for name, rule in RULES.items():
            if name in self.accepts and (shorter := rule(text)) != text:
                text, rules = shorter, [*rules, name]
        try:
            if rules:
                return Read(_plain(decoder, text), rules)
        except ValueError as error:
            first = error
        if "case" in self.accepts and (value := _in_their_case(wanted, text)) is not None:
            return Read(value, [*rules, "case"])
        raise first


def _plain(decoder: msgspec.json.Decoder[Any], text: str) -> Any:
    """The object as builtins. msgspec's own errors are ValueErrors, and so is half a surrogate pair."""
    try:
        decoder.decode(text)
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("its brackets nest without an end") from None


def _in_their_case(body: str, text: str) -> Any:
    """The object with every enumerated word as the schema writes it, None where it does not keep to the schema then."""
    schema = msgspec.json.decode(body)
    try:
        spelled = _spelled(schema, msgspec.json.decode(text))
        _decoder(body).decode(msgspec.json.encode(spelled))
    except (ValueError, RecursionError):
        return None
    return spelled


def _spelled(schema: Any, value: Any) -> Any:
    if isinstance(value, str):
        words = [word for word in schema.get("enum", ()) if isinstance(word, str)]
        meant = [word for word in words if word.casefold() == value.strip().casefold()]
        return meant[0] if len(meant) == 1 and value not in words else value
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {name: _spelled(properties.get(name, {}), each) for name, each in value.items()}
    if isinstance(value, list):
        return [_spelled(schema.get("items", {}), each) for each in value]
    return value


def schema_of(definition: Mapping[str, Any]) -> Schema:
    """A Schema from ``{"name": ..., "schema": {...}, "accepts": [...], "least": {...}}``; without ``accepts`` all
    rules hold, without ``least`` an answer must keep to the whole schema.

    ValueError for a keyword or a rule that is not known.
    """
    body = msgspec.json.encode(definition["schema"]).decode()
    _decoder(body)
    accepts = tuple(definition.get("accepts", RULES))
    if unknown := set(accepts) - set(RULES):
        raise ValueError(
            f"rules that are not known: {', '.join(sorted(unknown))}; known are {', '.join(RULES)}"
        )
    least = msgspec.json.encode(definition["least"]).decode() if "least" in definition else ""
    if least:
        _decoder(least)
    return Schema(definition["name"], body, accepts, least)


def loosened(schema: Schema) -> Schema:
    """The same, kept to by every answer that anybody could have counted: one that asked for the schema may have taken
    less (``least``), which is no part of a request and does not come with it. Kinds are held to; what must be there,
    and which words may stand in a list, is not."""
    body = _loosened(msgspec.json.decode(schema.body))
    return Schema(schema.name, schema.body, schema.accepts, msgspec.json.encode(body).decode())


def _loosened(schema: Any, *, in_list: bool = False) -> Any:
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value for key, value in schema.items() if key != "required" and not (in_list and key == "enum")
    }
    if isinstance(properties := kept.get("properties"), dict):
        kept["properties"] = {name: _loosened(each) for name, each in properties.items()}
    if "items" in kept:
        kept["items"] = _loosened(kept["items"], in_list=True)
    return kept


def check(schema: Schema) -> None:
    """ValueError for a schema that is none: one that came from elsewhere can be anything."""
    try:
        _decoder(schema.body)
    except (TypeError, AttributeError, LookupError, RecursionError) as error:
        raise ValueError(f"its schema cannot be used: {type(error).__name__}") from error


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
        items = _compile(rest.pop("items", {}))
        compiled = _limited(list.__class_getitem__(items), rest, min_length="minItems", max_length="maxItems")
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
