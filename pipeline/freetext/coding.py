"""The panel of coders: each text is coded alone, by models that see the post and the text and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline import prompts
from pipeline.core.seeding import seeded_hash
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.engine.schema import choice_among
from pipeline.params import Params
from pipeline.tables import NO_VALUE

# Name of the schema of codes.
CODE = "freetext_code"


@dataclass(frozen=True, slots=True)
class Text:
    """A text to code: ``of`` is answer or action, ``post`` what it is about."""

    subject: str
    of: str
    post: str
    text: str


@dataclass(frozen=True, slots=True)
class Coded:
    """What one coder sees in a text; None without a usable answer."""

    text: Text
    coder: str
    request: Request
    response: Response

    @property
    def label(self) -> str | None:
        if self.response.status != "ok":
            return None
        return str(self.response.json(self.request.schema)["value"])


def coders(params: Params) -> tuple[Sequence[str], str | None]:
    """Those that code every text, and the one for texts in which they differ; the judges where params name none."""
    settings = params.freetext
    if settings.coders:
        return settings.coders, settings.tie_breaker
    return params.judge.panel, settings.tie_breaker or params.judge.tie_breaker


def code(engine: Answerer, texts: Sequence[Text], params: Params) -> list[Coded]:
    """The panel's codes of all texts, then the tie-breaker's of those in which it differs."""
    panel, tie_breaker = coders(params)
    found = _ask(engine, texts, panel, params)
    if tie_breaker is None:
        return found
    labels = labels_of(found)
    disputed = [text for text in texts if len(set(labels[text.subject])) > 1]
    return found + _ask(engine, disputed, [tie_breaker], params)


def labels_of(coded: Iterable[Coded]) -> dict[str, list[str]]:
    """By subject, the usable labels of all coders."""
    found: dict[str, list[str]] = {}
    for one in coded:
        found.setdefault(one.text.subject, [])
        if one.label is not None:
            found[one.text.subject].append(one.label)
    return found


def majority(labels: Sequence[str]) -> str | None:
    """What more than half of the coders see, at least two of them; None where there is no such label."""
    if not labels:
        return None
    (label, count), *_ = Counter(labels).most_common(1)
    return label if count >= 2 and 2 * count > len(labels) else None


def _ask(engine: Answerer, texts: Sequence[Text], who: Iterable[str], params: Params) -> list[Coded]:
    asked = [(text, name, _request(engine, text, name, params)) for name in who for text in texts]
    answers = engine.answer([request for *_, request in asked]) if asked else {}
    return [Coded(text, name, request, answers[request.key]) for text, name, request in asked]


def _request(engine: Answerer, text: Text, coder: str, params: Params) -> Request:
    # In another order for each text, but in the same one for all coders of it.
    values = sorted(
        params.values.values,
        key=lambda value: seeded_hash(params.seed, f"values of {text.subject}", value.slug),
    )
    labels = [*(value.slug for value in values), NO_VALUE]
    system, user = prompts.load(params.freetext.coding_prompt).fill(
        title=params.values.title,
        values="\n".join(f"- {value.slug} ({value.name}): {value.definition}" for value in values),
        labels=", ".join(labels),
        text=text.post,
        action=text.text,
    )
    return engine.request(
        model=coder,
        messages=[Message("system", system), Message("user", user)],
        schema=choice_among(CODE, ["value"], labels),
        temperature=0.0,
        subject=text.subject,
    )
