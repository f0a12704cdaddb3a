"""Token counts, from whatever a server puts in their place.

An answer is paid for and kept whatever stands there; a count that cannot be one is left out, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from pipeline.engine.wire.body import decoded

# No call has as many tokens: what is above is no count.
MOST = 1_000_000_000


class Counts(msgspec.Struct):
    """Tokens of one call as billed: ``cached`` among the ``input``, ``reasoning`` among the ``output``."""

    input: int | None = None
    cached: int | None = None
    output: int | None = None
    reasoning: int | None = None
    notes: list[str] = []


class Reader:
    """Reads counts out of one usage object, by their path in it."""

    def __init__(self, usage: Any) -> None:
        self._usage = usage
        self.notes: list[str] = []
        if usage is not None and not isinstance(usage, Mapping):
            self.notes.append(f"usage is {_shown(usage)}")

    def count(self, *paths: str) -> int | None:
        """The first of these places (``a.b``) that holds a number of tokens; None where none does."""
        for path in paths:
            value = self._at(path)
            if value is None:
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST:
                return value
            self.notes.append(f"usage.{path} is {_shown(value)}")
        return None

    def _at(self, path: str) -> Any:
        value = self._usage
        for name in path.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value

    def counts(
        self,
        given: int | None,
        cached: int | None,
        said: int | None,
        reasoning: int | None,
        total: int | None,
    ) -> Counts:
        """Billed counts from those of a server: ``given`` of the prompt, ``said`` of the answer.

        Thinking is billed as output. Servers count it inside the answer (OpenAI, DashScope), beside it with a number
        of its own (xAI, Gemini), or in the total alone (Gemini's compatible address). What makes the larger sum is
        taken: that is right in all three cases, and never below the bill.
        """
        output = said
        if said is not None and reasoning is not None and reasoning > said:
            output = said + reasoning
        if total is not None and given is not None and total >= given:
            output = max(output or 0, total - given)
        if cached is not None and given is not None and cached > given:
            self.notes.append(f"{cached} cached tokens of {given}")
            cached = given
        return Counts(given, cached, output, reasoning, self.notes)


_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)] | None


class _Details(msgspec.Struct):
    cached_tokens: _Count = None
    reasoning_tokens: _Count = None


class _ChatUsage(msgspec.Struct):
    """Usage in which everything is what it should be: read several times as fast as with care."""

    prompt_tokens: _Count = None
    completion_tokens: _Count = None
    total_tokens: _Count = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    cached_tokens: _Count = None
    prompt_cache_hit_tokens: _Count = None
    reasoning_tokens: _Count = None


_chat_usage = msgspec.json.Decoder(_ChatUsage | None)


def chat_counts_in(usage: bytes) -> Counts:
    """``chat_counts`` of the JSON of a usage object."""
    try:
        said = _chat_usage.decode(usage)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return chat_counts(decoded(usage))
    if said is None:
        return Counts()
    cached, reasoning = said.cached_tokens, said.reasoning_tokens
    if (details := said.prompt_tokens_details) is not None and details.cached_tokens is not None:
        cached = details.cached_tokens
    if (details := said.completion_tokens_details) is not None and details.reasoning_tokens is not None:
        reasoning = details.reasoning_tokens
    if cached is None:
        cached = said.prompt_cache_hit_tokens
    return Reader(None).counts(
        said.prompt_tokens, cached, said.completion_tokens, reasoning, said.total_tokens
    )


def chat_counts(usage: Any) -> Counts:
    """From the usage of a chat completion, in the dialects of those who speak it."""
    reader = Reader(usage)
    return reader.counts(
        reader.count("prompt_tokens"),
        # OpenAI, xAI, Z.ai, Volcengine; Moonshot; DeepSeek.
        reader.count("prompt_tokens_details.cached_tokens", "cached_tokens", "prompt_cache_hit_tokens"),
        reader.count("completion_tokens"),
        reader.count("completion_tokens_details.reasoning_tokens", "reasoning_tokens"),
        reader.count("total_tokens"),
    )


def _shown(value: Any) -> str:
    return repr(value)[:60]
