"""Which words of a text name people.

A name is decided on once a text, from all its mentions, and then found wherever it stands:

- A given name that is hardly anything else is one; in lower case there must be a hint besides.
- A word that the dictionary knows is none, unless it is also a given name, or signs stand beside it.
- What is left is weighed: signs beside each mention (``cues``) and what the language model says of the words around
  a few of them. So the model reads a tenth of a text.

A surname is a capitalised word behind a given name, and then by itself. Doubt is decided for masking: a wrong
placeholder costs a word, a missed name is somebody's.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.masking.people import cues
from pipeline.masking.people.lists import clear_names, given_names, words
from pipeline.masking.people.model import PERSON, Windows
from pipeline.masking.people.vocabulary import is_ordinary

# What a name must weigh: the model's word alone will do for a word that nobody knows, and not for any other.
ENOUGH = 2
MODEL_SAYS_PERSON, MODEL_SAYS_OTHER = 2, -1
# Mentions of one word that the model is asked about.
ASKED = 3
# In lower case a hint will do for names of this length; shorter ones are too often something else.
LEAST_LOWER = 4
# Two letters are mostly an abbreviation: one sign more is wanted.
SHORT = 2
# Characters on either side that show whether a headline is read.
HEADLINE = 40
# Meant as a person of the street only in front of a surname ("Jesus Garcia").
ALONE_NO_NAME = frozenset({"jesus", "christ", "god"})
_SURNAME = re.compile(r" (?!Christ\b|F)[A-Z][a-z]{2,}")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_IRISH = re.compile(r"o'[a-z]{4,}")
_POSSESSIVE = re.compile(r"(?:['’]s|['’])$")
# What a sentence begins behind.
_BREAKS = frozenset(".!?\n:;—–-…•*\"“”'‘(|/>")
# What may stand between the words of one name.
_BETWEEN = frozenset(
    (
        " ",
        ". ",
        " de ",
        " de la ",
        " van ",
        " van der ",
        " von ",
        " della ",
        " la ",
        " al-",
        " el-",
        " bin ",
        " der ",
    )
)
_PARTICLES = frozenset("al bin da de del della der di dos du el la le van von".split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word in a text: its place without a possessive ending, and how it is written."""

    start: int
    end: int
    key: str
    shouted: bool
    first: bool


