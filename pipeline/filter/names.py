"""Which of the spans that a named-entity model calls a person are names of people.

A small model reads much of Reddit's capitalised vocabulary as people: jargon, brands, account types,
kin terms, headings. This module holds what is known not to be a name, and trims what stands around one
("kennedy(27f", "Mary up."). Doubt is decided for masking: a wrong placeholder costs a word, a missed
name is somebody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# In lower case. Words that are also common names (Max, Chase, Rose, Will) are not listed.
_WORDS = """
    a an the i im i'm ive i've ill i'll id i'd my his her our your their me he she they we you it its this
    that and or but so if not no yes yeah yay yep nope nah nay ok okay hi hey hello dear thanks thank
    please sorry title background context problem question questions backstory situation summary story
    note notes caveat info details disclaimer breakdown edit update trigger warning tw tldr tl;dr repost
    rant vent advice help mom mum mommy mummy mama momma dad daddy papa pop pops ma pa grandma grandpa
    granny gran nana nan grandad granddad grandmother grandfather mother father sister brother sis bro
    aunt auntie aunty uncle cousin nephew niece son daughter wife husband hubby fiance fiancé fiancee
    fiancée girlfriend boyfriend ex partner spouse stepmom stepdad stepmother stepfather roommate roomate
    flatmate neighbor neighbour boss manager landlord landlady seller buyer baby kid kiddo toddler mr mrs
    ms mx miss dr prof professor sir madam ma'am op oop bf gf dh dw ds dd mil fil bil sil aita aitah wibta
    wibtah wita yta nta esh cmv hr idk imo imho btw lol lmao omg wtf tbh dgaf irl fwiw reddit redditor
    redditors subreddit throwaway mods delta roth ira backdoor 401k 401ks 403b hsa fsa espp rsu etf apr
    apy cd w2 w4 k1 fico heloc escrow brokerage traditional rollover vest lien loan loans salary budget
    debt rent mortgage invest portfolio sep vanguard schwab fidelity robinhood venmo zelle paypal citi
    citibank amex visa mastercard discover quicken quickbooks mint ynab acorns betterment wealthfront sofi
    geico transamerica aflac kaiser optum ally alight equifax transunion experian wells fargo bofa
    prudential allstate hyundai mazda subaru tesla chipotle costco walmart ikea lego barbie snapchat
    twitter tinder bumble hinge facebook instagram tiktok youtube discord zoom slack netflix spotify uber
    lyft airbnb django java python excel google linkedin chatgpt siri covid corona kindergarten grad phd
    mba gre gpa lsat mcat ielts toefl stem christmas xmas easter halloween thanksgiving diwali ramadan
    hanukkah eid new year happy birthday birthdays monday tuesday wednesday thursday friday saturday
    sunday god christ lord allah buddha bible quran caucasian cali euro wifi weed coupons gender
    continuous rehab appointment stolen laid very good got lump sum cash card deposit yield bid store show
    setup clean short term vanilla attendance elope save hybrid changing nada bi tx
"""
_PHRASES = """
    charles schwab | edward jones | john hancock | wells fargo | sallie mae | fannie mae | freddie mac
    ally bank | jp morgan | j.p. morgan | merrill lynch | morgan stanley | goldman sachs | t. rowe price
    h&r block | bmo harris | mary jane | snow white | uncle sam | joe schmoe | jane doe | john doe
    st. patrick | black friday | mother nature
"""
# Authors whom philosophy is argued with, long dead: public, and without them the question is lost.
_THINKERS = """
    aristotle plato socrates epicurus epictetus seneca confucius laozi augustine aquinas anselm descartes
    spinoza leibniz hobbes hume berkeley rousseau kant hegel fichte schelling schopenhauer bentham
    kierkegaard marx engels nietzsche husserl heidegger wittgenstein sartre camus beauvoir arendt foucault
    derrida deleuze rawls nozick parfit voltaire montaigne machiavelli wollstonecraft thoreau levinas
    adorno habermas quine popper
"""

# Given names under which they are cited. A private "Karen Marx" is none of them.
_THINKERS_GIVEN_NAMES = """
    albert arthur baruch blaise david derek edmund emmanuel friedrich georg george gilles gottfried hannah
    henry immanuel jacques jean jean-jacques jean-paul jeremy john jürgen karl ludwig martin mary michel
    niccolo niccolò rené rene robert simone soren søren theodor thomas w wilhelm willard
"""

NOT_NAMES = frozenset(_WORDS.split())
THINKERS = frozenset(_THINKERS.split())
THINKERS_GIVEN_NAMES = frozenset(_THINKERS_GIVEN_NAMES.split())
# Meant as a person of the street only in front of a surname ("Jesus Garcia").
_NOT_NAMES_ALONE = {"jesus"}
_PARTICLES = {
    "al",
    "bin",
    "da",
    "de",
    "del",
    "della",
    "der",
    "di",
    "dos",
    "du",
    "el",
    "la",
    "le",
    "van",
    "von",
}

_PHRASE = re.compile(
    r"\b(?:"
    + "|".join(re.escape(phrase.strip()) for phrase in _PHRASES.strip().replace("\n", "|").split("|"))
    + r")\b"
)
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*\.?")
_POSSESSIVE = re.compile(r"['’]s?$")


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The name inside a span that a model called a person (character offsets), or None if there is none."""
    span = re.split(r"[\n(\[|/:~]", text[start:end], maxsplit=1)[0]
    after = _TOKEN.match(text, end + 1)
    if _PHRASE.search(f"{span} {after[0] if after else ''}".lower()):
        return None
    tokens = list(_TOKEN.finditer(span))
    while tokens and not _is_name_like(tokens[0][0]):
        tokens.pop(0)
    for index, token in enumerate(tokens):
        if token[0].islower() and token[0] not in _PARTICLES:
            del tokens[index:]
            break
    while tokens and not _is_name_like(tokens[-1][0]):
        tokens.pop()
    if not tokens:
        return None
    first, last = tokens[0].start(), tokens[-1].end()
    name = _POSSESSIVE.sub("", span[first:last])
    if len(tokens) == 1:
        name = name.rstrip(".")
        # A single word in capitals is an abbreviation ("WIBTA", "COVID"); two or more may be shouted.
        if name.isupper() or _bare(name) in _NOT_NAMES_ALONE:
            return None
    whole = [_bare(token[0]) for token in tokens]
    if whole[-1] not in THINKERS and after and _bare(after[0]) in THINKERS:
        whole.append(_bare(after[0]))
    if whole[-1] in THINKERS and THINKERS_GIVEN_NAMES.issuperset({*whole[:-1]} - _PARTICLES):
        return None
    return start + first, start + first + len(name)


def repeats(text: str, name: str, common: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Every mention of a name in its text, whole or by one of its parts.

    The model finds "Karen Holt" and may miss "Karen" two lines on. Parts that the text also uses as an
    ordinary word (``common``: its lower-case words) are left, so that "Will Holt" does not cost every "Will".
    """
    parts = (part for part in name.split() if len(part) > 2 and part.lower() not in common)
    for wanted in sorted({name, *filter(_is_name_like, parts)}):
        for match in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", text):
            yield match.span()


def lower_case_words(text: str) -> frozenset[str]:
    """The words that a text writes in lower case at least once."""
    return frozenset(word for word in re.findall(r"[^\W\d_]+", text) if word.islower())


def _bare(token: str) -> str:
    return _POSSESSIVE.sub("", token.lower()).rstrip(".")


def _is_name_like(token: str) -> bool:
    """Capitalised, and not known to be something else."""
    return token[0].isupper() and _bare(token) not in NOT_NAMES
