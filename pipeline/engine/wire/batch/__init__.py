"""Batches as providers have them: what is asked of each, whatever its wire.

A provider's entry names its ``BatchKind``. What a batch is made of is a line a request, with an id by which its result
is told; where and how the lines are sent is the ``BatchServer``'s business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, Any, Protocol

import msgspec

from pipeline.core.errors import ProviderError
from pipeline.engine.endpoint import Endpoint
from pipeline.engine.request import Request
from pipeline.engine.response import Reply, Usage

# Our mark on a batch, by which it is found again when its id was not received.
MARK = "valact"
# Clocks may differ by this many seconds.
CLOCKS = 86_400

# Codes with which a server says that too much is waiting.
FULL = {"token_limit_exceeded", "request_limit_exceeded", "enqueued_token_limit_exceeded"}
_WORDS = re.compile(r"enqueued (?:token|request)", re.IGNORECASE)


class Unreachable(ProviderError):
    """The server did not answer, or not with sense; it may later."""


class QueueFull(ProviderError):
    """The batch was not started, because too much is waiting already."""


class NoSuchBatch(ProviderError):
    """The server knows no such batch, or has no batches at all."""


class Result(msgspec.Struct, frozen=True):
    """What came of one request: a reply, or why there is none. ``again``: it was not answered, but may be.
    ``usage`` is what it may be billed for without a reply, ``key`` is empty for a line that says nothing.
    """

    key: str
    reply: Reply | None = None
    problem: str = ""
    again: bool = False
    usage: Usage | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says about a batch: its word for the state, whether nothing more will come, how many requests are
    done, and by when the rest is (seconds since 1970). ``is_full``: it was turned down because too much is waiting.
    ``said`` is the whole of it, for the server that said it."""

    id: str
    status: str
    ended: bool
    done: int = 0
    due_at: float | None = None
    problem: str | None = None
    is_full: bool = False
    said: Any = None


class BatchServer(Protocol):
    """The batches of one endpoint. Raises CredentialsError, or ProviderError and its kinds above."""

    def upload(self, lines: IO[bytes], token: str) -> str:
        """What may be done twice before a batch is started: the name of what ``create`` starts."""

    def create(self, uploaded: str, token: str, lines: IO[bytes]) -> State:
        """Starts a batch, once: a retry after a lost answer would start and bill a second one."""

    def find(self, token: str, since: float) -> State | None:
        """The batch that carries our mark, created after ``since`` (seconds since 1970), or None. Unreachable where
        that cannot be told yet."""

    def get(self, batch_id: str) -> State: ...

    def cancel(self, batch_id: str) -> State: ...

    def results(self, state: State) -> Iterator[Result]:
        """What an ended batch says, a request at a time."""

    def close(self) -> None: ...


class BatchKind(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of one provider: the line that asks a request under a key, who takes them (with the seconds that a
    call may take, and its tries), and the provider's limits of one batch. ``documentation`` is where it was read."""

    line: Callable[[str, Request], bytes]
    connect: Callable[[Endpoint, float, int], BatchServer]
    most_requests: int = 50_000
    most_bytes: int = 200_000_000
    documentation: str


def is_full(code: str | None, message: str | None) -> bool:
    """Whether an error says that too much is waiting."""
    return code in FULL or _WORDS.search(message or "") is not None


def unreachable(url: str, said: str) -> Unreachable:
    return Unreachable(
        f"batches cannot be reached: {said}",
        where=url,
        remedy="run again later; batches that are out go on meanwhile, and none is paid for twice",
    )


def refused(endpoint: Endpoint, status: int, said: str) -> ProviderError:
    """What an error of the server means."""
    if is_full(None, said):
        return QueueFull(
            said, where=endpoint.base_url, remedy="run again later: it goes when others are done"
        )
    if status in (404, 405):
        return NoSuchBatch(
            f"the server knows no such batch or file, or has no batches at all: {said}",
            where=endpoint.base_url,
            remedy="check the address and the account; where it has no batches, set "
            f"models.{endpoint.name}.batch_above: null",
        )
    if status in (408, 409, 429) or status >= 500:
        return unreachable(endpoint.base_url, said)
    return ProviderError(
        f"a batch was refused: HTTP {status}: {said}",
        where=endpoint.base_url,
        remedy="see what the provider allows in a batch; what was answered so far is recorded",
    )
