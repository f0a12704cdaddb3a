"""Does a post ask its readers for advice?

A blank English pipeline (a tokenizer, no model) with matchers, made for recall: what they let through
the judges still see, what they reject nobody does. The signs:

- the words of a request: "any advice", "AITA", "CMV", "torn between", "what now";
- an inverted question in the first person ("should I", "am I", "can't we"), with or without its
  question mark, or one to the readers ("would you", "has anyone", "is it wrong to");
- a choice put as one ("what to do", "whether I should", "don't know if");
- a question for a title, or in the last lines of the post.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

# One request an entry, in lower case and with the tokenizer's spaces ("ca n't").
REQUESTS = """
    advice | advise | suggestions | any suggestion | recommendations | any recommendation | guidance
    any tips | some tips | tips on | tips for | tips ? | any pointers | any resources | any ideas
    any idea | any input | your input | some input | any insight | any insights | your insight
    some insight | any perspective | your perspective | outside perspective | other perspectives
    some perspective | any feedback | your feedback | some feedback | feedback on | any experience
    your experience | your experiences | similar experience | similar experiences | similar situation
    same situation | your opinion | your opinions | outside opinion | second opinion | opinions on
    any opinions | opinions ? | your thoughts | any thoughts | thoughts on | some thoughts | thoughts ?
    any help | need help | need some help | help me | help us | please help | help please | would help
    help would | be helpful | help with this | help ! | help ? | for help | your help | some help
    aita | aitah | wita | wibta | asshole | cmv | change my view | change my mind | convince me
    prove me wrong | talk me out of | talk me into | my options | any options | best way to
    best course | right thing to do | right decision | right choice | good idea | bad idea | worth it
    what now | now what | at a loss | i am torn | i 'm torn | i m torn | torn between | i am stuck
    i 'm stuck | i m stuck | so lost | on the fence | second guessing | dilemma | undecided
    deciding between | choosing between | trying to decide | have to decide | need to decide
    trying to figure | need to figure | can not figure | ca n't figure | my question | question is
    a question | question : | questions : | few questions | some questions | two questions | wonder if
    wondering | curious if | curious about | curious what | curious how | curious to | curious whether
    want to know | like to know | love to know | love to hear | like to hear | appreciate any
    appreciated | thanks in advance | thank you in advance | hoping someone | hoping for some | tell me
    let me know | looking for | wibtah | only question | question i | where to start | where to begin
    where to go from here | outside perspectives | some perspectives | perspectives on | outsider perspective
    outside view | outside views | reddit , help | reddit help | help . | help me out | someone help | i need help
    could use help | could use some | could really use | can not decide | ca n't decide | cant decide | unable to decide
    struggling to decide | help deciding | help me decide | hear your | hear from | looking for some | any words of
    words of wisdom | any suggestions | i am lost | i 'm lost | im lost | no clue what | no idea what | how do i
    how should i | please advise | pls help | plz help | reality check | sanity check | am i overreacting
