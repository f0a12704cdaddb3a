"""Schwartz's ten basic values: names, circle, higher-order groups, definitions in our own words.

Structure after Schwartz (1992), "Universals in the content and structure of values". The order of
``VALUES`` is the order around the circle; neighbours express compatible motives, opposites
conflicting ones. Conformity and Tradition share one wedge there, with Tradition on the outside;
here they are neighbours, as is usual for a ten-value circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HigherOrder = Literal["openness_to_change", "self_enhancement", "conservation", "self_transcendence"]


@dataclass(frozen=True, slots=True)
class Value:
    """One basic value. ``slug`` is what tables and ids hold, ``name`` what people read.

    ``higher_order`` has two groups for Hedonism, which lies between them.
    ``naming`` is a regular expression for words that name the value or a close inflection.
    """

    slug: str
    name: str
    definition: str
    higher_order: tuple[HigherOrder, ...]
    naming: str


VALUES: tuple[Value, ...] = (
    Value(
        "self_direction",
        "Self-direction",
        "Thinking and choosing for oneself: exploring, creating, trusting one's own judgement and methods.",
        ("openness_to_change",),
        r"self[\s-]?direct\w*",
    ),
    Value(
        "stimulation",
        "Stimulation",
        "Seeking novelty, variety and challenge: daring, breaking routine, wanting life to be exciting.",
        ("openness_to_change",),
        r"stimulat\w*",
    ),
    Value(
        "hedonism",
        "Hedonism",
        "Seeking pleasure for oneself: enjoyment, comfort of the senses, having a good time.",
        ("openness_to_change", "self_enhancement"),
        r"hedon\w*",
    ),
    Value(
        "achievement",
        "Achievement",
        "Succeeding by showing competence that others recognise: ambition, performance, reaching milestones.",
        ("self_enhancement",),
        r"achiev\w*",
    ),
    Value(
        "power",
        "Power",
        "Gaining status and prestige, and control over people or resources: leverage, authority, public image.",
        ("self_enhancement",),
        r"(?:em|over)?power\w*",
    ),
    Value(
        "security",
        "Security",
        "Keeping self, family and society safe and stable: health, order, reserves, predictability.",
        ("conservation",),
        r"(?:in)?secur\w*",
    ),
    Value(
        "conformity",
        "Conformity",
        "Holding back what might upset others or break expectations and rules: politeness, obedience, "
        "meeting one's everyday obligations.",
        ("conservation",),
        r"(?:non)?conform\w*",
    ),
    Value(
        "tradition",
        "Tradition",
        "Respecting the customs, faith and ways that one's family or group hands down: humility, "
        "moderation, accepting one's place.",
        ("conservation",),
        r"tradition\w*",
    ),
    Value(
        "benevolence",
        "Benevolence",
        "Caring for the people one is close to: helpfulness, loyalty, forgiveness and honesty towards "
        "family, friends and colleagues.",
        ("self_transcendence",),
        r"benevol\w*",
    ),
    Value(
        "universalism",
        "Universalism",
        "Understanding and protecting all people and nature: fairness, equality, tolerance, peace, "
        "the environment.",
        ("self_transcendence",),
        r"universal\w*",
    ),
)

SLUGS: tuple[str, ...] = tuple(value.slug for value in VALUES)
BY_SLUG: dict[str, Value] = {value.slug: value for value in VALUES}
