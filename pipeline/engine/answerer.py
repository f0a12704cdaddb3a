"""Who answers requests: the engine, or whoever stands in its place (an estimate, the sample's authors, a test)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pipeline.engine.request import Message, Request
from pipeline.engine.response import Response


class Answerer(Protocol):
    """What a step needs to ask models. ``Engine`` says what each method does and raises."""

    def request(
        self,
        *,
        model: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        subject: str = "",
        repeat: int = 0,
    ) -> Request: ...

    def answer(self, requests: Iterable[Request]) -> dict[str, Response]: ...

    def stream(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Response]]: ...

    def check_failed(self, failed: Mapping[str, str]) -> None: ...
