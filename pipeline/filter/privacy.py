"""Masking: personal data in a scenario text becomes a typed placeholder.

[PERSON], [EMAIL], [PHONE], [URL] and [USER] stand for names of people, e-mail addresses, telephone numbers,
web addresses, and user names (u/name, @name). Subreddits, ages, money and dates stay.

presidio does the finding, with the recognisers listed in ``_recognizers`` and no others, over one pass
of spaCy's named-entity model, in batches. Recall comes first where a pattern is clear, so that no address
is masked by half. Names are the model's, as corrected by ``names``; lower-case names are missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import RecognizerResult as Result
from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import EmailRecognizer, PhoneRecognizer, SpacyRecognizer
from spacy.language import Language

from pipeline.core import progress
from pipeline.filter import names
from pipeline.filter.model import SPACY_MODEL
from pipeline.params.posts import Masking

BATCH = 16

# Where spans overlap they become one, under the first of these labels that they hold.
PLACEHOLDERS = {
    "EMAIL_ADDRESS": "[EMAIL]",
    "URL": "[URL]",
    "REDDIT_USER": "[USER]",
    "PHONE_NUMBER": "[PHONE]",
    "PERSON": "[PERSON]",
}
_PRIORITY = list(PLACEHOLDERS)

# Patterns are presidio's: `regex` syntax, and case is ignored unless a pattern says (?-i:...).
# The rest of an address: brackets in pairs, and no punctuation of the sentence at its end.
_TAIL = r"""(?:[^\s<>"“”()]|\([^\s<>()]*\))*(?:[^\s<>"“”.,;:!?()\[\]'’*_]|\([^\s<>()]*\))"""
_HOST = r"(?<![@\w.-])(?!(?:asp|vb)\.net\b)(?:[a-z0-9][a-z0-9-]*\.)*[a-z0-9][a-z0-9-]+\."
_SUFFIXES = r"com|org|net|edu|gov|mil|info|biz|io|(?:co|ac|org|gov)\.uk"
URLS = [
    Pattern("scheme", rf"(?:https?|ftp)://{_TAIL}", 0.9),
    Pattern("www", rf"(?<![\w.])www\.{_TAIL}", 0.9),
    Pattern(
        "host",
        rf"{_HOST}(?:{_SUFFIXES})(?![\w@-])(?:/{_TAIL})?",
        0.8,
    ),
    # Under other suffixes a missing space looks the same ("quit my job.It was"): only with a path.
    Pattern("host and path", rf"{_HOST}[a-z]{{2,12}}/{_TAIL}", 0.8),
]
USERS = [
    Pattern("u/name", r"(?<![\w/])/?u(?:ser)?/[\w-]{2,30}", 0.9),
    Pattern("@name", r"(?<![\w@./+-])@[a-z_](?:[\w.]{0,28}\w)", 0.8),
]
_AT = r"\s?[(\[{]\s?at\s?[)\]}]\s?"
_DOT = r"(?:\s?[(\[{]\s?dot\s?[)\]}]\s?| dot |\.)"
SPELT_EMAIL = Pattern("name (at) host", rf"\b[\w+-]+(?:{_DOT}[\w+-]+)*{_AT}[\w-]+(?:{_DOT}[\w-]+)+", 0.9)
PHONES = [
    # presidio asks phonenumbers, which rejects unassigned numbers; their shape is enough here.
    Pattern(
        "ten digits", r"(?<![\w$€£.-])(?:\+?1[ .-]?)?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])", 0.7
    ),
    Pattern(
        "seven digits after a word",
        r"(?<=\b(?:call|text|phone|cell|mobile|number|reach|contact)\b[^.\d\n]{0,25})\d{3}[ -]\d{4}(?![\w-])",
        0.7,
    ),
]
# "Mrs. Holt", "Dr Singh": the name, not the title.
TITLED = Pattern(
    "titled",
    r"(?<=\b(?-i:Mr|Mrs|Ms|Mx|Dr|Prof|Professor)\.? )(?-i:\p{Lu}[\p{L}'’-]*\p{Ll}(?: \p{Lu}\p{Ll}+)?)",
    0.7,
)
# Regions whose local numbers phonenumbers looks for; numbers with a country code are found for all.
REGIONS = ("US", "GB", "AU", "IN")
_MANY_DIGITS = re.compile(r"\d(?:[\s().+-]{0,3}\d){6}")


class _Emails(EmailRecognizer):
    """Whatever has the shape of an address is one; asking for known suffixes would need a download."""

    def __init__(self) -> None:
        super().__init__(patterns=[*EmailRecognizer.PATTERNS, SPELT_EMAIL])

    def validate_result(self, pattern_text: str) -> bool:
        return True


class _Phones(PhoneRecognizer):
    """phonenumbers, asked only where a text has enough digits in a row."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[Result]:
        return super().analyze(text, entities) if _MANY_DIGITS.search(text) else []


class _Names(SpacyRecognizer):
    """The model's people, trimmed to their names, with every further mention of each."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[Result]:
        found = super().analyze(text, entities, nlp_artifacts)
        results: list[Result] = []
        common = names.lower_case_words(text)
        seen: set[str] = set()
        for result in found:
            trimmed = names.trim(text, result.start, result.end)
            if trimmed is None:
                continue
            name = text[slice(*trimmed)]
            spans = [trimmed, *(names.repeats(text, name, common) if name not in seen else ())]
            seen.add(name)
            results.extend(self._copy(result, start, end) for start, end in spans)
        return results

    @staticmethod
    def _copy(result: Result, start: int, end: int) -> Result:
        return Result("PERSON", start, end, result.score, recognition_metadata=result.recognition_metadata)


class Masker:
    """Masks texts by the settings of params.filter.masking. Takes a second or two to load: keep it."""

    def __init__(self, settings: Masking) -> None:
        self._entities: list[str] = list(settings.entities)
        # Everything but the entity recogniser and what it stands on: half of the model's time.
        model = spacy.load(SPACY_MODEL, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])
        self._engine = _engine(model)
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=_recognizers(), supported_languages=["en"]),
            nlp_engine=self._engine,
            default_score_threshold=settings.min_confidence,
        )

    def mask_all(self, texts: Sequence[str]) -> list[tuple[str, int]]:
        """Each text masked, in order, with the number of spans that were replaced."""
        if not self._entities:  # presidio takes an empty list for all that it knows
            return [(text, 0) for text in texts]
        masked = []
        with progress.track("mask personal data", total=len(texts), unit="posts") as bar:
            read: Iterator[tuple[str, NlpArtifacts]] = self._engine.process_batch(
                list(texts), "en", batch_size=BATCH
            )
            for text, artifacts in read:
                found = self._analyzer.analyze(text, "en", entities=self._entities, nlp_artifacts=artifacts)
                masked.append(_replace(text, list(_merged(found))))
                bar.advance()
        return masked


