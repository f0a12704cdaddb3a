"""Wording that gives the value away: the actions that a bag of words recognises best are worded anew.

Whoever never sees the post can tell the value of most actions from their words alone (``statistics.text_only``). Of all
actions, the share ``generate.rewording.share`` of which the words say most goes back to its generators, which are told
the words. A new text stays where the words say less of it than of the old one, and no fewer readers see the value in
it; so nothing gets worse. The classifier learns from the actions of other scenarios: which actions are chosen depends
on all of them, and another set of scenarios asks for other ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.seeding import seeded_hash
from pipeline.generate.reading import Reader, Shown, shown_of
from pipeline.generate.work import Case, Row
from pipeline.generate.write import Writer
from pipeline.params.build import Rewording
from pipeline.statistics.text_only import Guesses, guess, telling_words

REASON = "gives_value_away"
# Telling words of a value that are looked for in its actions.
LEXICON = 200
# Digits of a probability that count: the last ones differ between processors.
DIGITS = 6
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Reworded:
    """What came of it: actions sent back and replaced; the shares of all actions whose value the words tell, before
    and after. (Learnt from the new texts also where the old ones stayed; `validate` has the figure of what stayed.)"""

    sent_back: int
    replaced: int
    before: float
    after: float

    def __str__(self) -> str:
        return (
            f"{self.sent_back} actions whose words give the value away were sent back, {self.replaced} have new words; "
            f"words alone tell the value of {self.after:.1%} of all actions, and told that of {self.before:.1%}"
        )


def reword(
    cases: Sequence[Case], writer: Writer, reader: Reader, settings: Rewording, seed: int
) -> Reworded | None:
    """Has the most telling actions of complete cases worded anew; None where none are to be."""
    shown = shown_of(cases)
    number = int(settings.share * len(shown))
    if not number:
        return None
    before = _guess(shown, seed)
    chosen = _most_telling(shown, before, number, seed)
    words = _lexicon(shown)
    old: dict[int, Row] = {place: shown[place].work.kept[shown[place].value] for place in chosen}
    recognised = {place: reader.recognised(shown[place]) for place in chosen}
    reasons: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    works = {}
    for place in chosen:
        one = shown[place]
        works[id(one.work)] = (one.case, one.work)
        reasons[id(one.work)][one.value] = (REASON, _detail(one, words[one.value], settings.words))
    writer.replace([*works.values()], reasons, turns=1)
    reader.look(cases)
    after = _guess(shown, seed)
    new = [place for place in chosen if shown[place].work.kept[shown[place].value] is not old[place]]
    kept = [
        place for place in new if _is_better(shown[place], recognised[place], before, after, place, reader)
    ]
    right = after.right_of_all
    for place in set(chosen) - set(kept):
        shown[place].work.keep(shown[place].value, old[place])
        right[place] = before.right_of_all[place]
    return Reworded(len(chosen), len(kept), float(before.right_of_all.mean()), float(right.mean()))


def _guess(shown: Sequence[Shown], seed: int) -> Guesses:
    return guess(
        [one.text for one in shown],
        [one.value for one in shown],
        [one.work.scenario_id for one in shown],
        seed,
    )


def _most_telling(shown: Sequence[Shown], guesses: Guesses, number: int, seed: int) -> list[int]:
    """Places of the actions that are guessed rightly with the highest probability; ties by lot."""
    right, told = guesses.right_of_all, guesses.give_away
    places = [place for place in range(len(shown)) if right[place]]
    places.sort(key=lambda p: (-round(float(told[p]), DIGITS), seeded_hash(seed, REASON, shown[p].action_id)))
    return sorted(places[:number])


def _lexicon(shown: Sequence[Shown]) -> dict[str, list[str]]:
    """The words that speak for each value, the strongest first; none that every text needs, which nobody can avoid."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    lexicon: dict[str, list[str]] = {one.value: [] for one in shown}
    for found in telling_words([one.text for one in shown], [one.value for one in shown], LEXICON):
        if not ENGLISH_STOP_WORDS.issuperset(word for word in found.word.split() if len(word) > 1):
            lexicon[found.value].append(found.word)
    return lexicon


def _detail(one: Shown, lexicon: Sequence[str], number: int) -> str:
    """For the generator and the ledger: which words tell, and in which text."""
    text = f" {' '.join(_WORD.findall(one.text.lower()))} "
    told = [word for word in lexicon if f" {word} " in text][:number]
    words = f" ({', '.join(told)})" if told else ""
    return (
        f"its words{words} tell the value to somebody who has not seen the post; "
        f'do the like in words of this situation. It was "{one.text}"'
    )


def _is_better(
    one: Shown, recognised: int, before: Guesses, after: Guesses, place: int, reader: Reader
) -> bool:
    """Whether words tell less of the text that is there now than of the old one, and as many readers recognise it."""
    told, tells = (round(float(guesses.give_away[place]), DIGITS) for guesses in (before, after))
    return tells < told and reader.recognised(one) >= recognised
