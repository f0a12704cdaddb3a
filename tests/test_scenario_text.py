"""The scenario text: entities and Markdown resolved, later additions cut, the same for everybody."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.core.words import count_words
from pipeline.filter.text import _clean, plain_text, scenario_text

LONG = "I have lived here for ten years and know every stone of the street. " * 4


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("Tom &amp; I", "Tom & I"),
        ("5 &amp;gt; 3", "5 > 3"),
        ("a &lt;3 for you", "a <3 for you"),
        ("one&#x200B;\n\n&amp;#x200B;\n\ntwo", "one\n\ntwo"),
        ("**bold** and *italic* and ~~gone~~ `code`", "bold and italic and code"),
        ("see [the page](https://example.org/a?b=c) now", "see the page now"),
        ("see https://example.org/a_b_c now", "see https://example.org/a_b_c now"),
        ("# Heading\n\ntext", "Heading\n\ntext"),
        ("- one\n- two", "- one\n- two"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("&gt; quoted words", "quoted words"),
        ("a >!secret!< here", "a secret here"),
        (r"1\. not a list \*star\*", "1. not a list *star*"),
        ("R&notes", "R&notes"),
        ("line one\nline two", "line one\nline two"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("a\t \u00a0b", "a b"),
    ],
)
def test_markup_is_resolved(markdown, plain):
    assert plain_text(markdown) == plain


def test_title_and_body_are_one_text():
    assert scenario_text("Rent &amp; friends", "She *left*.") == "Rent & friends\n\nShe left."
    assert scenario_text("Rent", "") == "Rent"
    assert scenario_text(" ", "Body") == "Body"


@pytest.mark.parametrize(
    "marker",
    [
        "EDIT:",
        "Edit 2:",
        "ETA:",
        "UPDATE:",
        "**EDIT**:",
        "Edit -",
        "Update 5 hours later",
        "**Edit just to clarify",
        "Edit (22hrs later) :",
        "Ninja edit:",
        "9 PM EDIT/UPDATE",
        "\\[07:07 GMT\\] Edit:",
        "Final Update Holy cow",
        "Edit for more info:",
        "edit because people ask",
        "SECOND UPDATE 1/27",
        "An update can be found here:",
        "UPDATE So reading the advice",
        "Update as of June 3rd:",
        "\\-----Update-----",
        "Edit Huge thanks",
        "Update: Part 2",
    ],
)
def test_what_was_added_later_is_cut(marker):
    text = scenario_text("Title", f"{LONG}\n\n{marker} thanks everybody, I told her.\n\nIt went well.")
    assert "thanks everybody" not in text
    assert "It went well" not in text
    assert LONG.strip() in text


def test_a_preface_goes_but_the_post_stays():
    text = scenario_text("Title", f"EDIT: thanks for the gold!\n\n{LONG}")
    assert "gold" not in text
    assert LONG.strip() in text


@pytest.mark.parametrize("line", ["TL;DR: should I move?", "tl/dr should I move?", "TLDR - should I move?"])
def test_a_summary_stays_even_after_an_edit(line):
    assert "should I move?" in scenario_text("Title", f"{LONG}\n\nEDIT: more\n\n{line}")


def test_words_that_only_look_like_an_edit_stay():
    body = f"{LONG}\n\n- Edit videos\n- Update my resume\n\nEditing is my job. I update resumes for a living."
    text = scenario_text("Title", body)
    assert all(words in text for words in ("Editing is my job", "Edit videos", "Update my resume"))


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("one two", 2), ("it's well-known, e.g. here", 4), ("- * … !", 0), ("$5 50%", 2)],
)
def test_words_are_runs_with_a_letter_or_digit(text, words):
    assert count_words(text) == words


anything = st.text(st.characters(codec=None), max_size=200)
reddit = st.lists(
    st.sampled_from(
        [
            "&amp;",
            "&amp;#x200B;",
            "**",
            "[a](http://x.y)",
            "\n\n",
            "> ",
            "* ",
            "EDIT:",
            "tl;dr",
            "~~",
            "`",
            "|-|",
            "word",
            " ",
        ]
    ),
    max_size=40,
).map("".join)


@given(title=anything, body=anything | reddit)
def test_any_text_gives_clean_deterministic_text(title, body):
    text = scenario_text(title, body)
    assert text == scenario_text(title, body)
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in text)
    assert unicodedata.is_normalized("NFC", text)
    text.encode()


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=30))
def test_plain_words_stay_as_they_are(words):
    assert plain_text(" ".join(words)) == " ".join(words)


@given(st.text(alphabet=[*"ab \n\t\r", "\xa0", "\u2028", "\u0301", "\u212b", "\ud800"], max_size=30))
@example("a  b \n\n\n c ")
@settings(max_examples=60, derandomize=True)
def test_a_text_without_odd_characters_is_cleaned_like_any_other(text):
    # What is invisible goes, and makes the cleaning look for it.
    assert _clean(text) == _clean(f"\u200b{text}\u200b")


@pytest.mark.parametrize("mark", ["Edit:", "EDİT:", "edıt:", "UPDATE", "ETA -", "Final update:"])
def test_no_mark_of_an_edit_is_overlooked(mark):
    assert scenario_text("T", f"{LONG}\n\n{mark} he said yes") == f"T\n\n{LONG.strip()}"
