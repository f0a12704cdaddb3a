"""Texts in another language than English: py3langid on their beginnings."""

from __future__ import annotations

import functools
from collections.abc import Callable

from pipeline.filter.rule import TextRule

# Enough to tell a language by, and a quarter of the time of a whole post.
CHARACTERS = 400
# Below this the identifier is guessing, as it does on lists, links and abbreviations: the judges decide then.
SURE = 0.95


def foreign_language(text: str) -> str | None:
    """The two-letter code of the language, where it is surely another one than English; else None."""
    language, probability = _identify()(text[:CHARACTERS])
    return language if language != "en" and probability >= SURE else None


@functools.cache
def _identify() -> Callable[[str], tuple[str, float]]:
    """Loads the model once: it is only needed where posts are screened."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify


ENTRY = TextRule(
    place=30,
    meaning="not in English",
    doing="identify languages",
    find=lambda text, params: foreign_language(text),
)
