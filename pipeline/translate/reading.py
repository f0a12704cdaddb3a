"""Do values survive? Models read each action blindly, in English and in the other language, in the same batches and
with the values in the same order, so that nothing differs but the language."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import prompts
from pipeline.core.seeding import seeded_hash
from pipeline.engine import Answerer, Message, Request
from pipeline.engine.schema import choice_among
from pipeline.params import Params
from pipeline.tables import NO_VALUE
from pipeline.translate.bundles import SCENARIO, Bundle, Text

ENGLISH = "en"
# Name of the schema of labels.
READING = "translated_reading"


@dataclass(frozen=True, slots=True)
class Batch:
    """Actions of a scenario that are read together, in the order in which they are shown."""

    bundle: Bundle
    actions: list[Text]


def read(engine: Answerer, bundles: Sequence[Bundle], params: Params) -> list[dict[str, Any]]:
    """Rows of TranslationReadings: every reader on every action that has a translation, in both languages."""
    settings = params.translate
    asked = [
        (batch, reader, language, _request(engine, batch, reader, language, params))
        for bundle in bundles
        for batch in _batches(bundle, settings.batch, params.seed)
        for reader in settings.readers
        for language in (ENGLISH, bundle.language)
    ]
    answers = engine.answer([request for *_, request in asked]) if asked else {}
    rows: list[dict[str, Any]] = []
    for batch, reader, language, request in asked:
        response = answers[request.key]
        found = response.json(request.schema) if response.status == "ok" else {}
        rows += [
            {
                "action_id": text.id,
                "language": language,
                "reader": reader,
                "value": text.value,
                "label": found.get(name),
                "status": response.status,
                "request_key": request.key,
            }
            for name, text in zip(_fields(batch), batch.actions, strict=True)
        ]
    return rows


def _batches(bundle: Bundle, size: int, seed: int) -> Iterator[Batch]:
    """Batches as equal as can be; whoever saw all actions of a scenario could go by elimination."""
    there = [text for _, text in bundle.actions() if text.translation and bundle.texts[SCENARIO].translation]
    there.sort(key=lambda text: seeded_hash(seed, "translated reading", text.id))
    count = math.ceil(len(there) / size)
    yield from (Batch(bundle, there[start::count]) for start in range(count))


def _request(engine: Answerer, batch: Batch, reader: str, language: str, params: Params) -> Request:
    inventory, fields = params.values, _fields(batch)
    about = " ".join(text.id for text in batch.actions)
    order = sorted(
        inventory.values, key=lambda value: seeded_hash(params.seed, f"values of {about}", value.slug)
    )
    labels = [*(value.slug for value in order), NO_VALUE]

    def shown(text: Text) -> str:
        return text.english if language == ENGLISH else text.translation

    system, user = prompts.load(params.translate.reading_prompt).fill(
        title=inventory.title,
        values="\n".join(f"- {value.slug} ({value.name}): {value.definition}" for value in order),
        labels=", ".join(labels),
        fields=", ".join(fields),
        subreddit="advice",
        text=shown(batch.bundle.texts[SCENARIO]),
        actions="\n".join(f"{name}. {shown(text)}" for name, text in zip(fields, batch.actions, strict=True)),
    )
    return engine.request(
        model=reader,
        messages=[Message("system", system), Message("user", user)],
        schema=choice_among(READING, fields, labels),
        subject=batch.bundle.scenario_id,
    )


def _fields(batch: Batch) -> list[str]:
    return [f"a{number}" for number in range(1, len(batch.actions) + 1)]
