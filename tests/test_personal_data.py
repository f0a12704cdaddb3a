"""Kinds of personal data besides names; and no text, however hostile, takes longer than in proportion to its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.core import limit
from pipeline.filter.advice import advice_sign
from pipeline.filter.text import scenario_text
from pipeline.masking import mask as privacy
from pipeline.masking.kinds import KINDS
from pipeline.params.posts import Masking

FOUND = {
    "STREET_ADDRESS": [
        ("I moved to 42 Wallaby Way, Springfield, IL 62704 last year.", "I moved to [ADDRESS] last year."),
        ("It is 1600 N. Pennsylvania Ave Apt 4B now.", "It is [ADDRESS] now."),
        ("He lives at 221 baker street.", "He lives at [ADDRESS]."),
        ("Send it to P.O. Box 4411 or to SW1A 1AA.", "Send it to [ADDRESS] or to [ADDRESS]."),
    ],
    "US_SSN": [
        ("My number is 219-09-9999.", "My number is [SSN]."),
        ("my ssn is 219099999 ok", "my ssn is [SSN] ok"),
    ],
    "CREDIT_CARD": [("He charged 4111 1111 1111 1111 twice.", "He charged [CARD] twice.")],
    "IBAN": [("Pay to DE89 3704 0044 0532 0130 00, please.", "Pay to [IBAN], please.")],
    "IP_ADDRESS": [
        ("It came from 203.0.113.77 at night.", "It came from [IP] at night."),
        ("It came from 2001:db8::ff00:42:8329 at night.", "It came from [IP] at night."),
    ],
    "BIRTH_DATE": [
        ("I was born on March 14th, 1998 in Ohio.", "I was born on [BIRTHDATE] in Ohio."),
        ("DOB: 03/14/1998.", "DOB: [BIRTHDATE]."),
        ("Her birthday is 3 May.", "Her birthday is [BIRTHDATE]."),
    ],
    "SOCIAL_HANDLE": [
        ("my insta is jane.doe_7 by the way", "my insta is [USER] by the way"),
        ("Add me on snap: janed99!", "Add me on snap: [USER]!"),
        ("my discord is jane underscore doe dot 7", "my discord is [USER]"),
    ],
    "EMAIL_ADDRESS": [
        ("I am jane dot doe at example dot com there.", "I am [EMAIL] there."),
        ("Ask jdoe at gmail.com about it.", "Ask [EMAIL] about it."),
    ],
}
STAYS = [
    "The score was 3-2, the ratio 1:2:3, the time 12:30:45 and the version 10.15.",
    "People from my school might read this, and my scissors: x at home.",
    "My insta is private and my snap is gone.",
    "I was born in 1990 and my birthday is next week.",
    "It took 5 minutes by car, 2 way street, 10 Downing people.",
    "I owe 4111 dollars on 3 cards and 12,500 on the house.",
    "We look at things differently; at home dot matrix printers rule.",
]


@pytest.mark.parametrize(
    ("entity", "text", "masked"), [(e, *case) for e, cases in FOUND.items() for case in cases]
)
def test_each_kind_is_found_and_only_where_params_name_it(entity: str, text: str, masked: str) -> None:
    assert privacy.mask(text, Masking(entities=[entity])).text == masked
    other = "IBAN" if entity != "IBAN" else "URL"
    assert privacy.mask(text, Masking(entities=[other])).text == text


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert privacy.mask(text, Masking()).text == text


def test_spans_are_in_order_and_say_their_kind() -> None:
    text = "Ask Jennifer Miller (jen@example.org), u/jen_m."
    spans = privacy.find_spans(text, Masking())
    assert [(text[span.start : span.end], span.entity) for span in spans] == [
        ("Jennifer Miller", "PERSON"),
        ("jen@example.org", "EMAIL_ADDRESS"),
        ("u/jen_m", "REDDIT_USER"),
    ]


def test_many_texts_are_masked_as_each_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "LEAST_FOR_A_PROCESS", 2)
    texts = [f"My friend Jennifer called {number} times from 216-555-0170." for number in range(8)]
    assert privacy.mask_all(texts, Masking()) == [privacy.mask(text, Masking()) for text in texts]


# Fragments that patterns begin with or repeat: a hostile post is made of many of them.
FRAGMENTS = [
    "a+", "a.", "a-", "a@", "@", "@a", "http://", "https://a.", "www.", "[", "(", ")", "]", "](", "![", ">!", "!<", "*",
    "_", "~~", "`", "^(", "^", "|", "\n|", "\n>", "\n- ", "\n1. ", "1 ", "1-", "1.", "(1", "+1", "a at ", " dot ",
    " at ", "u/", "/u/a", "&amp;", "&#", "&", "Ab ", "A ", "AB ", "A. ", "Mr. ", "O'", "'s", "12 Ab ", "1st ",
    "Street ", "born ", "my insta ", "update ", "EDIT", "edit: ", "\nEDIT: ", "\u200b", "é", "王", "\t", "  ", "<", ">",
    "\\", "a:", "::", ":1", "AB12 ", "DE89", "should I ", "tl;dr ", "my friend ", ",", ".", "?", "x" * 40 + " ",
    "\n\n", "\n",
]  # fmt: skip
LENGTH = 12_000
# Seconds of processor time for such a text; in proportion to length it is a tenth of that, with squares a minute.
SLOW = 8.0
_fragments = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4)


@given(fragments=_fragments, tail=st.sampled_from(["", "!", "@", ")", "a", " 1"]))
@settings(max_examples=60, deadline=None)
def test_time_grows_with_the_text_and_not_with_its_square(fragments: list[str], tail: str) -> None:
    unit = "".join(fragments)
    assume(unit.strip())  # a scenario text is never empty
    body = unit * (LENGTH // len(unit)) + tail
    for step in (_text, advice_sign, _find_all):
        began = time.process_time()
        step(body)
        assert time.process_time() - began < SLOW, (unit, step.__name__)


def _text(body: str) -> None:
    scenario_text("title", body)


def _find_all(text: str) -> None:
    for kind in KINDS.values():
        list(kind.find(text))


@pytest.mark.parametrize("unit", ["http://" + "(" * 16_000, "a+" * 8_000 + "@b", ">!" * 8_000, "[" * 16_000])
def test_posts_that_stalled_the_filter_do_not(unit: str) -> None:
    began = time.process_time()
    _find_all(scenario_text("title", unit))
    assert time.process_time() - began < SLOW


def test_what_takes_too_long_is_stopped() -> None:
    def forever() -> None:
        while True:
            pass

    with pytest.raises(limit.TookTooLong, match=r"longer than 0\.2 s"), limit.within(0.2):
        forever()
