"""How many questions fit into a time: the design of a study that begins with how long people will stay."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.core.errors import InputError
from pipeline.forms.design import FormSet

Make = Callable[[int], FormSet]


def fitting(minutes: float, make: Make, together: int, most: int) -> FormSet:
    """The forms with as many questions as the longest of them holds within ``minutes``.

    ``make`` makes forms of a number of questions, a multiple of ``together`` up to ``most``, which is one. What a form
    takes is not quite linear in its questions, because situations differ in length: two tries tell the rate, and from
    where that leads one goes up or down until one more situation is too much. InputError where not even the fewest
    questions fit.
    """
    best = make(together)
    shortest = _longest(best)
    if shortest > minutes:
        raise InputError(
            f"a form of {together} questions already takes {shortest:.0f} minutes",
            where="--minutes or forms.minutes",
            remedy="allow more time, take a shorter instrument (forms.instrument), or leave out long situations "
            "(forms.max_words)",
        )
    screens, most = 1, most // together
    probe = min(most, 8)
    if probe > screens:
        rate = max((_longest(make(together * probe)) - shortest) / (probe - 1), 1e-6)
        screens = max(1, min(most, 1 + int((minutes - shortest) / rate)))
        made = make(together * screens)
        while _longest(made) > minutes:
            screens -= 1
            made = make(together * screens)
        best = made
    while screens < most and _longest(made := make(together * (screens + 1))) <= minutes:
        screens, best = screens + 1, made
    return best


def _longest(forms: FormSet) -> float:
    return max(form.minutes for form in forms.forms)
