"""Does a post give orders to a language model that reads it?

A mark for the reader of the data, made for precision: nothing is rejected for it, and judges are kept from obeying by
other means (``pipeline.prompts``). Posts about language models are common and no orders to one.
"""

from __future__ import annotations

import re

_MODEL = (
    r"(?:an? |the |all |any |every )?"
    r"(?:ais?|llms?|(?:large |ai )?language models?|ai (?:models?|assistants?|judges?)|chatbots?)"
)
_BEFORE = (
    r"(?:all |any |the |your |these |those |my |every |everything |of |previous(?:ly)? |prior |above |earlier "
    r"|preceding |other |system |given )"
)
_SIGNS = (
    # What stands around a post in a prompt, or in a chat's template.
    r"[<＜]\s{0,3}[/／]?\s{0,3}post(?:-[0-9a-f]{16})?\s{0,3}[>＞]",
    r"</?(?:system|assistant|instructions?|prompt)>|<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>",
    r"\[/?INST\]|<<SYS>>|^#{1,6} ?(?:system|new) (?:prompt|instructions?)\b|^(?:system|assistant): ",
    # The words themselves.
    rf"\b(?:ignore|disregard|forget|override|bypass)\s+{_BEFORE}{{1,4}}"
    r"(?:instructions?|prompts?|directions|guidelines above|rules above|above|criteria)\b",
    r"\b(?:ignore|disregard|forget) everything (?:above|before|you (?:were|have been) told)\b",
    rf"\b(?:if|since|as) you (?:are|'re|’re) {_MODEL}\b|\byou are now {_MODEL}\b",
    rf"\b(?:attention|note|notice|message|instructions?|reminder) (?:to|for) {_MODEL}\b",
    r"\b(?:new|updated|real|actual) (?:system )?(?:instructions?|prompt) ?:",
    r"\b(?:reveal|print|repeat|output|show) (?:me )?(?:your|the) (?:system )?(?:prompt|instructions)\b",
    # The very answer that a judge is asked for.
    r"[\"“']vote[\"”']\s{0,3}:\s{0,3}[\"“']?(?:yes|no)\b",
)
_ORDERS = re.compile("|".join(_SIGNS), re.IGNORECASE | re.MULTILINE)


def gives_orders(text: str) -> bool:
    """Whether the text holds words that address or instruct a language model."""
    return _ORDERS.search(text) is not None
