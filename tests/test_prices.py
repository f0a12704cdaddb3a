"""The price list: dated, exact, and silent about what nobody knows."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import InputError
from pipeline.engine import datafile, prices
from pipeline.engine.prices import Price, PriceList, price_of

GPT_4O = ("openai", "gpt-4o-2024-08-06")
tokens = st.integers(min_value=0, max_value=10**9)
entries = datafile.read(prices.FILE, PriceList).prices


def test_a_call_costs_what_the_list_says():
    price = price_of(*GPT_4O)
    # 800,000 at 2.50, 200,000 cached at 1.25, 100,000 out at 10.00, all a million.
    assert price.cost(1_000_000, 200_000, 100_000) == Decimal("3.25")
    assert price.cost(11, 3, 7) == Decimal("0.00009375")
    assert price.cost(0, 0, 0) == 0


def test_a_batch_costs_half_and_knows_no_cache():
    price = price_of(*GPT_4O)
    assert price.cost(1_000_000, 0, 100_000, batch=True) == price.cost(1_000_000, 0, 100_000) / 2
    assert price.cost(1_000_000, 500_000, 0, batch=True) == price.cost(1_000_000, 0, 0, batch=True)


def test_a_batch_without_a_known_rebate_costs_the_same():
    price = price_of("dashscope", "qwen2.5-72b-instruct")
    assert price.cost(1000, 0, 1000, batch=True) == price.cost(1000, 0, 1000)


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-7"), ("dashscope", "gpt-4o-2024-08-06"), ("openai", "deepseek-chat"), ("replay", "x")],
)
def test_an_unknown_price_is_none_and_not_zero(provider, model):
    assert price_of(provider, model) is None


@given(tokens, tokens, tokens, tokens, st.booleans())
def test_costs_are_exact_and_add_up(first, second, third, fourth, batch):
    price = price_of(*GPT_4O)
    whole = price.cost(first + second, 0, third + fourth, batch)
    assert whole == price.cost(first, 0, third, batch) + price.cost(second, 0, fourth, batch)


@pytest.mark.parametrize("price", entries, ids=lambda price: price.models[0])
def test_every_price_has_a_source_and_a_day(price):
    assert price.source.startswith("https://")
    assert price.checked <= dt.date.fromisoformat(prices.version())
    assert 0 < price.cached_input <= price.input <= price.output
    assert 0 < price.batch <= 1


def test_the_judges_and_generators_of_the_paper_have_prices_where_they_are_still_served():
    assert price_of(*GPT_4O)
    assert price_of("dashscope", "qwen2.5-72b-instruct")


ENTRY = """
version: "2026-01-01"
prices:
  - {providers: [openai], models: [m], input: 1, cached_input: 1, output: 2, source: "https://x", checked: 2026-01-01}
"""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (ENTRY.replace("output: 2", "output: -2"), "negative"),
        (ENTRY.replace("output: 2", "output: two"), "output"),
        (ENTRY.replace("output: 2", "ouput: 2"), "ouput"),
        (ENTRY.replace("checked: 2026-01-01", "checked: today"), "checked"),
        ("prices: [", "prices.yaml"),
        ("", "prices.yaml"),
    ],
)
def test_a_wrong_entry_is_a_readable_error(tmp_path, wrong, said):
    file = tmp_path / "prices.yaml"
    file.write_text(wrong)
    with pytest.raises(InputError) as caught:
        datafile.read(file, PriceList)
    assert said in str(caught.value)


def test_a_model_with_two_prices_is_refused(tmp_path):
    file = tmp_path / "prices.yaml"
    file.write_text(ENTRY.replace("models: [m]", "models: [m, m]"))
    with pytest.raises(InputError, match="m has two prices"):
        prices._by_model(file)


def test_prices_are_read_as_decimals(tmp_path):
    file = tmp_path / "prices.yaml"
    file.write_text(ENTRY.replace("input: 1,", "input: 0.1,"))
    price = prices._by_model(file)["openai", "m"]
    assert isinstance(price, Price)
    assert price.cost(3, 0, 0) == Decimal("0.0000003")


def test_the_data_files_are_part_of_the_package(root):
    assert '"**/*.yaml"' in (root / "pyproject.toml").read_text()
