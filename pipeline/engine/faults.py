"""What can be wrong with a run's questions and answers, as the errors that say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipeline.core.errors import InputError, ParamsError, ProviderError, ValActError
from pipeline.engine.budget import Budget
from pipeline.engine.request import Message, Request
from pipeline.engine.response import Response
from pipeline.engine.store import Store


def check_sound(pairs: Iterable[tuple[Request, Response]], store: Store) -> None:
    """InputError for a recorded answer that says of itself that it is in order and is not: it was made elsewhere, or
    altered. What we record is checked before it is."""
    for request, response in pairs:
        if response.status == "ok" and request.schema and (problem := request.schema.problem(response.text)):
            raise InputError(
                f"the answer recorded for {request.subject} under key {request.key[:12]} is marked ok, but {problem}",
                where=str(store.path),
                remedy="if a transcript in responses.transcripts brought it, take that out; else set it aside by "
                f"`valact responses retry --where 'key = {request.key}'`",
            )


def check_says_json(model: str, messages: Sequence[Message]) -> None:
    if not any("json" in message.content.lower() for message in messages):
        raise ParamsError(
            "an answer in JSON is wanted in JSON mode, but no message of the prompt says JSON; "
            "providers refuse such a request",
            where=f"models.{model}",
            remedy="describe the JSON object in the prompt",
        )


def unanswered(dropped: Counter[ValActError], budget: Budget) -> ValActError:
    """One error for the requests that were not asked: how many, and every reason."""
    errors = []
    for reason, count in dropped.items():
        error = budget.exhausted() if reason is budget.stop else reason
        message = f"{error.message}; {count:,} requests stay without an answer"
        errors.append(type(error)(message, where=error.where, remedy=error.remedy))
    if len(errors) == 1:
        return errors[0]
    return ProviderError("several models cannot be asked:\n" + "\n".join(map(str, errors)))


def too_many_failed(failed: Mapping[str, str], stage: str) -> ProviderError:
    """``failed`` is why each request has no answer, by key."""
    reasons = Counter(failed.values()).most_common(3)
    return ProviderError(
        f"{len(failed):,} requests got no answer: "
        + "; ".join(f"{reason} ({count:,})" for reason, count in reasons),
        where=f"stage {stage}",
        remedy="run again to ask only these again, or let responses.max_failed go on without them",
    )
