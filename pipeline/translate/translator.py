"""Has texts translated, sends back what fails a check, and has the result translated back by a model that never saw the
original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline import prompts
from pipeline.core.invariants import given
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.params.translate import Translate
from pipeline.tables.content import text_sha256
from pipeline.translate.bundles import SCENARIO, Bundle, said, schema
from pipeline.translate.checks import fault, occurring, similarity

# Name of the schema of translations, there and back.
TRANSLATION = "translation"


@dataclass(frozen=True, slots=True)
class Translator:
    """``glossary`` has the terms of each language."""

    engine: Answerer
    settings: Translate
    glossary: Mapping[str, Mapping[str, str]]

    def settle(self, bundles: Sequence[Bundle]) -> None:
        """Fills in the row of every text."""
        asked = [(bundle, self._first(bundle), [*bundle.texts]) for bundle in bundles]
        for attempt in range(1, self.settings.max_repairs + 2):
            answers = self.engine.answer([request for _, request, _ in asked])
            left = []
            for bundle, request, fields in asked:
                response = answers[request.key]
                self._take(bundle, fields, request, response, attempt)
                failing = [name for name in fields if bundle.texts[name].row["fault"]]
                # Who gave no answer at all would give none to the same question either.
                if failing and response.status == "ok":
                    left.append((bundle, self._repair(bundle, request, response, failing), failing))
            asked = left
            if not asked:
                break
        self._back(bundles)

    def _first(self, bundle: Bundle) -> Request:
        texts = {name: text.english for name, text in bundle.texts.items()}
        known = self.glossary[bundle.language]
        terms = {term: w for text in texts.values() for term, w in occurring(text, known).items()}
        listed = "".join(f"   - {term}: {wanted}\n" for term, wanted in sorted(terms.items()))
        rule = f"5. Use these translations:\n{listed}" if terms else ""
        return self._request(self.settings.prompt, self.settings.model, bundle, texts, terms=rule)

    def _repair(self, bundle: Bundle, before: Request, response: Response, failing: Sequence[str]) -> Request:
        faults = "\n".join(f"- {name}: {bundle.texts[name].row['detail']}" for name in failing)
        _, user = prompts.load(self.settings.repair_prompt).fill(faults=faults, fields=", ".join(failing))
        return self.engine.request(
            model=before.name,
            messages=[*before.messages, Message("assistant", response.text), Message("user", user)],
            schema=schema(TRANSLATION, failing),
            subject=bundle.scenario_id,
        )

    def _request(
        self, prompt: str, model: str | None, bundle: Bundle, texts: Mapping[str, str], **more: str
    ) -> Request:
        actions = "\n".join(f"{name}. {text}" for name, text in texts.items() if name != SCENARIO)
        fields = ", ".join(texts)
        system, user = prompts.load(prompt).fill(
            language=self.settings.languages[bundle.language],
            text=texts.get(SCENARIO, ""),
            actions=actions,
            fields=fields,
            **more,
        )
        return self.engine.request(
            model=given(model, "who translates"),
            messages=[Message("system", system), Message("user", user)],
            schema=schema(TRANSLATION, texts),
            subject=bundle.scenario_id,
        )

    def _take(
        self, bundle: Bundle, fields: Sequence[str], request: Request, response: Response, attempt: int
    ) -> None:
        """What the answer holds; a repair that brings nothing leaves the text that there was."""
        found = said(response, fields)
        for name in fields:
            text = bundle.texts[name]
            if not found.get(name) and text.row.get("text"):
                continue
            wrong = (
                fault(text.english, found[name], self.glossary[bundle.language]) if name in found else None
            )
            if name not in found:
                wrong = "no_answer", response.error or f"the answer is {response.status}"
            text.row = {
                "id": text.id,
                "language": bundle.language,
                "scenario_id": bundle.scenario_id,
                "kind": text.kind,
                "source_sha256": text_sha256(text.english),
                "text": found.get(name) or None,
                "back": None,
                "similarity": None,
                "fault": wrong and wrong[0],
                "detail": wrong and wrong[1],
                "attempt": attempt,
                "status": response.status,
                "request_key": request.key,
                "origin": response.origin,
                "machine": None,
                "review": None,
                "reviewer": None,
                "reviewed_at": None,
            }

    def _back(self, bundles: Sequence[Bundle]) -> None:
        asked = []
        for bundle in bundles:
            texts = {name: text.translation for name, text in bundle.texts.items() if text.translation}
            if texts:
                request = self._request(self.settings.back_prompt, self.settings.back, bundle, texts)
                asked.append((bundle, request, [*texts]))
        answers = self.engine.answer([request for _, request, _ in asked]) if asked else {}
        for bundle, request, fields in asked:
            for name, back in said(answers[request.key], fields).items():
                text = bundle.texts[name]
                like = similarity(text.english, back)
                text.row |= {"back": back, "similarity": like}
                if text.row["fault"] is None and like < self.settings.similar:
                    text.row |= {"fault": "unlike", "detail": f"{like:.2f} of the words come back"}
