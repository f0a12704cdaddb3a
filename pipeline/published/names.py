"""What the name of a published file says: model, experiment, and under which condition it was asked.

Results are called ``<model>_result_exp_<experiment>.txt``, tables ``<measure>_prompt<N>...``. The parts of both mean
the same: what was asked, at which temperature, in which language, of which questions. A part that means nothing here
makes a condition of its own, so that a file is never taken for another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.published.asked import INSTRUMENT
from pipeline.tables import MAIN

# The names in the files and the models behind them; the exact Llama is not published.
MODELS: dict[str, str | None] = {
    "4o": "gpt-4o-2024-08-06",
    "gemini": "gemini-2.5-pro",
    "claude": "claude-sonnet-4-20250514",
    "grok": "grok-4-0709",
    "llama": None,
    "qwen": "Qwen2.5-72B-Instruct-Turbo",
    "dpsk": "DeepSeek-V3",
    "kimi": "Kimi-K2-Instruct",
    "seed": "doubao-seed-1-6-250615",
    "glm": "glm-4.5",
}
ALIASES = {"gpt-4o": "4o", "gpt4o": "4o", "deepseek": "dpsk", "doubao": "seed"}
LANGUAGES = {"en": "English", "zh": "Chinese"}
# The authors asked Gemini's runs at other temperatures under wording 3, whatever number the lines give; whether they
# did so with the other models is not known.
TEMPERATURE_WORDING = 3
TEMPERATURE_WORDING_KNOWN = ("gemini",)

# Parts of a name, in order -> what was asked. The first that fits counts.
_EXPERIMENTS: tuple[tuple[str, str], ...] = (
    (r"pvq(?:_adjusted)?", INSTRUMENT.name),
    (r"question_sensitivity", "selection"),
    (r"prompt_sensitivity", "selection"),
    (r"human_behaviou?r", "adoption"),
    (r"(?:value_)?adoption", "adoption"),
    (r"attribute(?:_accuracy)?", "selection"),
    (r"selection", "selection"),
    (r"default", "default"),
)
_TEMPERATURE = re.compile(r"temp(?:erature)?_?(\d{1,3}(?:\.\d{1,6})?)")
# What a file for each experiment is called, where one is missing.
_CALLED = {"selection": "prompt_sensitivity", "adoption": "human_behavior", INSTRUMENT.name: "pvq"}


@dataclass(frozen=True, slots=True)
class Named:
    """``instrument``: a mode or an instrument. ``remaining``: the targets that the first run left; ``random``: the 300
    scenarios; ``others``: parts of the name that mean nothing here."""

    instrument: str
    temperature: float | None = None
    language: str = "en"
    remaining: bool = False
    random: bool = False
    reddit: bool = True
    others: tuple[str, ...] = ()


def read_name(text: str) -> Named | None:
    """An experiment by the words in a file's name; None where none of them is one."""
    words = text.lower()
    temperature = _TEMPERATURE.search(words)
    words = _TEMPERATURE.sub("", words)
    for pattern, instrument in _EXPERIMENTS:
        match = re.search(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", words)
        if match:
            rest = [w for w in re.split(r"[_\s-]+", words[: match.start()] + "_" + words[match.end() :]) if w]
            return Named(
                instrument,
                float(temperature[1]) if temperature else None,
                "zh" if {"chinese", "zh"} & set(rest) else "en",
                remaining=match[0] == "question_sensitivity",
                random="random" in rest,
                reddit="reddit" in rest,
                others=tuple(
                    w for w in rest if w not in ("chinese", "zh", "english", "en", "random", "reddit")
                ),
            )
    return None


def model_name(text: str) -> str:
    """The short name of a model, as the files write it."""
    name = " ".join(text.lower().split())
    return ALIASES.get(name, name)


def respondent(model: str, named: Named) -> str:
    """``published-4o``, ``published-4o-t0.5``, ``published-4o-zh``, ``published-4o-rest-random``."""
    parts = ["published", model]
    parts += [] if named.temperature is None else [f"t{named.temperature:g}"]
    parts += [] if named.language == "en" else [named.language]
    parts += ["rest"] * named.remaining + ["random"] * named.random
    return "-".join([*parts, *named.others])


def condition(model: str, named: Named) -> str:
    """What is particular to it among the files of its model, for people."""
    parts = []
    if named.temperature is not None:
        known = "" if model in TEMPERATURE_WORDING_KNOWN else "probably "
        parts += [f"temperature {named.temperature:g}", f"{known}wording {TEMPERATURE_WORDING}"]
    parts += [] if named.language == "en" else [LANGUAGES[named.language]]
    parts += ["three remaining targets"] * named.remaining + ["300 scenarios"] * named.random
    return ", ".join([*parts, *named.others]) or MAIN


def asked_wording(model: str, named: Named, numbered: int) -> int:
    """The wording that was asked, from the number that a line or a table gives."""
    moved = named.temperature is not None and model in TEMPERATURE_WORDING_KNOWN and numbered <= 1
    return TEMPERATURE_WORDING if moved else max(numbered, 1)


def result_file(model: str, named: Named) -> str:
    """What the file of these answers is called in the authors' repository."""
    called = "question_sensitivity" if named.remaining else _CALLED.get(named.instrument, named.instrument)
    parts = [called, *["random"] * named.random]
    parts += ["reddit"] * (named.instrument != INSTRUMENT.name)
    parts += ["chinese"] * (named.language == "zh")
    parts += [] if named.temperature is None else [f"temp{named.temperature:g}"]
    return f"{model}_result_exp_{'_'.join(parts)}.txt"
