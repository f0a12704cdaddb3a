"""Whose answers a file holds, and which value a key means."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import PurePosixPath

from pipeline.values import load

VALUES = load("svs56")
GROUP = "published"

# How files and folders write the models of the paper, and what it calls them. The first that fits counts.
_MODELS = (
    (r"gpt[-_ .]?3[-_.]?5", "gpt-3.5-turbo"),
    (r"(?:gpt[-_ ]?)?4o[-_ ]?mini", "gpt-4o-mini"),
    (r"gpt[-_ ]?4o", "gpt-4o"),
    (r"llama[-_ ]?3[-_.]?3", "llama-3.3-70b"),
    (r"gemma[-_ ]?2", "gemma-2-9b"),
    (r"deepseek|r1[-_]?(?:distill|70b)", "deepseek-r1-70b"),
    (r"qwq|qwen", "qwen-qwq"),
)
# Words of names that say what a file is, not whose it is.
_OTHER_WORDS = re.compile(
    r"(?:^|[-_ .])(?:task[-_]?[12]|t[12]|all|plain|json|only|full|list|misaligned|mismatch(?:es)?|eval(?:uation)?s?|"
    r"results?|variants?|responses?|ratings?|values?|actions?|logs?|default|attributions?|explanations?|prompts?|\d+)"
    r"(?=$|[-_ .])",
    re.IGNORECASE,
)
_GLOSS = re.compile(r"\s*(?:\(.*|:.*)$", re.DOTALL)
# How much alike two spellings of a name are, at least: Favours and Favors, Honouring and Honoring.
_ALIKE = 0.9


def model_of(name: str) -> str | None:
    """The model that a path is about, by the file's name, then by its folders from the nearest one on; a name that
    holds none of the paper's models is that of another one. None where nothing is left of it."""
    if model := known_model(name):
        return model
    parts = PurePosixPath(name.replace("!", "/")).with_suffix("").parts[::-1]
    while (shorter := _OTHER_WORDS.sub("", parts[0])) != parts[0]:
        parts = (shorter, *parts[1:])
    left = re.sub(r"[^a-z0-9.-]+", "-", parts[0].lower()).strip("-.")
    return left or None


def known_model(name: str) -> str | None:
    """The model of the paper that a path names, if any."""
    for part in PurePosixPath(name.replace("!", "/")).with_suffix("").parts[::-1]:
        for pattern, model in _MODELS:
            if re.search(pattern, part, re.IGNORECASE):
                return model
    return None


def respondent(model: str) -> str:
    return f"published-{model}"


def plain(name: str) -> str:
    """A name without case, numbering, gloss, and what joins words."""
    text = re.sub(r"^\s*\d+\s*[.):-]\s*", "", name)
    text = _GLOSS.sub("", text)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())


@cache
def _known() -> dict[str, str]:
    return {plain(value.name): value.slug for value in VALUES.values}


@cache
def value_of(name: str) -> tuple[str | None, bool]:
    """The value that a key means, and whether it is its name exactly.

    Other case, blanks, underscores, glosses do not matter; words may be missing where only one value has those that are
    left; a letter or two may differ. None where nothing fits, or more than one.
    """
    exact = {value.name: value.slug for value in VALUES.values}
    if name in exact:
        return exact[name], True
    text = plain(name)
    if text in _known():
        return _known()[text], False
    words = set(text.split())
    if words and any(len(word) > 3 for word in words):
        holding = [slug for known, slug in _known().items() if words < set(known.split())]
        if len(holding) == 1:
            return holding[0], False
    close = difflib.get_close_matches(text, list(_known()), n=2, cutoff=_ALIKE)
    return (_known()[close[0]], False) if len(close) == 1 else (None, False)
