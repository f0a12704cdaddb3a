"""The requests of the probe: a first half for each model and text, and the canary for each model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline import prompts
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params import Params
from pipeline.probe.halves import Text
from pipeline.step import about
from pipeline.step.canary import head

CANARY_PROMPT = "probe_canary"
# A GUID and the words around it.
CANARY_TOKENS = 40
CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model was asked and what it said; ``text`` is None for the canary."""

    model: str
    text: Text | None
    request: Request
    response: Response


def models(params: Params) -> list[str]:
    """Whom to ask, by their names in params."""
    respondents = (one.asks for one in params.respondents.values())
    return params.probe.models or [*dict.fromkeys(name for name in respondents if name is not None)]


def ask(engine: Answerer, texts: Sequence[Text], params: Params) -> list[Asked]:
    """Every model about every text and the canary, each at temperature 0."""
    wanted = [
        (name, text, request) for name in models(params) for text, request in _of(engine, name, texts, params)
    ]
    answers = engine.answer([request for *_, request in wanted])
    return [Asked(name, text, request, answers[request.key]) for name, text, request in wanted]


def tokens(request: Request) -> float:
    """Tokens of an answer, about as many as were asked for: the second half is as long as the first, and so is each
    paraphrase as its text."""
    if not request.subject:
        return CANARY_TOKENS
    versions = len(json.loads(request.schema.body)["required"]) if request.schema else 1
    return min(versions * len(request.messages[-1].content) / CHARACTERS_A_TOKEN, request.max_tokens)


def _of(
    engine: Answerer, name: str, texts: Sequence[Text], params: Params
) -> Iterator[tuple[Text | None, Request]]:
    prompt = prompts.load(params.probe.prompt)
    for text in texts:
        system, user = prompt.fill(text=text.first, words=text.words)
        yield text, _request(engine, name, system, user, text.scenario_id)
    system, user = prompts.load(CANARY_PROMPT).fill(head=head(about.title(params)))
    yield None, _request(engine, name, system, user, "")


def _request(engine: Answerer, name: str, system: str, user: str, subject: str) -> Request:
    said = [Message("system", system)] if system else []
    return engine.request(model=name, messages=[*said, Message("user", user)], subject=subject)
