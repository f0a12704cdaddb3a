"""From what a generator wrote to an action with its spans and explanation.

Answers are asked for by JSON schema. Models without strict schemas also write Python's way of saying the same, in
single quotes; nothing else is guessed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from pipeline.engine import Response
from pipeline.engine.reading import readable

FIELDS = ("action", "spans", "explanation")


@dataclass(frozen=True, slots=True)
class Written:
    """An action as it was answered."""

    text: str
    spans: tuple[str, ...]
    explanation: str | None


def read(response: Response, stances: tuple[str, ...]) -> dict[str, Written]:
    """The actions in an answer by stance; none where it cannot be read as what was asked for."""
    if response.status not in ("ok", "invalid"):
        return {}
    content = _content(readable(response.text))
    parts: Mapping[str, Any] = content if len(stances) > 1 else {stances[0]: content}
    found = {stance: _written(parts.get(stance)) for stance in stances}
    return {stance: written for stance, written in found.items() if written is not None}


def schema_of(stances: tuple[str, ...]) -> dict[str, Any]:
    """Strict JSON schema of an action, or of one for each stance."""
    one = _object(
        {
            "action": {"type": "string"},
            "spans": {"type": "array", "items": {"type": "string"}},
            "explanation": {"type": "string"},
        }
    )
    body = one if len(stances) == 1 else _object(dict.fromkeys(stances, one))
    return {"name": "valued_action" if len(stances) == 1 else "valued_actions", "schema": body}


def _content(text: str) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        found = _python(text)
    return found if isinstance(found, dict) else {}


def _python(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _written(content: Any) -> Written | None:
    if not isinstance(content, dict) or not isinstance(content.get("action"), str):
        return None
    spans = content.get("spans")
    explanation = content.get("explanation")
    return Written(
        content["action"].strip(),
        tuple(span for span in spans if isinstance(span, str)) if isinstance(spans, list) else (),
        explanation.strip() if isinstance(explanation, str) and explanation.strip() else None,
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
