"""The lens's questionnaires: cells dealt evenly, each a rating of its value and a choice between its two actions.

Which cells a form has, and how it shows them, ``grid`` says: in half of its pairs the expressing action stands first,
and half of either half name the value where both are wanted. How far forms are even is counted from them (``EVEN``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl

from pipeline.core.errors import InputError, ParamsError
from pipeline.core.seeding import seeded_hash
from pipeline.forms import screens
from pipeline.forms.design import Block, FormSet, Statements, arranged
from pipeline.forms.grid import Arm, arms, deal, diagonals
from pipeline.forms.screens import Draft, Screen
from pipeline.forms.texts import Texts
from pipeline.lens.administer.requests import Material
from pipeline.lens.params import Params
from pipeline.measures.waist import factors_of
from pipeline.params.people import LensForms
from pipeline.recipe import LENS

EXPRESSING_FIRST, OPPOSING_FIRST = "12", "21"
# Name in design.json -> what is counted.
EVEN = {
    "values_shown_differ_by": "value",
    "countries_shown_differ_by": "country",
    "topics_shown_differ_by": "topic",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a scenario, and its place in the inventory, from 1."""

    scenario: str
    country: str
    topic: str
    value: str
    number: int

    @property
    def id(self) -> str:
        return f"{self.scenario}.q{self.number}"


def make_forms(
    count: int, material: Material, texts: Texts, settings: LensForms, params: Params, *, language: str = "en"
) -> FormSet:
    """``count`` balanced forms of the pairs in ``material``; ``language`` is that of values and actions.

    InputError when a form has more cells than there are, ParamsError where forms of one country each cannot be even.
    """
    cells = {cell.id: cell for cell in _cells(material, params)}
    dealt = _dealt(count, cells, settings, params)
    ratings, choices = _checks(settings)
    seed = params.seed

    drafts: dict[str, dict[Block, list[Draft]]] = {}
    levels = list(product(dict.fromkeys(settings.named), (EXPRESSING_FIRST, OPPOSING_FIRST)))
    by_arm = arms([[(cell, cells[cell].value) for cell in form] for form in dealt], levels, seed)
    for number, shown_as in enumerate(by_arm, start=1):
        name = f"f{number:03}"
        shown = {cells[cell]: arm for (cell, _), arm in shown_as.items()}
        statements = _ratings(list(shown), texts, settings, params, name)
        pairs = _pairs(shown, material, texts, settings, params, name)
        checks = screens.statement_checks(ratings, texts, texts.answers, name, seed)
        others = screens.situation_checks(choices, texts, name, seed)
        drafts[name] = {
            "statements": screens.with_checks(statements, checks, name, seed),
            "situations": screens.with_checks(pairs, others, name, seed),
        }
    return arranged(
        LENS.name,
        drafts,
        Statements(settings.family, f"{params.inventory}, as {settings.family}", language, texts.answers),
        texts,
        settings,
        asks="would_do",
        asked=[texts.words["which"], texts.words["how_much"], *texts.answers],
        seed=seed,
        language=language,
        even=_even(dealt, cells, settings),
        tables=_tables([cells[cell] for cell in sorted({cell for form in dealt for cell in form})], material),
    )


def most_cells(material: Material, settings: LensForms, params: Params) -> int:
    """Cells that a form can have at most."""
    return min(_most(part) for _, part in _parts(list(_cells(material, params)), settings))


def _cells(material: Material, params: Params) -> Iterator[Cell]:
    for scenario, value in sorted(material.pairs):
        country, topic = material.scenarios[scenario]
        yield Cell(scenario, country, topic, value, params.values.index[value] + 1)


def _most(cells: Sequence[Cell]) -> int:
    """Without showing one twice, each scenario as often as any other."""
    of = Counter(cell.scenario for cell in cells)
    return len(of) * min(of.values())


def _parts(cells: Sequence[Cell], settings: LensForms) -> list[tuple[str, list[Cell]]]:
    """What forms are dealt from, by name: each country's cells where a form is of one, else all."""
    if not settings.one_country:
        return [("", list(cells))]
    countries = sorted({cell.country for cell in cells})
    return [(country, [cell for cell in cells if cell.country == country]) for country in countries]


