"""Inventories: the ten values, the 19 of the refined theory, the 56 of the survey."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from pipeline import values
from pipeline.core.errors import InputError, ParamsError
from pipeline.tables import check_values

# Values of each type among the 56, and of these the ones that the survey's indexes leave out.
TYPES = {
    "power": (5, 1),
    "achievement": (6, 2),
    "hedonism": (2, 0),
    "stimulation": (3, 0),
    "self_direction": (5, 0),
    "universalism": (9, 1),
    "benevolence": (9, 4),
    "tradition": (6, 1),
    "conformity": (4, 0),
    "security": (7, 2),
}


def test_the_sizes_and_structures():
    ten, nineteen, many = (values.load(name) for name in ("schwartz10", "refined19", "svs56"))
    assert (len(ten), len(nineteen), len(many)) == (10, 19, 56)
    assert (ten.circle, nineteen.circle, many.circle) == (True, True, False)
    assert (ten.slugs[0], ten.slugs[-1]) == ("self_direction", "universalism")
    assert ten.by_slug["hedonism"].higher_order == ("openness_to_change",)
    assert len(ten.higher_order) == len(nineteen.higher_order) == 4
    assert [v.slug for v in nineteen.values if not v.higher_order] == ["face", "humility"]
    assert all(value.definition and value.name for one in (ten, nineteen, many) for value in one.values)
    assert (ten.in_words("en"), ten.in_words("zh"), ten.in_words("de")) == ("ten", "十", "10")


def test_the_56_values_have_their_types_and_45_make_up_the_ten():
    many, ten = values.load("svs56"), values.load("schwartz10")
    counted = Counter(value.within for value in many.values)
    left_out = Counter(value.within for value in many.values if not value.indexed)
    assert {slug: (counted[slug], left_out[slug]) for slug in counted} == TYPES
    assert sum(len(members) for members in many.members(ten).values()) == 45
    assert (many.values[0].name, many.values[55].name) == ("Equality", "Clean")


def test_what_compares():
    ten, nineteen, many = (values.load(name) for name in ("schwartz10", "refined19", "svs56"))
    assert ten.members(ten) == {slug: (slug,) for slug in ten.slugs}
    assert nineteen.members(ten)["tradition"] == ("tradition", "humility")
    assert "face" not in {fine for fines in nineteen.members(ten).values() for fine in fines}
    assert ten.members(nineteen) is many.members(nineteen) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "a mapping of"),
        ("values: {a: {name: A, definition: x}}", "two values or more"),
        ("values: {a: {name: A}, b: {name: B, definition: x}}", "a has no definition in 'en'"),
        ("values: {Aa: {name: A, definition: x}, b: {name: B, definition: x}}", "'Aa': small letters"),
        (
            "values: {a: {name: A, definition: x, higher_order: [g]}, b: {name: B, definition: x}}",
            "belongs to 'g'",
        ),
        (
            "coarser: schwartz10\nvalues: {a: {name: A, definition: x, within: q}, b: {name: B, definition: x}}",
            "a lies within 'q'",
        ),
    ],
)
def test_a_faulty_file_is_one_error_that_names_it(tmp_path, text, said):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        values.inventory.read(file)
    assert str(file) in str(caught.value)


def test_an_unknown_inventory_lists_the_known():
    with pytest.raises(ParamsError, match="known are refined19, schwartz10, svs56"):
        values.load("eleven")


def test_a_value_of_another_inventory_in_a_table_is_an_error():
    rows = pl.DataFrame({"value": ["power", None, "face"]})
    with pytest.raises(InputError, match="column value holds 'face', which is no value of the inventory"):
        check_values(rows, ["value"], values.load("schwartz10").slugs, where="choices.parquet")
