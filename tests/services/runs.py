"""Settings for tests of the response engine: a whole params tree, of which only models and responses matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import params as settings
from pipeline.engine import Engine, Message, Request
from pipeline.engine.schema import schema_of
from pipeline.params import Params

JUDGES = {name: {"provider": "replay", "model": name} for name in ("a", "b", "c")}

VERDICT = {
    "name": "verdict",
    "schema": {
        "type": "object",
        "properties": {"vote": {"type": "string", "enum": ["yes", "no"]}},
        "required": ["vote"],
        "additionalProperties": False,
    },
}


def run_params(folder: Path, models: dict[str, dict[str, Any]], **responses: Any) -> Params:
    """Params whose store and transcripts are in ``folder``; retries are off unless asked for."""
    return settings.parse(
        {
            "profile": "test",
            "seed": 1,
            "categories": {"Work": ["jobs"]},
            "dates": {"first": "2020-01-01", "last": "2020-12-31"},
            "scrape": {"source": "sample"},
            "models": {**JUDGES, **models},
            "responses": {
                "store": str(folder / "store.sqlite"),
                "transcripts": str(folder / "recorded"),
                "retries": 0,
                "max_failed": 1000,
                **responses,
            },
            "judge": {"panel": ["a", "b"], "tie_breaker": "c"},
            "quota": {"per_category": 1},
            "generate": {"generators": ["a", "b"]},
            "release": {"version": "0.1.0", "text": "include"},
        },
        where="test",
    )


def ask(engine: Engine, text: str, model: str = "m", **options: Any) -> Request:
    """A request with one user message."""
    return engine.request(model=model, messages=[Message("user", text)], subject=text[:20], **options)


def chat_model(base_url: str, **more: Any) -> dict[str, Any]:
    return {"provider": "openai", "model": "gpt-test", "base_url": base_url, **more}


def example_request(**changes: Any) -> Request:
    """A request as no engine made it; its key is a literal in the tests."""
    values: dict[str, Any] = {
        "name": "judge-1",
        "provider": "openai",
        "base_url": "https://api.openai.com/v1",
        "model": "gpt-4o-2024-08-06",
        "messages": (Message("system", "Judge."), Message("user", "Très bien? 好")),
        "schema": schema_of({"name": "vote", "schema": {"type": "boolean"}}),
        "strict": True,
        "temperature": 0.0,
        "max_tokens": 2048,
        "subject": "abc",
    }
    return Request(**{**values, **changes})
