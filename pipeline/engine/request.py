"""A request to a model, and the content key under which its answer is recorded.

The key is SHA-256 over canonical JSON of everything that can change the answer:

==============  ======  ==========================================================================
field           in key  why
==============  ======  ==========================================================================
provider        yes     the same model name elsewhere is another model
base_url        yes     likewise: another server, another deployment
model           yes     the model id as sent
messages        yes     roles and contents, in order
schema          yes     its name and its JSON as written: models see both (not how an answer may be read)
strict          yes     a schema enforced by the provider, or JSON mode
temperature     yes     sampling; null where it is not sent
max_tokens      yes     decides what is cut off
parameters      yes     whatever else is sent, or on purpose not sent; absent from the key where there is nothing
repeat          yes     asking again on purpose must not be served the first answer
name            no      what params.models calls the model; the model id is in the key
subject         no      which post or scenario it is about; the messages say all that the model sees
==============  ======  ==========================================================================

Stage, timeouts, retries, concurrency and the API key are no part of a request at all. Whoever adds a
field to ``Request`` has to place it in one of the two halves; a test sees to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
    "parameters",
    "repeat",
)
NOT_IN_KEY = ("name", "subject")
# Keys are older than these: where a request has none, they are not mentioned.
IN_KEY_WHERE_SET = ("parameters",)

_encoder = msgspec.json.Encoder(order="sorted")


class Message(msgspec.Struct, frozen=True):
    """One message of a prompt; ``role`` is "system", "user" or "assistant"."""

    role: str
    content: str


class Request(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One question to one model. ``Engine.request`` makes it from params; the fields are described above.

    ``parameters`` with the value None say that something which is sent by itself (``max_tokens``,
    ``response_format``) is not.
    """

    name: str
    provider: str
    base_url: str
    model: str
    messages: tuple[Message, ...]
    schema: Schema | None
    strict: bool
    temperature: float | None
    max_tokens: int
    subject: str
    repeat: int = 0
    parameters: dict[str, Any] = {}

    @cached_property
    def key(self) -> str:
        """Content key: 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical_json()).hexdigest()

    def canonical_json(self) -> bytes:
        """What the key is taken of, and what the store keeps as the request."""
        content: dict[str, Any] = {field: getattr(self, field) for field in IN_KEY}
        # 0 and 0.0 are one temperature, but two JSON texts.
        content["temperature"] = None if self.temperature is None else float(self.temperature)
        # How an answer may be read is no part of what is asked.
        content["schema"] = self.schema and {"name": self.schema.name, "body": self.schema.body}
        for field in IN_KEY_WHERE_SET:
            if not content[field]:
                del content[field]
        content["key_version"] = KEY_VERSION
        return _encoder.encode(content)


# What a request sends by itself: params may say that it is left out.
SENT_ANYWAY = ("max_tokens", "response_format")


def sent_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What of a model's parameters in params a request carries beside its temperature."""
    return {
        name: value
        for name, value in parameters.items()
        if name != "temperature" and (value is not None or name in SENT_ANYWAY)
    }
