"""What a program can see of a translation: placeholders, terms of the glossary, and what comes back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

Fault = tuple[str, str]
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_ ]*\]")
_WORD = re.compile(r"\w+")


def fault(original: str, translation: str, terms: Mapping[str, str]) -> Fault | None:
    """The first fault of a translation and what was found, None where there is none. ``terms`` has the translation of
    each English term."""
    if not translation.strip():
        return "empty", "the text is empty"
    before, after = (Counter(_PLACEHOLDER.findall(text)) for text in (original, translation))
    if before != after:
        return "placeholders", f"placeholders are {_listed(after)}, not {_listed(before)}"
    for term, wanted in occurring(original, terms).items():
        if wanted.casefold() not in translation.casefold():
            return "terms", f"{term!r} is not translated as {wanted!r}"
    return None


def occurring(original: str, terms: Mapping[str, str]) -> dict[str, str]:
    """The terms that stand in an English text, as whole words in any case."""
    return {
        term: wanted
        for term, wanted in terms.items()
        if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", original, re.IGNORECASE)
    }


def similarity(original: str, back: str) -> float:
    """F1 of the words of both texts, each as often as it occurs: 1 for the same words, 0 for none in common."""
    here, there = (Counter(_WORD.findall(text.casefold())) for text in (original, back))
    both = (here & there).total()
    return 2 * both / (here.total() + there.total()) if both else 0.0


def _listed(found: Counter[str]) -> str:
    return ", ".join(f"{name} ({n})" for name, n in sorted(found.items())) or "none"
