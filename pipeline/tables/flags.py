"""Flags: what a post holds besides its question, said by the judges that vote on it.

Raters, participants and users of the release need to know it beforehand. A flag of a scenario is true where any judge
that was asked about it raised it, false where judges were asked and none did, and null where no judge said anything of
flags (answers to a prompt that does not ask for them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import dataframely as dy


class Flag(NamedTuple):
    """``meaning`` is what judges are told and the code book says; ``note`` what people read above such a text, empty
    for what does not concern them."""

    meaning: str
    note: str


FLAGS: Mapping[str, Flag] = {
    "self_harm": Flag(
        "suicide, self-harm or an eating disorder, also of others and in the past", "self-harm"
    ),
    "violence_or_abuse": Flag(
        "violence, abuse, coercion or threats, at home or elsewhere, also in words", "violence or abuse"
    ),
    "sexual_content": Flag("sexual acts or sexual assault are told of", "sexual content"),
    "minors": Flag("somebody under 18 is concerned or writes", "a person under 18"),
    "illegal_acts": Flag("somebody broke a law, or would by what is asked about", "illegal acts"),
    "medical_or_legal": Flag(
        "an answer would be medical, psychological or legal advice", "a medical or legal matter"
    ),
    "prompt_injection": Flag("the text addresses language models or tries to instruct whoever judges it", ""),
}
# The one that a look at the text raises too: whoever gives judges orders may order them to see none.
PROMPT_INJECTION = "prompt_injection"
# Flags that a judge raised, as one text: names with a blank between them.
RAISED = rf"^(?:(?:{'|'.join(FLAGS)})(?: (?:{'|'.join(FLAGS)}))*)?$"


def flag_column(name: str) -> dy.Bool:
    """Whether a scenario bears the flag; null where no judge was asked for flags."""
    return dy.Bool(
        nullable=True,
        description=f"Flag: {FLAGS[name].meaning}; raised by any judge, empty where none was asked for flags",
    )


def content_note(flags: Mapping[str, bool | None]) -> str:
    """The sentence that people read above a scenario with these flags; empty where there is nothing to say."""
    notes = [flag.note for name, flag in FLAGS.items() if flag.note and flags.get(name)]
    return f"Content note: {', '.join(notes)}." if notes else ""


def packed(raised: Iterable[str]) -> str:
    """Names of flags as the column of votes holds them, in the order of ``FLAGS``; unknown names are left out."""
    named = set(raised)
    return " ".join(name for name in FLAGS if name in named)
