"""Whether an action names its own value: a word of the value's name, in the sense of the value.

An inventory says which words name a value (``naming``) and in which company they mean something else (``other_senses``:
spaCy token patterns, of parts of speech, lemmas and compounds): a fixed-income security, an achievable goal, a power
bank. A language model of spaCy reads a text only where such a word is in it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from pipeline.masking.model import SPACY_MODEL
from pipeline.values import Value

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher


def named_by(value: Value, text: str) -> str | None:
    """The word of the text that names the value, None where there is none.

    An inventory need not say which words name a value; its name always does.
    """
    naming = value.naming or rf"{re.escape(value.name)}\b"
    found = list(re.finditer(rf"\b(?:{naming})", text, re.IGNORECASE))
    if found and value.other_senses:
        doc = _model()(text)
        other = [doc[start:end] for _, start, end in _matcher(value)(doc)]
        found = [
            word
            for word in found
            if not any(span.start_char <= word.start() and word.end() <= span.end_char for span in other)
        ]
    return found[0].group() if found else None


@cache
def _model() -> Language:
    import spacy

    return spacy.load(SPACY_MODEL, exclude=["ner", "parser"])


@cache
def _matcher(value: Value) -> Matcher:
    from spacy.matcher import Matcher

    matcher = Matcher(_model().vocab, validate=True)
    matcher.add(value.slug, [json.loads(pattern) for pattern in value.other_senses])
    return matcher
