"""A request to a model, and the content key under which its answer is recorded.

The key is SHA-256 over canonical JSON of everything that can change the answer:

==============  ======  ==========================================================================
field           in key  why
==============  ======  ==========================================================================
provider        yes     the same model name elsewhere is another model
base_url        yes     likewise: another server, another deployment
model           yes     the model id as sent
messages        yes     roles and contents, in order
schema          yes     its name and its JSON as written: models see both
strict          yes     a schema enforced by the provider, or JSON mode
temperature     yes     sampling
max_tokens      yes     decides what is cut off
repeat          yes     asking again on purpose must not be served the first answer
name            no      what params.models calls the model; the model id is in the key
subject         no      which post or scenario it is about; the messages say all that the model sees
==============  ======  ==========================================================================

Stage, timeouts, retries, concurrency and the API key are no part of a request at all. Whoever adds a
field to ``Request`` has to place it in one of the two halves; a test sees to it.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import msgspec

from pipeline.engine.schema import Schema

KEY_VERSION = 1
IN_KEY = (
    "provider",
    "base_url",
    "model",
    "messages",
    "schema",
    "strict",
    "temperature",
    "max_tokens",
    "repeat",
)
NOT_IN_KEY = ("name", "subject")

_encoder = msgspec.json.Encoder(order="sorted")


class Message(msgspec.Struct, frozen=True):
    """One message of a prompt; ``role`` is "system", "user" or "assistant"."""

    role: str
    content: str


class Request(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One question to one model. ``Engine.request`` makes it from params; the fields are described above."""

    name: str
    provider: str
    base_url: str
    model: str
    messages: tuple[Message, ...]
    schema: Schema | None
    strict: bool
    temperature: float
    max_tokens: int
    subject: str
    repeat: int = 0

    @cached_property
    def key(self) -> str:
        """Content key: 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_json()).hexdigest()

    def canonical_json(self) -> bytes:
        """What the key is taken of, and what the store keeps as the request."""
        content: dict[str, Any] = {field: getattr(self, field) for field in IN_KEY}
        # 0 and 0.0 are one temperature, but two JSON texts.
        content["temperature"] = float(self.temperature)
        content["key_version"] = KEY_VERSION
        return _encoder.encode(content)
