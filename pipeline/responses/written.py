"""Answers that people wrote in the place of models: recorded under the real keys, as transcripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pipeline.engine import Engine, Request, Response
from pipeline.engine.response import Reply, decide


class Authors:
    """Stands in for the engine: ``reply`` answers each request; ``rows`` are those of Transcripts, by key."""

    def __init__(self, engine: Engine, reply: Callable[[Request], Reply], at: dt.datetime) -> None:
        self.request = engine.request
        self.rows: dict[str, dict[str, Any]] = {}
        self._reply, self._at = reply, at

    def answer(self, requests: Iterable[Request]) -> dict[str, Response]:
        answers = {}
        for request in requests:
            response = answers[request.key] = decide(request, self._reply(request), at=self._at)
            self.rows[request.key] = {
                "request_key": request.key,
                "subject": request.subject,
                "provider": request.provider,
                "base_url": request.base_url,
                "model": request.model,
                "status": response.status,
                "text": response.text,
                "finish_reason": response.finish_reason,
                "error": response.error,
                "recorded_at": self._at,
                "origin": "written for the sample",
                "request": request.canonical_json().decode(),
            }
        return answers

    def stream(self, requests: Iterable[Request]) -> Iterator[tuple[Request, Response]]:
        for request in requests:
            yield request, self.answer([request])[request.key]

    def check_failed(self, failed: Mapping[str, str]) -> None:
        """The authors answer everything."""