def _dealt(
    count: int, cells: Mapping[str, Cell], settings: LensForms, params: Params
) -> list[tuple[str, ...]]:
    """The cells of each form; of one country each, the forms take turns over the countries."""
    if not cells:
        raise InputError(
            "there is no pair of actions to ask about",
            where=str(LENS.home / "data/assemble/pairs.parquet"),
            remedy=f"build them with `{LENS.command}`",
        )
    parts = _parts(list(cells.values()), settings)
    if count % len(parts):
        raise ParamsError(
            f"{count} forms cannot be equally many of each of {len(parts)} countries",
            where="forms.one_country",
            remedy=f"make a multiple of {len(parts)}, or forms of all countries (false)",
        )
    if settings.cells > (most := min(_most(part) for _, part in parts)):
        raise InputError(
            f"a form of {settings.cells} cells is more than the {most} that there are without showing one twice",
            where="forms.cells",
            remedy="lower it, or build more of the grid",
        )
    by_part = [_deal(count // len(parts), part, settings.cells, params) for _, part in parts]
    return [form for forms in zip(*by_part, strict=True) for form in forms]


def _deal(count: int, cells: Sequence[Cell], size: int, params: Params) -> list[tuple[str, ...]]:
    order = diagonals({(cell.country, cell.topic): cell.scenario for cell in cells}, params.seed)
    values: dict[str, list[str]] = {scenario: [] for scenario in order}
    for cell in cells:
        values[cell.scenario].append(cell.value)
    ids = {(cell.scenario, cell.value): cell.id for cell in cells}
    dealt = deal(order, values, count, size, params.seed)
    return [tuple(ids[one] for one in form) for form in dealt]


def _checks(settings: LensForms) -> tuple[int, int]:
    """Attention checks among ratings and among choices: there are as many of the one as of the other."""
    return (settings.attention_checks + 1) // 2, settings.attention_checks // 2


def _where(cell: Cell, texts: Texts, settings: LensForms) -> str:
    country = texts.words["one_country" if settings.one_country else "mixed_country"]
    return f"{country.format(country=cell.country)} {texts.words['part_of_life'].format(topic=cell.topic)}"


def _value(cell: Cell, params: Params) -> dict[str, str]:
    """Name and definition, the latter as a part of a sentence."""
    value = params.values.by_slug[cell.value]
    return {"name": value.name, "definition": value.definition.rstrip(".")}


def _ratings(
    cells: Sequence[Cell], texts: Texts, settings: LensForms, params: Params, form: str
) -> list[Screen]:
    made = []
    drawn = sorted(cells, key=lambda cell: seeded_hash(params.seed, f"forms: statements of {form}", cell.id))
    for place, cell in enumerate(drawn, start=1):
        statement = texts.words[settings.family].format(**_value(cell, params))
        text = f"{_where(cell, texts, settings)}\n\n{statement}"
        facts = (("scenario_id", cell.scenario), ("question_id", cell.id), ("value", cell.value))
        own = (("number", cell.number), ("number_place", place))
        made.append([Draft("statement", text, facts=(*facts, *own))])
    return made


def _pairs(
    shown: Mapping[Cell, Arm],
    material: Material,
    texts: Texts,
    settings: LensForms,
    params: Params,
    form: str,
) -> list[Screen]:
    made = []
    drawn = sorted(shown, key=lambda cell: seeded_hash(params.seed, f"forms: order of {form}", cell.id))
    for cell in drawn:
        named, order = shown[cell]
        text = _where(cell, texts, settings)
        if named:
            text += f"\n\n{texts.words['named'].format(**_value(cell, params))}"
        actions = material.pairs[cell.scenario, cell.value]
        options = tuple(actions[int(place) - 1] for place in order)
        facts = (("scenario_id", cell.scenario), ("question_id", cell.id), ("value", cell.value))
        made.append([Draft("question", text, options, (*facts, ("order", order), ("named", named)))])
    return made


def _even(dealt: Sequence[Sequence[str]], cells: Mapping[str, Cell], settings: LensForms) -> dict[str, int]:
    """The largest difference, within a form, between the numbers of times that two values, countries (where it has
    several) or topics are shown; and over all forms between two cells."""
    found = {}
    for name, axis in EVEN.items():
        if axis == "country" and settings.one_country:
            continue
        there = {getattr(cell, axis) for cell in cells.values()}
        counts = [Counter(getattr(cells[cell], axis) for cell in form) for form in dealt]
        found[name] = max(_spread(count[level] for level in there) for count in counts)
    uses = Counter(cell for form in dealt for cell in form)
    return found | {"uses_of_cells_differ_by": _spread(uses[cell] for cell in cells)}


def _spread(numbers: Iterable[int]) -> int:
    found = list(numbers)
    return max(found) - min(found)


def _tables(shown: Sequence[Cell], material: Material) -> dict[str, pl.DataFrame]:
    """Tables ShownPairs and Factors of the cells that are shown."""
    rows = [(cell.scenario, cell.value, *material.pairs[cell.scenario, cell.value]) for cell in shown]
    columns = ("scenario_id", "value", "expresses", "opposes")
    where = {cell.scenario: (cell.scenario, cell.country, cell.topic) for cell in shown}
    scenarios = pl.DataFrame(list(where.values()), schema=["scenario_id", "country", "topic"], orient="row")
    pairs = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return {"pairs": pairs, "factors": factors_of(scenarios, "country", "topic")}