def _engine(model: Language) -> Any:
    """presidio's engine on a model that is loaded already. Its annotations do not allow for that, hence Any."""
    others = sorted(set(model.pipe_labels["ner"]) - {"PERSON"})
    engine: Any = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": SPACY_MODEL}],
        ner_model_configuration=NerModelConfiguration(
            labels_to_ignore=others, model_to_presidio_entity_mapping={"PERSON": "PERSON"}
        ),
    )
    engine.nlp = {"en": model}
    return engine


def _recognizers() -> list[EntityRecognizer]:
    return [
        _Names(supported_entities=["PERSON"]),
        PatternRecognizer(supported_entity="PERSON", name="titled names", patterns=[TITLED]),
        _Emails(),
        _Phones(supported_regions=REGIONS),
        PatternRecognizer(supported_entity="PHONE_NUMBER", name="phone shapes", patterns=PHONES),
        PatternRecognizer(supported_entity="URL", name="addresses", patterns=URLS),
        PatternRecognizer(supported_entity="REDDIT_USER", name="user names", patterns=USERS),
    ]


def _merged(found: Sequence[Result]) -> Iterator[tuple[int, int, str]]:
    """Spans in order of place; overlapping ones as one, so that nothing is left of either."""
    spans = sorted((result.start, result.end, _PRIORITY.index(result.entity_type)) for result in found)
    while spans:
        start, end, label = spans.pop(0)
        while spans and spans[0][0] < end:
            _, other_end, other_label = spans.pop(0)
            end, label = max(end, other_end), min(label, other_label)
        yield start, end, _PRIORITY[label]


def _replace(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, int]:
    parts, at = [], 0
    for start, end, label in spans:
        parts += [text[at:start], PLACEHOLDERS[label]]
        at = end
    return "".join([*parts, text[at:]]), len(spans)
