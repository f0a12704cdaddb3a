"""How each trainer wants its lines. One object a line; no field but those that are documented.

TRL: huggingface.co/docs/trl/dataset_formats, conversational prompt-completion and preference with an explicit prompt.
Axolotl: docs.axolotl.ai, ``type: chat_template`` and ``rl: dpo`` with ``type: chat_template.default``.
OpenAI: supervised and preference fine-tuning (developers.openai.com/api/docs/guides).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Messages = list[dict[str, str]]
SFT, PREFERENCES = "sft", "preferences"


@dataclass(frozen=True, slots=True)
class Format:
    """``sft`` of a prompt and its answer, ``preferences`` of a prompt, the chosen and the rejected answer."""

    sft: Callable[[Messages, str], dict[str, Any]]
    preferences: Callable[[Messages, str, str], dict[str, Any]]


def _said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


FORMATS = {
    "trl": Format(
        lambda prompt, answer: {"prompt": prompt, "completion": [_said(answer)]},
        lambda prompt, chosen, rejected: {
            "prompt": prompt,
            "chosen": [_said(chosen)],
            "rejected": [_said(rejected)],
        },
    ),
    "axolotl": Format(
        lambda prompt, answer: {"messages": [*prompt, _said(answer)]},
        lambda prompt, chosen, rejected: {
            "messages": prompt,
            "chosen": _said(chosen),
            "rejected": _said(rejected),
        },
    ),
    "openai": Format(
        lambda prompt, answer: {"messages": [*prompt, _said(answer)]},
        lambda prompt, chosen, rejected: {
            "input": {"messages": prompt},
            "preferred_output": [_said(chosen)],
            "non_preferred_output": [_said(rejected)],
        },
    ),
}