def find_people(text: str) -> list[tuple[int, int]]:
    """Where the names of people stand, in order and without overlap."""
    found = [(match.start(), match[0]) for match in _WORD.finditer(text)]
    lower = {word for start, word in found if word.islower() and not _is_part(text, start, start + len(word))}
    capital = [_word(text, start, word) for start, word in found if word[0].isupper()]
    names = _names(text, capital, lower)
    spans = list(_runs(text, capital, names, lower))
    surnames = {key for span in spans for key in _parts(text, *span)} - names
    surnames = {key for key in surnames if key not in lower and not is_ordinary(key)}
    if surnames:
        names |= surnames
        spans = list(_runs(text, capital, names, lower))
    spans = [span for span in spans if not _is_public(text, *span) and not _is_firm(text, *span)]
    kept = {key for span in spans for key in _parts(text, *span)}
    return _joined([*spans, *_in_lower_case(text, found, kept)])


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether a word is part of an address ("d.hartwell@example.org") and says nothing of how it is written."""
    return (
        text[max(0, start - 1) : start] in tuple("@._")
        or text[end : end + 1] in tuple("@_")
        or (text[end : end + 1] == "." and text[end + 1 : end + 2].isalnum())
    )


def _word(text: str, start: int, word: str) -> Word:
    plain = word.lower().replace("’", "'")
    bare = word if plain in words("not_names") else _POSSESSIVE.sub("", word)
    at = start - 1
    while at >= 0 and text[at] == " ":
        at -= 1
    # "EDs" is shouted, too.
    shouted = len(bare) > 1 and bare[: max(2, len(bare) - 1)].isupper()
    return Word(start, start + len(bare), _folded(plain[: len(bare)]), shouted, at < 0 or text[at] in _BREAKS)


def _folded(word: str) -> str:
    """Without accents, as the lists are: "Seán" is "sean"."""
    if word.isascii():
        return word
    return "".join(
        character for character in unicodedata.normalize("NFD", word) if not unicodedata.combining(character)
    )


def _names(text: str, capital: list[Word], lower: set[str]) -> set[str]:
    mentions: dict[str, list[Word]] = defaultdict(list)
    for word in capital:
        mentions[word.key].append(word)
    names, doubtful = set[str](), dict[str, list[Word]]()
    for key, places in mentions.items():
        if (
            len(key) < 2
            or key in words("not_names")
            or (key in ALONE_NO_NAME and not _has_surname(text, places))
        ):
            continue
        if _is_clear(key):
            if not all(cues.is_place(text, place.start) for place in places):
                names.add(key)
        elif key in given_names() or (key not in lower and not is_ordinary(key)):
            doubtful[key] = places
        elif key not in lower and any(not place.first and not place.shouted for place in places):
            weights = [max(0, cues.weigh(text, place.start, place.end)) for place in places]
            if any(cues.titled(text, place.start) for place in places) or (
                sum(weights) > ENOUGH
                and any(cues.introduces(text, place.start, place.end) for place in places)
            ):
                names.add(key)
    names |= _weighed(text, doubtful, lower)
    # "Franks family": a possessive without its apostrophe.
    return names | {key for key in mentions if key[-1] == "s" and key[:-1] in names and key not in lower}


def _has_surname(text: str, places: list[Word]) -> bool:
    return any(_SURNAME.match(text, place.end) for place in places)


def _weighed(text: str, doubtful: dict[str, list[Word]], lower: set[str]) -> set[str]:
    """Those of the doubtful words that weigh enough."""
    weights = {
        key: max(cues.weigh(text, place.start, place.end) for place in places)
        for key, places in doubtful.items()
    }
    names = set[str]()
    asked: dict[str, list[int]] = {}
    for key, places in doubtful.items():
        free = [
            place
            for place in places
            if not place.shouted and (not place.first or key not in lower or key in given_names())
        ]
        if weights[key] >= ENOUGH and (free or key in given_names()):
            names.add(key)
        elif free:
            asked[key] = [place.start for place in free[:ASKED]]
    if asked:
        labels = Windows(text).labels(sorted({start for starts in asked.values() for start in starts}))
        for key, starts in asked.items():
            said = [labels[start] for start in starts]
            persons = said.count(PERSON)
            weight = weights[key]
            if 2 * persons >= len(said):
                weight += MODEL_SAYS_PERSON
            elif any(said):
                weight += MODEL_SAYS_OTHER
            if weight >= ENOUGH + (len(key) == SHORT):
                names.add(key)
    return names


def _is_clear(key: str) -> bool:
    if key in clear_names() or _IRISH.match(key):
        return True
    first, _, rest = key.partition("-")
    return bool(rest) and _is_clear(first)


def _runs(text: str, capital: list[Word], names: set[str], lower: set[str]) -> Iterator[tuple[int, int]]:
    """Names with the initials and surnames that stand beside them."""
    at = 0
    while at < len(capital):
        if capital[at].key not in names or (capital[at].shouted and len(capital[at].key) < LEAST_LOWER):
            at += 1
            continue
        last = at
        while last + 1 < len(capital) and _goes_on(text, capital[last], capital[last + 1], names, lower):
            last += 1
        # "Li Wei": the family name may come first.
        first = at - (at > 0 and _is_family_name(text, capital[at - 1], capital[at]))
        yield capital[first].start, capital[last].end
        at = last + 1


def _is_family_name(text: str, word: Word, following: Word) -> bool:
    return (
        text[word.end : following.start] == " "
        and word.key in words("surnames")
        and word.key not in words("not_names")
        and not word.shouted
        and not (word.first and is_ordinary(word.key) and word.key not in given_names())
    )


def _goes_on(text: str, word: Word, following: Word, names: set[str], lower: set[str]) -> bool:
    between = text[word.end : following.start]
    if between not in _BETWEEN:
        return False
    if between == ". " and len(word.key) > 1:
        return False
    if following.key in names:
        return True
    if len(following.key) == 1:
        return following.key != "i" and between == " "
    if following.shouted:
        return False
    if following.key in words("surnames") or following.key in words("public_figures"):
        return True
    if following.key in lower or following.key in words("not_names"):
        return False
    # "Carol Haldane": a word that the dictionary knows, too, unless the whole line is written so.
    return not is_ordinary(following.key) or (word.key in given_names() and not _is_titled(text, following))


def _is_titled(text: str, word: Word) -> bool:
    """Whether the words around are capitalised as in a headline."""
    around = _WORD.findall(text, max(0, word.start - HEADLINE), word.start) + _WORD.findall(
        text, word.end, word.end + HEADLINE
    )
    long = [other for other in around if len(other) > 3]
    return 2 * sum(other[0].isupper() for other in long) > len(long)


def _parts(text: str, start: int, end: int) -> list[str]:
    return [match[0].lower() for match in _WORD.finditer(text, start, end) if len(match[0]) > 1]


def _is_public(text: str, start: int, end: int) -> bool:
    """Whether a name is one of those that posts argue with, and no private namesake."""
    *given, last = [part for part in _parts(text, start, end) if part not in _PARTICLES] or [""]
    return last in words("public_figures") and words("public_given_names").issuperset(
        set(given) - words("public_figures")
    )


def _is_firm(text: str, start: int, end: int) -> bool:
    """Whether a name with the word behind it is that of a firm: "Charles Schwab", "Pearl Jam"."""
    parts = _parts(text, start, end)
    if (following := _WORD.match(text, end + 1)) and len(parts) == 1:
        parts.append(_POSSESSIVE.sub("", following[0].lower()))
    return "-".join(parts) in words("firms")


def _in_lower_case(text: str, found: list[tuple[int, str]], names: set[str]) -> Iterator[tuple[int, int]]:
    """Names that are not capitalised: clear ones, those with a sign beside them, and repetitions of names found."""
    known = {name for name in names if name in clear_names() or not is_ordinary(name)}
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for start, word in found:
        if word[0].islower() and not _is_part(text, start, start + len(word)):
            bare = _POSSESSIVE.sub("", word)
            if bare in known or bare in given_names():
                places[bare].append((start, start + len(bare)))
    for key, spans in places.items():
        enough = cues.WEAK if len(key) >= LEAST_LOWER else cues.STRONG
        if key in known or (_is_clear(key) and max(cues.weigh(text, *span) for span in spans) >= enough):
            yield from spans


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
