"""Chat completions: the wire of OpenAI, and with small differences of most others.

A provider's entry says what is different at its place: the name of the token limit, the words with which answers
end, the error codes. What the servers of one dialect put where was read in the pages that their entries name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import COMMON_ENDINGS, Ending, Extra, Likely, Reply, Usage, ending_of
from pipeline.engine.wire.errors import Codes, error_said
from pipeline.engine.wire.outcomes import CallFailed, TryAgain
from pipeline.engine.wire.usage import chat_counts_in

# Request parameters that nearly all of them take, with their types.
COMMON_PARAMETERS: dict[str, Any] = {
    "temperature": float,
    "top_p": float,
    "frequency_penalty": float,
    "presence_penalty": float,
    "seed": int,
    "stop": list[str],
    "max_tokens": None,  # only to leave it out: its value is that of the model
    "response_format": None,
}
LOGPROBS: dict[str, Any] = {"logprobs": bool, "top_logprobs": int}
# For models that can be told whether to think at all.
THINKING_SWITCH: dict[str, Any] = {"thinking": dict[str, Any]}
CHAT_CODES = Codes(
    blocked=frozenset(
        {
            "content_filter",
            "content_policy_violation",
            "data_inspection_failed",
            "moderation_blocked",
            "ResponsibleAIPolicyViolation",
        }
    ),
    key=frozenset({"invalid_api_key", "invalid_authentication_error"}),
    credit=frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}),
    model=frozenset({"model_not_found"}),
)


class _Choice(msgspec.Struct):
    message: dict[str, Any]
    finish_reason: Any = None
    logprobs: Any = None


class _Completion(msgspec.Struct):
    """What has to be there to be an answer; everything else is looked at with care and may be anything."""

    choices: list[_Choice]
    id: Any = None
    request_id: Any = None
    model: Any = None
    usage: msgspec.Raw = msgspec.Raw(b"null")


_decoder = msgspec.json.Decoder(_Completion)


class ChatDialect:
    """Chat completions as one provider speaks them. ``limit`` is its name for the token limit, ``endings`` what its
    finish reasons mean.
    """

    def __init__(
        self,
        *,
        endings: Mapping[str, Ending] = COMMON_ENDINGS,
        codes: Codes = CHAT_CODES,
        limit: str = "max_tokens",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.codes = codes
        self._endings = endings
        self._limit = limit
        self._headers = dict(headers or {})

    def url(self, endpoint: Endpoint, request: Request) -> str:
        return f"{endpoint.base_url}/chat/completions"

    def headers(self, key: str, attempt: int) -> Mapping[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {key}", **self._headers}

    def body(self, request: Request) -> Mapping[str, Any]:
        return request_body(request, limit=self._limit)

    def read(self, content: bytes, attempt: int) -> Reply:
        return read_reply(content, attempt, self._endings)


def request_body(request: Request, *, limit: str) -> dict[str, Any]:
    """What is sent, as an object that msgspec encodes; ``limit`` is the name of the token limit."""
    body: dict[str, Any] = {"model": request.model, "messages": request.messages}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    body[limit] = request.max_tokens
    if request.schema is not None:
        body["response_format"] = {"type": "json_object"} if not request.strict else {
            "type": "json_schema",
            "json_schema": {
                "name": request.schema.name,
                "strict": True,
                "schema": msgspec.Raw(request.schema.body),
            },
        }  # fmt: skip
    return with_parameters(body, request, max_tokens=limit)


def with_parameters(body: dict[str, Any], request: Request, **names: str) -> dict[str, Any]:
    """The body with the request's own parameters. One that is None is left out of it; ``names`` are what a parameter
    is called on this wire, where that differs."""
    for name, value in request.parameters.items():
        if name == "extra_body":
            body.update(value)
        elif value is None:
            body.pop(names.get(name, name), None)
        else:
            body[names.get(name, name)] = value
    return body


def read_reply(content: bytes, attempts: int = 1, endings: Mapping[str, Ending] = COMMON_ENDINGS) -> Reply:
    """The reply in a chat completion; CallFailed for bytes that are none, TryAgain where the server says that it
    broke down while it answered."""
    try:
        completion = _decoder.decode(content)
        choice = completion.choices[0]
        text, thinking = _texts(choice.message)
        (text + thinking).encode()
    except (msgspec.DecodeError, UnicodeError, IndexError, RecursionError) as error:
        raise CallFailed(_no_completion(content, error), Usage()) from error
    counts = chat_counts_in(bytes(completion.usage))
    finish = choice.finish_reason if choice.finish_reason is None else str(choice.finish_reason)
    ending = ending_of(finish, endings)
    if ending == "broken":
        usage = Usage(counts.input, counts.cached, counts.output)
        raise TryAgain(f"the answer ended with {finish!r}: the server broke down", usage=usage)
    refusal = choice.message.get("refusal")
    served = completion.model
    return Reply(
        text=text,
        finish_reason=finish,
        ending=ending,
        refusal=refusal if isinstance(refusal, str) else None,
        served_model=served if isinstance(served, str) else None,
        input_tokens=counts.input,
        cached_tokens=counts.cached,
        output_tokens=counts.output,
        attempts=attempts,
        extra=Extra(
            reasoning=thinking or None,
            reasoning_tokens=counts.reasoning,
            request_id=_id(completion.request_id) or _id(completion.id),
            logprobs=likely(choice.logprobs),
            raw=content.decode(errors="replace"),
            notes=counts.notes,
        ),
    )


def _texts(message: Mapping[str, Any]) -> tuple[str, str]:
    """The answer and the thinking in a message; either may come in parts."""
    thinking = message.get("reasoning_content") or message.get("reasoning")
    found = [thinking] if isinstance(thinking, str) else []
    content = message.get("content")
    if not isinstance(content, list):
        return content if isinstance(content, str) else "", "".join(found)
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            thought = part.get("thinking")
            found += [thought] if isinstance(thought, str) else []
            text = part.get("text")
            texts += [text] if isinstance(text, str) else []
    return "".join(texts), "".join(found)


def likely(logprobs: Any) -> list[Likely] | None:
    """Log probabilities of the answer's tokens, None where there are none that can be read."""
    try:
        return [
            Likely(
                str(each["token"]),
                float(each["logprob"]),
                {str(other["token"]): float(other["logprob"]) for other in each.get("top_logprobs") or ()},
            )
            for each in logprobs["content"]
        ]
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _no_completion(content: bytes, error: Exception) -> str:
    """What came instead of an answer: the server's words, where it has some."""
    said = error_said(content)
    words = said.message if said.message and content.lstrip()[:1] == b"{" else ""
    try:
        inside = "error" in msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, TypeError, RecursionError):
        inside = False
    return f"the server's answer is no chat completion: {words if inside and words else error}"


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
