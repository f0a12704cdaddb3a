"""The wordings that params choose: of each instrument one for each language of the prompts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline import instruments
from pipeline.core.errors import ParamsError
from pipeline.instruments import Instrument, Wording
from pipeline.instruments.wording import own, stand_in
from pipeline.params import Params

FOLDER = Path("data/wordings")

# By instrument and language of the prompt.
Wordings = dict[tuple[str, str], Wording]


def chosen(params: Params) -> list[Instrument]:
    """The instruments of params, in their order; ParamsError for one that is answered inside a scenario."""
    found = [instruments.load(name) for name in params.instruments]
    for instrument in found:
        if instrument.in_scenario:
            raise ParamsError(
                f"{instrument.title} is answered inside a scenario, which this stage does not ask",
                where=f"instruments.{instrument.name}",
                remedy="take it out",
            )
    return found


def load_wordings(params: Params, languages: Sequence[str] | None = None) -> Wordings:
    """In the ``languages``, by default those of params. ParamsError where there is no stand-in in a language,
    InputError for a missing or faulty file."""
    return {
        (instrument.name, language): load_wording(params, instrument, language)
        for instrument in chosen(params)
        for language in languages or params.administer.languages
    }


def load_wording(params: Params, instrument: Instrument, language: str) -> Wording:
    given = params.instruments.get(instrument.name)
    if given is not None and given.wording == "own":
        return own(instrument, language, FOLDER)
    return stand_in(instrument, language)
