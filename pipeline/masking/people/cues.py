"""Signs beside a word that it names a person: "my friend X", "named X", "X (27F)", "X said"."""

from __future__ import annotations

import re

KIN = (
    "friend|friends|buddy|pal|bff|bestie|boyfriend|bf|girlfriend|gf|fiancee?|fiancée?|husband|hubby|wife|spouse"
    "|partner|ex|brother|bro|sister|sis|twin|sibling|son|daughter|stepson|stepdaughter|cousin|nephew|niece|uncle|aunt"
    "|auntie|mother|mom|mum|father|dad|grandma|grandpa|grandmother|grandfather|boss|manager|supervisor|coworker"
    "|co-worker|colleague|roommate|flatmate|housemate|neighbou?r|landlord|landlady|classmate|teacher|professor"
    "|therapist|doctor|godson|goddaughter|mil|fil|bil|sil|in-law|crush|guy|girl|boy|kid|baby|lady|man|woman|dude|chick"
)
# Before the word; the text given ends where the word begins. Bounded, as everything in the filter is.
_NAMED = re.compile(
    r"\b(?:named|nicknamed|name(?:'s|’s| is| was|d)|call(?:ed)? (?:him|her|them|me|my (?:[\w-]{1,20} ){1,3})"
    r"|refer to (?:him|her|them|my (?:[\w-]{1,20} ){1,3})as|aka|goes by|known as|we'll say)"
    r"\.?,?[ ]?[:\"“'‘(]?$",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Professor|Aunt|Auntie|Uncle|Miss|Sir)\.? $")
_RELATION = re.compile(
    rf"\b(?:my|his|her|our|their|your|the|an?|this|['’]s|best|old|good|close|other|[fm]|\d\d[fm]?)[ ](?:{KIN})s?"
    rf"(?:[ ]?\([^()\n]{{1,12}}\))?,?[ ][(\"“‘']?$"
    rf"|\b(?:{KIN})[ ]?[(\"“‘']{{1,2}}$"
    rf"|\b(?:my|his|her|our)[ ](?:[\w-]{{1,15}}[ ])?(?:{KIN}),?[ ]$",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\b(?:with|and|told|asked|met|meet|dating|dated|date|love|loves|miss|about|for|from|invited|saw|texted|called"
    r"|see|like|hugged|kissed|married|marry|because|that|when|but|if|so|while|since|then|though|than|after|before)[ ]$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|around|via|using|use|used|through|outside|downtown|across|visit|visiting|university of|city of"
    r"|from|watch(?:ed|ing)?|play(?:ed|ing)?|bought|buy|own|drive)[ ]$",
    re.IGNORECASE,
)
_DETERMINED = re.compile(
    r"\b(?:an?|the|my|his|her|our|their|your|this|that|some|any|every|no|each)[ ]$", re.IGNORECASE
)
_OF_A_PLACE = re.compile(
    r"\b(?:Santa|San|St|Saint|Los|Las|El|Fort|Mount|Port|New|Lake|North|South|East|West|Sallie|Fannie|Ginnie)\.?[ ]$"
)
# After the word; the text given begins where it ends.
_AGE = re.compile(
    r"(?:['’]s?)?[*\"”’]?,?[ ]?[(\[{][ ]?(?:\d{1,2}[ ]?(?:[fmFM]\b|yo\b|y/o|nb\b|[,/][ ]?[fmFM]\b)"
    r"|[fmFM](?:/|,[ ])?[ ]?\d{1,2}"
    r"|\d{1,2}[ ]?[)\]]|fake|not (?:his|her|their|my|the) real|name changed|my |his |her |short for|they/|she/|he/)"
)
_SAYS = re.compile(
    r"(?:[ ](?:also|then|just|always|never|really|even|still|has|had|who|immediately|finally|kept|keeps|started))?"
    r"[ ](?:said|says|saying|told|tells|asked|asks|replied|replies|answered|texted|texts|messaged|thinks|thought|knows"
    r"|knew|wants|wanted|loves|loved|hates|hated|feels|felt|agreed|agrees|refused|refuses|laughed|cried|smiled"
    r"|apologi[sz]ed|claims|claimed|insisted|insists|admitted|got mad|got upset|moved in|broke up|looked|came|went"
    r"|decided|likes|liked|met|lives|lived|works|worked|and (?:I|me|my|his|her)\b)"
)
_THING = re.compile(
    r"[ ](?:bank|account|accounts|card|cards|savings|checking|ira|401k|university|college|street|county|city|state"
    r"|church|hospital|school|high|airport|river|lake|beach|mall|store|park|inc|llc|corp|company|award|method|model|app"
    r"|conversion|contribution|contributions|limit|plan|fund|funds)\b|,[ ](?:[A-Z]{2}|[A-Z][a-z]{3,})\b",
    re.IGNORECASE,
)
BEFORE, AFTER = 64, 48
STRONG, WEAK = 2, 1


def titled(text: str, start: int) -> bool:
    """Whether a title stands before the word: "Mrs Ng"."""
    return _TITLE.search(text[max(0, start - BEFORE) : start]) is not None


def is_place(text: str, start: int) -> bool:
    """Whether the word ends the name of a place or an institution: "St Mary's", "Lake Charlotte"."""
    return _OF_A_PLACE.search(text[max(0, start - BEFORE) : start]) is not None


def introduces(text: str, start: int, end: int) -> bool:
    """Whether a person is introduced by the word: called so, related to somebody, or of an age."""
    before = text[max(0, start - BEFORE) : start]
    if _NAMED.search(before) or _TITLE.search(before) or _RELATION.search(before):
        return True
    return _AGE.match(text[end : end + AFTER]) is not None


def weigh(text: str, start: int, end: int) -> int:
    """How much speaks for a person: about 2 for a plain sign, 1 for a hint, less than 0 for a thing or place."""
    before, after = text[max(0, start - BEFORE) : start], text[end : end + AFTER]
    weight = 0
    if _NAMED.search(before) or _TITLE.search(before) or _RELATION.search(before):
        weight += STRONG
    elif _DETERMINED.search(before) or _OF_A_PLACE.search(before):
        weight -= STRONG
    elif _PLACE.search(before):
        weight -= WEAK
    elif _TO.search(before):
        weight += WEAK
    if _AGE.match(after):
        weight += STRONG
    elif _SAYS.match(after):
        weight += STRONG if weight >= 0 else WEAK
    elif after[:2] in ("'s", "’s") or (after[:1] == ":" and before[-1:] in ("", "\n")):
        weight += WEAK
    if _THING.match(after):
        weight -= STRONG
    return weight
