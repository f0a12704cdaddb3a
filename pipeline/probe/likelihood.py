"""Is a text likelier to a model than paraphrases of it? Servers that give the log probabilities of a prompt say.

Another model words each text anew; the model is given the text and each paraphrase, one at a time, and nothing else. Of
each the mean log probability of its tokens is taken, those of the chat template left out. To a model that never saw
the text, text and paraphrases would be exchangeable: the text is above half of them, and first of all once in k + 1
times. In truth what models write is mostly likelier to models than what people write, so that this level is one that
models without any memory stay below, and the test finds too little rather than too much.

vLLM's server puts ``prompt_logprobs`` into a chat completion where the request asks for it: for each token of the
prompt None, or an object whose first entry is that token, with ``logprob`` and ``decoded_token``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from pipeline import prompts
from pipeline.core.errors import InputError, ParamsError
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params import Params
from pipeline.probe.halves import Text
from pipeline.probe.recorded import Find

SCHEMA = "probe_paraphrases"
ASKS_FOR = "prompt_logprobs"
# Template and text are told apart by these, since tokens may hold parts of a character and templates trim blanks.
_TOLD_BY = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A model that is given a text, and the paraphrases of it."""

    model: str
    text: Text
    original: Request
    response: Response
    paraphrases: list[Request]


class _Token(msgspec.Struct):
    logprob: float
    decoded_token: str | None = None


class _Body(msgspec.Struct):
    prompt_logprobs: list[dict[str, _Token] | None] | None = None


_decoder = msgspec.json.Decoder(_Body)


def check(params: Params) -> None:
    """ParamsError for a model of probe.likelihoods that is not asked for log probabilities of the prompt."""
    for name in params.probe.likelihoods:
        model = params.models[name]
        if model.provider != "openai" or (model.parameters.get("extra_body") or {}).get(ASKS_FOR) is None:
            raise ParamsError(
                f"models.{name} does not give the log probabilities of texts that it is sent",
                where="probe.likelihoods",
                remedy="no vendor's API gives them; serve the weights with vLLM, and name a model with provider "
                f"openai, its base_url, max_tokens: 1 and parameters: {{extra_body: {{{ASKS_FOR}: 0}}}}",
            )


def ask(engine: Answerer, texts: Sequence[Text], params: Params) -> list[Weighed]:
    """Paraphrases of every text, then every model about all of them. What cannot be used is left out: a paraphrase
    that is the text or another one, or less than half or more than twice as long."""
    names = params.probe.likelihoods
    if not names:
        return []
    check(params)
    asked = [(text, _paraphrasing(engine, text, params)) for text in texts]
    answers = engine.answer([request for _, request in asked])
    wanted = []
    for text, request in asked:
        others = [*_usable(text.whole, answers[request.key], request)]
        for name in names:
            own = _shown(engine, name, text.whole, f"{text.scenario_id}.whole")
            beside = [_shown(engine, name, words, request.subject) for words in others]
            wanted.append((name, text, [own, *beside]))
    found = engine.answer([request for *_, shown in wanted for request in shown])
    return [Weighed(name, text, first, found[first.key], rest) for name, text, (first, *rest) in wanted]


def _paraphrasing(engine: Answerer, text: Text, params: Params) -> Request:
    settings = params.probe
    fields = [f"version_{number}" for number in range(1, settings.paraphrases + 1)]
    filled = {"names": ", ".join(fields), "many": len(fields), "text": text.whole}
    system, user = prompts.load(settings.paraphrase_prompt).fill(**filled)
    body = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in fields},
        "required": fields,
        "additionalProperties": False,
    }
    return engine.request(
        model=settings.paraphraser or "",
        messages=[Message("system", system), Message("user", user)],
        schema={"name": SCHEMA, "schema": body},
        # It begins with the scenario, by which a take-down finds it.
        subject=f"{text.scenario_id}.paraphrases",
    )


def _usable(text: str, response: Response, request: Request) -> Iterator[str]:
    if response.status != "ok":
        return
    seen = {_told(text)}
    for words in map(str, response.json(request.schema).values()):
        told = _told(words)
        if told not in seen and len(text) <= 2 * len(words) <= 4 * len(text):
            seen.add(told)
            yield words


def _shown(engine: Answerer, model: str, words: str, subject: str) -> Request:
    return engine.request(model=model, messages=[Message("user", words)], subject=subject)


def mean_logprob(request: Request, find: Find) -> float | None:
    """Mean log probability of the tokens of a text that a model was sent; None where no answer came, and where the text
    is not whole among the tokens. InputError where the server answered without any."""
    if (response := find(request.key)) is None:
        return None
    raw = response.extra and response.extra.raw
    try:
        tokens = _decoder.decode(raw or "{}").prompt_logprobs
    except (msgspec.DecodeError, RecursionError):
        tokens = None
    if not tokens:
        raise InputError(
            f"{request.name} was asked for {ASKS_FOR}, and its answer has none",
            where=request.base_url,
            remedy="is it served by vLLM? Its answers give them; take others out of probe.likelihoods",
        )
    known = [next(iter(token.values())) for token in tokens if token]
    return _mean(
        [(_told(one.decoded_token or ""), one.logprob) for one in known], _told(request.messages[0].content)
    )


def _mean(tokens: Sequence[tuple[str, float]], text: str) -> float | None:
    """Over the tokens that hold a letter or a digit of the text."""
    start = "".join(told for told, _ in tokens).rfind(text)
    if start < 0 or not text:
        return None
    inside, at = [], 0
    for told, logprob in tokens:
        if told and start < at + len(told) and at < start + len(text):
            inside.append(logprob)
        at += len(told)
    return sum(inside) / len(inside)


def _told(text: str) -> str:
    return _TOLD_BY.sub("", text.casefold())