"""
_I = ["i", "we"]
_READERS = ["you", "y'", "yall", "anyone", "anybody", "someone", "somebody", "people", "others", "any"]
_AUXILIARIES = (
    "should shall can could would will might may must do does did am are is was were have has ca wo"
).split()
_WH = "what how which where when who whom why whether if".split()
_JUDGED = (
    "wrong okay ok bad good better best worth normal possible stupid dumb silly smart wise fair unfair "
    "rude selfish reasonable unreasonable crazy weird time ethical unethical moral immoral legal "
    "acceptable appropriate inappropriate realistic too ever even just really right safe risky "
    "justified necessary feasible"
).split()
_KNOWN = "know sure certain decide decided tell idea clue".split()
_DOUBT = "unsure unclear confused debating contemplating considering hesitant dunno".split()
_STEPS = (
    "do proceed handle approach deal respond tell choose pick decide go start say move ask make think "
    "take accept stay leave keep sell buy pay help"
).split()
# What spaCy's matcher asks of one token.
Token = dict[str, object]

_NEGATIONS = ["n't", "not", "nt", "n’t"]
_NOT: Token = {"LOWER": {"IN": _NEGATIONS}, "OP": "?"}
# "So do I" and "nor can we" are no questions, and a quotation is somebody else's.
_FREE: Token = {"LOWER": {"NOT_IN": ["so", "nor", "neither", "only", "as", "than", '"', "“", "‘"]}}

PATTERNS: dict[str, list[Token]] = {
    "own_question": [_FREE, {"LOWER": {"IN": _AUXILIARIES}}, _NOT, {"LOWER": {"IN": _I}}],
    "to_readers": [_FREE, {"LOWER": {"IN": _AUXILIARIES}}, _NOT, {"LOWER": {"IN": _READERS}}],
    "is_it": [
        _FREE,
        {"LOWER": {"IN": ["is", "was", "would", "are"]}},
        _NOT,
        {"LOWER": {"IN": ["it", "this", "that", "there", "these", "my", "he", "she", "they"]}},
        {"LOWER": {"IN": ["be", "a", "an", "the"]}, "OP": "*"},
        {"LOWER": {"IN": _JUDGED}},
    ],
    "choice": [
        {"LOWER": {"IN": ["what", "how", "whether", "if", "which"]}},
        {"LOWER": "to"},
        {"LOWER": {"IN": _STEPS}},
    ],
    "whether": [
        {"LOWER": {"IN": _WH}},
        {"LOWER": {"IN": _I}},
        {"LOWER": {"IN": ["should", "can", "could", "would"]}},
    ],
    # In the present only: "I did not know where to go" tells a story.
    "unsure": [
        {
            "LOWER": {
                "IN": ["do", "am", "'m", "m", "i", "just", "still", "really", "quite", "have", "honestly"]
            }
        },
        {"LOWER": {"IN": [*_NEGATIONS, "no"]}},
        {"LOWER": {"IN": ["really", "quite", "even"]}, "OP": "?"},
        {"LOWER": {"IN": _KNOWN}},
        {"LOWER": {"IN": _WH}},
    ],
    "doubt": [{"LOWER": {"IN": _DOUBT}}, {"OP": "?"}, {"LOWER": {"IN": _WH}}],
}
# How many lines at the end count as the post's closing words ("...? Thank you" is two).
LAST_LINES = 3
# A question mark that does not end somebody's quoted speech.
_NO_WORD = re.compile(r"\S{100,}+")
_QUESTION = re.compile(r"""\?(?!["'”’])""")


@functools.cache
def _find_sign() -> Callable[[str], str | None]:
    """Loads the pipeline once: it is only needed where posts are screened."""
    import spacy
    from spacy.matcher import Matcher, PhraseMatcher

    nlp = spacy.blank("en")
    phrases = PhraseMatcher(nlp.vocab, attr="LOWER")
    phrases.add(
        "request",
        [nlp.make_doc(" ".join(p.split())) for p in REQUESTS.replace("\n", "|").split("|") if p.strip()],
    )
    questions = Matcher(nlp.vocab)
    for name, pattern in PATTERNS.items():
        questions.add(name, [pattern])

    def find(passage: str) -> str | None:
        # The stop before the first word stands for "free" at the start of the passage. What goes on for so long
        # without a space is no word, and the tokenizer would take its time over it.
        doc = nlp.make_doc(f". {_NO_WORD.sub('', passage)}")
        for matcher in (phrases, questions):
            if found := matcher(doc):
                return nlp.vocab.strings[found[0][0]]
        return None

    return find


def advice_sign(text: str) -> str | None:
    """Name of the first sign that a scenario text asks for advice; None where it shows none.

    ``text`` is not empty. Passages are tried where requests stand most often: title, last line, the rest.
    """
    find = _find_sign()
    title, *lines = [line for line in text.split("\n") if line]
    if _QUESTION.search(title):
        return "title_question"
    if any(_QUESTION.search(line) for line in lines[-LAST_LINES:]):
        return "last_question"
    for passage in (title, *lines[-1:], "\n".join(lines[:-1])):
        if sign := find(passage):
            return sign
    return None
