"""Masking: personal data becomes typed placeholders, nothing is masked by half, and what is no name stays."""

import pytest

from pipeline.masking import mask as privacy
from pipeline.params.posts import Masking

ALL = Masking()


def mask(text, masking=ALL):
    return privacy.mask(text, masking).text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to jane.doe+spam@mail.example.co.uk, please.", "Write to [EMAIL], please."),
        ("It is jane (at) example (dot) org now.", "It is [EMAIL] now."),
        ("Call me at (216) 555-0170 tonight.", "Call me at [PHONE] tonight."),
        ("Call me at 216-555-0170 tonight.", "Call me at [PHONE] tonight."),
        ("Call me at 216 555 0170 tonight.", "Call me at [PHONE] tonight."),
        ("Or on +44 20 7946 0958 at work.", "Or on [PHONE] at work."),
        ("See https://example.org/a(b)?q=1#x.", "See [URL]."),
        ("See www.example.org/page for it.", "See [URL] for it."),
        ("I read u/some_user on r/Frugal today.", "I read [USER] on r/Frugal today."),
        ("Thanks to /u/some-user and @handle_77!", "Thanks to [USER] and [USER]!"),
    ],
)
def test_patterns_are_masked_whole(text, masked):
    assert mask(text) == masked


def test_people_are_masked_and_so_is_every_further_mention():
    text = mask("My boss Denise Hartwell called me. Denise was furious, and I told Mr. Kowalski about it.")
    assert "Denise" not in text
    assert "Hartwell" not in text
    assert "Kowalski" not in text
    assert text.count("[PERSON]") == 3


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My friend Max Miller said so.", "My friend [PERSON] said so."),
        ("My ex, Jesus Garcia, called.", "My ex, [PERSON], called."),
        ("My boss Karen Marx is angry.", "My boss [PERSON] is angry."),
        (
            "Immanuel Kant and Karl Marx disagree with Sarah Hume.",
            "Immanuel Kant and Karl Marx disagree with [PERSON].",
        ),
    ],
)
def test_a_name_is_masked_whole_though_part_of_it_is_known(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "AITA for moving my Roth IRA to Vanguard at 29M with $4,100 left on 2021-03-04?",
        "My SO and I (27F) pay 1,250 a month, 5.8% more than in March 2020, in Ohio.",
        "OP here. Mom said Dad should drop the 401k match at Costco.",
        "The score was 3-2 and the rent 1200-1300, from 9:30 to 17:00.",
        "Kant would say no and Aristotle would ask me why.",
    ],
)
def test_what_is_no_personal_data_stays(text):
    assert mask(text) == text


def test_counts_are_the_placeholders_and_order_is_kept():
    texts = ["Nothing here to mask at all.", "Ask a@example.org or b@example.org.", "Ask u/somebody_else."]
    assert [masked.spans for masked in privacy.mask_all(texts, ALL)] == [0, 2, 1]


def test_masking_twice_changes_nothing_more():
    once = mask("Ask Denise Hartwell at d.hartwell@example.org or 216-555-0170.")
    assert mask(once) == once


def test_only_the_entities_that_params_name_are_masked():
    text = mask("Ask u/somebody_else or a@example.org.", Masking(entities=["EMAIL_ADDRESS"]))
    assert text == "Ask u/somebody_else or [EMAIL]."


def test_no_entities_mask_nothing():
    text = "Write to jane@example.org, signed Jennifer Miller."
    assert privacy.mask(text, Masking(entities=[])) == (text, 0)
