"""Names: what is found in labelled real posts, and in sentences of every kind that real posts seldom have."""

from __future__ import annotations

from pathlib import Path

import pytest
from services.labelled_names import compare, labelled

from pipeline.masking import mask as privacy
from pipeline.masking.people.find import find_people
from pipeline.params.posts import Masking

# Goals: recall .97, a name left in at most .003 of the posts (none of 200), precision .85.
RECALL, LEFT, PRECISION = 0.97, 0.003, 0.85


@pytest.mark.parametrize("half", ["work", "held"])
def test_names_of_labelled_real_posts_are_found(reference: Path, half: str) -> None:
    result = compare(labelled(reference, half), find_people)
    assert result.posts > 190
    assert result.found > 130
    assert result.recall >= RECALL, result.missed
    assert len(result.left) <= LEFT * result.posts, result.left
    assert result.precision >= PRECISION, result.wrong


def mask(text: str) -> str:
    return privacy.mask(text, Masking(entities=["PERSON"])).text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "Ira told me to leave, and my sister Ally agreed.",
            "[PERSON] told me to leave, and my sister [PERSON] agreed.",
        ),
        ("My friend caleb said so. I like caleb.", "My friend [PERSON] said so. I like [PERSON]."),
        (
            "then sarah told me that she was done with mike",
            "then [PERSON] told me that she was done with [PERSON]",
        ),
        ("MY HUSBAND DAVID LEFT. WHAT NOW?", "MY HUSBAND [PERSON] LEFT. WHAT NOW?"),
        ("My manager, Priya Raghunathan, hired Nguyen Van Minh.", "My manager, [PERSON], hired [PERSON]."),
        ("I live with Oluwaseun and his cousin Chidinma.", "I live with [PERSON] and his cousin [PERSON]."),
        ("My aunt Xiaoming met Mohammed Al-Farsi.", "My aunt [PERSON] met [PERSON]."),
        (
            "Let's call him Sun. Sun is nice, but Sun lies.",
            "Let's call him [PERSON]. [PERSON] is nice, but [PERSON] lies.",
        ),
        (
            "Will (27M) and Grace (25F) want me to move out.",
            "[PERSON] (27M) and [PERSON] (25F) want me to move out.",
        ),
        ("Frank owes me money, and Franks wife knows.", "[PERSON] owes me money, and [PERSON] wife knows."),
        ("My boss is Sarah Brown. Mr. Kowalczyk is hers.", "My boss is [PERSON]. Mr. [PERSON] is hers."),
        ("I asked Mrs Ng and Li Wei.", "I asked Mrs [PERSON] and [PERSON]."),
        ("Maria Garcia de la Cruz called.", "[PERSON] called."),
        ("Our director, Carol Haldane, wrote.", "Our director, [PERSON], wrote."),
        ("Jane Hartwell wrote from j.hartwell@example.org.", "[PERSON] wrote from j.hartwell@example.org."),
        ("I met O'Brien at Seán's.", "I met [PERSON] at [PERSON]'s."),
    ],
)
def test_names_of_every_kind(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "How do I heal from this Trauma?",
        "The desk has been Unstaffed for seven weeks.",
        "I put it into a Roth IRA at Ally Bank, not into a Traditional Ira.",
        "I grew up in Austin and moved to Santa Cruz in June.",
        "She is a Christian, and Easter is in April.",
        "I was at St Mary's, as my mother was.",
        "My Honda broke down near Lake Charlotte.",
        "Jesus, what a mess. I hope he will pay the bill, may I say.",
        "Trump and Obama and Karl Marx would all agree.",
        "Sooo I've had it. I’d leave. Let's see.",
        "AITA For Not Wanting To Share My Room With My Sister",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert mask(text) == text
