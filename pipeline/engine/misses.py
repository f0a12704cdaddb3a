"""Recorded answers only: nobody is asked, and what is missing is listed with what to do about it."""

from __future__ import annotations

from pipeline.core.errors import ReplayMiss
from pipeline.engine.request import Request
from pipeline.params.models import Responses

SHOWN = 5


class Misses:
    """Requests of one call that no recorded answer fits; of any number of them the first few are kept."""

    def __init__(self, stage: str, settings: Responses) -> None:
        self._stage = stage
        self._settings = settings
        self._first: list[Request] = []
        self.count = 0

    def add(self, request: Request) -> None:
        self.count += 1
        if len(self._first) < SHOWN:
            self._first.append(request)

    def error(self, total: int) -> ReplayMiss:
        """The error for a call of ``total`` requests."""
        shown = [
            f"    {request.subject or '(no subject)'} · {request.name} ({request.model}"
            f"{' at ' + request.base_url if request.base_url else ''}) · key {request.key[:12]}"
            for request in self._first
        ]
        if self.count > len(shown):
            shown.append(f"    ... and {self.count - len(shown):,} more")
        return ReplayMiss(
            f"{self.count:,} of {total:,} requests have no recorded answer in {self._settings.transcripts} "
            f"or {self._settings.store}:\n" + "\n".join(shown),
            where=f"stage {self._stage}",
            remedy="a prompt, a parameter, a base URL or a post's text is not what it was when the answers "
            "were recorded: undo that change; " + self._how_to_get_them(),
        )

    def _how_to_get_them(self) -> str:
        if any(request.provider == "replay" for request in self._first):
            return (
                "or give the model a live provider in params.yaml; "
                "or, for the sample, record its answers again with `make sample`"
            )
        return "or set responses.mode: live and the API key to have them answered now"
